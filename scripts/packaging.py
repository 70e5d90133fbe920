"""The one Lambda zip: ``lambda_src``, the training driver, pinned packages; the same bytes for the same content.

Files are stored, not deflated: what a compressor writes depends on its version, and the code's hash must not. Names
are sorted, dates and modes fixed.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
SOURCE = REPO / "lambda_src"
LOCK = REPO / "scripts" / "requirements" / "lambda.txt"
ZIP = REPO / "build" / "lambda.zip"
LAMBDA_PYTHON = "3.13"
LIMIT_BYTES = 15_000_000
FIXED_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
LEFT_OUT_FOLDERS = {"__pycache__", "tests", "bin", ".pytest_cache", ".mypy_cache", ".ruff_cache"}
# What pip notes about an installation: paths and tools, nothing that code reads.
LEFT_OUT_FILES = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", ".DS_Store"}
NATIVE = {".so", ".pyd", ".dylib"}
# Accelerators that a package works without: start of their name in the zip.
OPTIONAL_NATIVE = ("yaml/_yaml.",)
# What a function needs of personalize/ to train: the driver and its file; nothing that stands in for AWS.
TRAINING_FILES = (
    "__init__.py",
    "dataset_check.py",
    "dataset_values.py",
    "personalize.yaml",
    "prices.json",
    "trainable_rows.py",
    "config/*.py",
    "driver/*.py",
)
TERMINAL_ONLY = {"driver/printed_tables.py", "driver/progress_view.py"}


class PackagingError(Exception):
    """The zip cannot be made; the message says what to do."""


@dataclass(frozen=True)
class Package:
    """The finished zip. ``sha256`` in hexadecimal, ``size`` in bytes; ``changed`` when the file was written anew."""

    path: Path
    sha256: str
    size: int
    files: int
    changed: bool


def build_package(zip_path: Path = ZIP, *, source: Path = SOURCE, lock: Path = LOCK) -> Package:
    """Make the zip. Needs a package index only when the lock file has changed since the packages were fetched.

    Raises PackagingError: packages cannot be fetched, native code, a name in both trees, over 15 MB.
    """
    folder = installed_packages(lock, cache=zip_path.parent / "lambda-packages")
    files = dict(_files(source)) | dict(_training_files(source.parent / "personalize"))
    for name, path in _files(folder):
        if name.startswith(OPTIONAL_NATIVE) and path.suffix in NATIVE:
            continue
        if files.setdefault(name, path) is not path:
            raise PackagingError(f"{name} is in {source.name} and in a pinned package: rename ours")
    _refuse_native_code(files)
    content = _zip_bytes(files)
    if len(content) >= LIMIT_BYTES:
        raise PackagingError(f"the zip has {len(content):,} bytes; the limit is {LIMIT_BYTES:,}: take a package out")
    digest = hashlib.sha256(content).hexdigest()
    changed = not (zip_path.is_file() and hashlib.sha256(zip_path.read_bytes()).hexdigest() == digest)
    if changed:
        _write_whole(zip_path, content)
    return Package(zip_path, digest, len(content), len(files), changed)


def installed_packages(lock: Path, *, cache: Path) -> Path:
    """The folder with the packages of the lock file, installed once per content of the lock file."""
    folder = cache / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as unfinished:
        target = Path(unfinished) / "packages"
        target.mkdir()
        _pip_install(lock, target)
        try:
            target.rename(folder)
        except OSError:  # another run was faster
            if not folder.is_dir():
                raise
    return folder


# Runtime and architecture of the functions: terraform/bricks/lambda_function/main.tf.
def _pip_install(lock: Path, target: Path) -> None:
    command = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"),
        *("--require-hashes", "--no-deps", "--no-compile", "--only-binary=:all:"),
        *("--implementation", "cp", "--python-version", LAMBDA_PYTHON, "--platform", "manylinux2014_aarch64"),
        *("--target", str(target), "-r", str(lock)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise PackagingError(f"pip could not install {lock.name} for the Lambda zip:\n{reason}")


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """Name in the zip and path of every file that belongs in it, sorted."""
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if LEFT_OUT_FOLDERS & set(relative.parts[:-1]) or not path.is_file():
            continue
        if path.name not in LEFT_OUT_FILES and path.suffix not in (".pyc", ".pyo"):
            yield relative.as_posix(), path


def _training_files(root: Path) -> Iterator[tuple[str, Path]]:
    """The part of ``personalize`` beside the source that functions train with."""
    for pattern in TRAINING_FILES:
        for path in sorted(root.glob(pattern)):
            if path.relative_to(root).as_posix() not in TERMINAL_ONLY:
                yield f"personalize/{path.relative_to(root).as_posix()}", path


def _refuse_native_code(files: dict[str, Path]) -> None:
    native = sorted(name for name, path in files.items() if path.suffix in NATIVE)
    if native:
        raise PackagingError(
            f"{native[0]} is native code: the same zip runs on arm64 at AWS and on this machine, so use pure Python"
        )


def _zip_bytes(files: dict[str, Path]) -> bytes:
    with tempfile.TemporaryFile() as buffer:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, FIXED_DATE)
                entry.create_system = 3  # Unix, on every machine, so that the mode counts
                entry.external_attr = 0o100644 << 16
                archive.writestr(entry, files[name].read_bytes())
        buffer.seek(0)
        return buffer.read()


def _write_whole(path: Path, content: bytes) -> None:
    """A reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


IMPORT = """
import importlib, json, sys, time
sys.path.insert(0, sys.argv[1])
started = time.perf_counter()
importlib.import_module(sys.argv[2]).handle
print(json.dumps(time.perf_counter() - started))
"""


def import_seconds(package: Package, *, source: Path = SOURCE) -> dict[str, float]:
    """Handler -> seconds that a fresh Python needs to import it from the unpacked zip, bytecode not cached.

    Raises PackagingError with the end of the traceback when a handler cannot be imported.
    """
    with tempfile.TemporaryDirectory() as unpacked:
        with zipfile.ZipFile(package.path) as archive:
            archive.extractall(unpacked)
        return {handler: _import_seconds(unpacked, handler) for handler in handlers(source)}


def handlers(source: Path = SOURCE) -> list[str]:
    """Modules of all handlers, ``handlers.<slug>.<verb_noun>``: the files that define ``handle``."""
    paths = sorted(p for p in (source / "handlers").glob("*/*.py") if "\ndef handle(" in p.read_text("utf-8"))
    return [".".join(path.relative_to(source).with_suffix("").parts) for path in paths]


def _import_seconds(folder: str, handler: str) -> float:
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", IMPORT, folder, handler]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise PackagingError(f"{handler} cannot be imported from the zip: {done.stderr.strip().splitlines()[-1]}")
    return round(json.loads(done.stdout), 3)
