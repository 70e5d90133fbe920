"""Run the tests of what goes into the zip with every newer Python of this machine: Lambda's is not the one of `.venv`.

A shim that answers nothing (pyenv's, for a version that is not switched on) is passed over; pyenv's and uv's own
folders are looked into as well.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from scripts.build_folder import BUILD

ROOT = Path(__file__).parents[1]
REQUIREMENTS = [ROOT / "scripts" / "requirements" / name for name in ("kit.txt", "test.txt")]
TESTS = ("domain", "usecases", "api", "handlers", "adapters")
KEPT_BY_TOOLS = (".pyenv/versions/*/bin/python3", ".local/share/uv/python/*/bin/python3")
MINORS = range(12, 20)  # those on PATH have no list to look into
Version = tuple[int, int, int]


def newest_of_each(found: Iterable[tuple[Version, str]], running: tuple[int, int]) -> dict[tuple[int, int], str]:
    """Minor version -> interpreter of its newest patch, for the versions above ``running``."""
    best: dict[tuple[int, int], tuple[Version, str]] = {}
    for version, path in found:
        minor = version[:2]
        if minor > running and (minor not in best or version > best[minor][0]):
            best[minor] = (version, path)
    return {minor: path for minor, (_, path) in sorted(best.items())}


def interpreters() -> list[tuple[Version, str]]:
    """Every Python 3 that is on PATH or kept by a tool, and answers."""
    named = [shutil.which(f"python3.{minor}") for minor in MINORS]
    kept = [str(path) for pattern in KEPT_BY_TOOLS for path in Path.home().glob(pattern)]
    found = []
    for path in filter(None, [*named, *kept]):
        asked = subprocess.run(
            [path, "-c", "import sys; print(*sys.version_info[:3])"], capture_output=True, text=True, check=False
        )
        if asked.returncode == 0:
            major, minor, patch = map(int, asked.stdout.split())
            found.append(((major, minor, patch), path))
    return found


def run_tests(python: str, name: str) -> int:
    """The exit code of the tests; their packages are installed once per content of the lock files."""
    locked = hashlib.sha256(b"".join(path.read_bytes() for path in REQUIREMENTS)).hexdigest()[:12]
    folder = BUILD / "pythons" / f"{name}-{locked}"
    own, ready = folder / "bin" / "python", folder / ".ready"
    if not ready.exists():
        subprocess.run([python, "-m", "venv", "--clear", str(folder)], check=True)
        for path in REQUIREMENTS:
            subprocess.run(
                [own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", path],
                check=True,
            )
        ready.touch()
    folders = [f"tests/{name}" for name in TESTS]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'lambda_src'}"}
    words = [str(own), "-m", "pytest", "-q", "-n", "2", "-m", "not contract and not exhaustive", *folders]
    return subprocess.run(words, cwd=ROOT, env=environment, check=False).returncode


def main() -> int:
    """Answers the first exit code that is not 0."""
    pythons = newest_of_each(interpreters(), sys.version_info[:2])
    if not pythons:
        print(f"No Python newer than {sys.version_info.major}.{sys.version_info.minor} is installed here.")
    codes = []
    for (major, minor), path in pythons.items():
        print(f"The zip's code with Python {major}.{minor} ({path}):", flush=True)
        codes.append(run_tests(path, f"{major}.{minor}"))
    return next(filter(None, codes), 0)


if __name__ == "__main__":
    raise SystemExit(main())
