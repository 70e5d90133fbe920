"""Where Terraform gets its provider from when the registry can't be reached: a mirror folder on this machine.

A mirror is a folder ``<host>/hashicorp/aws/`` that holds the provider, unpacked (``<version>/<os>_<arch>/``) or packed
(``terraform-provider-aws_<version>_<os>_<arch>.zip``), as ``terraform providers mirror`` and Terraform's own plugin
folders do (developer.hashicorp.com/terraform/cli/config/config-file, "Provider Installation").
"""

from __future__ import annotations

import os
import platform
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MIRROR_VARIABLE = "KIT_PROVIDER_MIRROR"
PROVIDER = ("hashicorp", "aws")
SEARCH_SECONDS = 8.0
SEARCH_DEPTH = 8
# Pseudo file systems, and folders that are large and never hold a mirror.
NEVER_SEARCHED = {"proc", "sys", "dev", "lost+found", "node_modules", ".git", "site-packages", "__pycache__"}
CONFIG_FILE = "terraform-mirror.tfrc"

Version = tuple[int, ...]


class NoMirror(Exception):
    """There is no usable mirror; the message says how to make one."""


@dataclass(frozen=True)
class Mirror:
    """``root`` is the folder that holds ``<host>/hashicorp/aws``; ``found`` says where it was looked for."""

    root: Path
    version: str
    found: str

    def __str__(self) -> str:
        return f"hashicorp/aws {self.version} in {self.root} ({self.found})"


def find_mirror(
    constraint: str,
    *,
    build: Path,
    environment: Mapping[str, str] = os.environ,
    top: Path = Path("/"),
    seconds: float = SEARCH_SECONDS,
) -> Mirror:
    """The newest provider that satisfies ``constraint`` (``">= 5.100.0, < 7.0.0"``) in the first place that has one.

    Places: the folder that KIT_PROVIDER_MIRROR names; the mirror found last time; Terraform's own folders; the machine
    below ``top``, for ``seconds`` at most. Raises NoMirror.
    """
    named = environment.get(MIRROR_VARIABLE)
    if named:
        mirror = _newest(_mirrors_in([Path(named).expanduser()]), constraint, f"named by {MIRROR_VARIABLE}")
        if mirror is None:
            raise NoMirror(
                f"{MIRROR_VARIABLE} names {named}, which holds no {_wanted(constraint)}\n{_how_to_make_one()}"
            )
        return mirror
    places = (
        ([_remembered(build)], "found before"),
        (_terraform_folders(environment), "Terraform's own mirror folders"),
    )
    for folders, found in places:
        mirror = _newest(_mirrors_in(folder for folder in folders if folder), constraint, found)
        if mirror is not None:
            return mirror
    mirror = _newest(_search(top, seconds), constraint, "found by searching this machine")
    if mirror is None:
        raise NoMirror(f"The registry can't be reached, and there is no {_wanted(constraint)}.\n{_how_to_make_one()}")
    return mirror


def write_config(mirror: Mirror, *, build: Path) -> Path:
    """Write the CLI configuration that TF_CLI_CONFIG_FILE is to name; answers its path."""
    path = build / CONFIG_FILE
    text = (
        "# Made by kit: where Terraform takes the provider from while the registry can't be reached.\n"
        "provider_installation {\n"
        f'  filesystem_mirror {{\n    path    = "{mirror.root}"\n    include = ["{"/".join(PROVIDER)}"]\n  }}\n'
        f'  direct {{\n    exclude = ["{"/".join(PROVIDER)}"]\n  }}\n'
        "}\n"
    )
    build.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text("utf-8") != text:
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    return path


def satisfies(version: str, constraint: str) -> bool:
    """Does a released version fit a constraint such as ``">= 5.100.0, < 7.0.0"`` or ``"~> 5.100"``?"""
    have = _parsed(version)
    return have is not None and all(_fits(have, part.strip()) for part in constraint.split(",") if part.strip())


def _fits(have: Version, condition: str) -> bool:
    match = re.fullmatch(r"(>=|<=|!=|~>|>|<|=)?\s*(\d+(?:\.\d+)*)", condition)
    if match is None:
        raise ValueError(f"{condition!r} is not a version constraint that the kit understands")
    operator = match[1] or "="
    given = tuple(int(part) for part in match[2].split("."))
    limit = given + (0,) * (3 - len(given))
    if operator == "~>":
        return have >= limit and have[: len(given) - 1] == given[:-1]
    return {
        ">=": have >= limit, "<=": have <= limit, ">": have > limit, "<": have < limit, "=": have == limit,
        "!=": have != limit,
    }[operator]  # fmt: skip


def _parsed(version: str) -> Version | None:
    return tuple(int(part) for part in version.split(".")) if re.fullmatch(r"\d+\.\d+\.\d+", version) else None


def _newest(candidates: Iterable[tuple[Path, str]], constraint: str, found: str) -> Mirror | None:
    usable = [(root, version) for root, version in candidates if satisfies(version, constraint)]
    if not usable:
        return None
    root, version = max(usable, key=lambda candidate: _parsed(candidate[1]) or ())
    return Mirror(root, version, found)


def machine() -> str:
    """``linux_amd64`` and the like, as Terraform names this machine."""
    processor = platform.machine().lower()
    names = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "i386": "386", "i686": "386"}
    return f"{platform.system().lower()}_{names.get(processor, processor)}"


def _mirrors_in(folders: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Root and version of every provider for this machine in mirror folders, or in folders above or below one."""
    for folder in folders:
        for pattern in ("*/hashicorp/aws", "hashicorp/aws", "aws", "."):
            for provider in _glob(folder, pattern):
                if provider.parts[-2:] == PROVIDER:
                    yield from ((provider.parents[2], version) for version in _versions(provider))


def _glob(folder: Path, pattern: str) -> list[Path]:
    try:
        return [folder.resolve()] if pattern == "." else sorted(folder.resolve().glob(pattern))
    except OSError:
        return []


def _versions(provider: Path) -> Iterator[str]:
    """Versions in one ``hashicorp/aws`` folder that run on this machine."""
    packed = re.compile(rf"terraform-provider-aws_(\d+\.\d+\.\d+)_{machine()}\.zip")
    try:
        names = sorted(os.listdir(provider))
    except OSError:
        return
    for name in names:
        match = packed.fullmatch(name)
        if match:
            yield match[1]
        elif _parsed(name) and any((provider / name / machine()).glob("terraform-provider-aws*")):
            yield name


def _remembered(build: Path) -> Path | None:
    """The mirror of the last run, if its configuration file is still there."""
    try:
        match = re.search(r'path\s*=\s*"([^"]+)"', (build / CONFIG_FILE).read_text("utf-8"))
    except OSError:
        return None
    return Path(match[1]) if match else None


def _terraform_folders(environment: Mapping[str, str]) -> list[Path]:
    """Folders that Terraform itself looks into, by itself or by its CLI configuration."""
    home = Path(environment.get("HOME") or Path.home())
    data_home = environment.get("XDG_DATA_HOME") or str(home / ".local" / "share")
    data_folders = (environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    folders = [home / ".terraform.d" / "plugins", home / "Library/Application Support/io.terraform/plugins"]
    folders += [Path(folder) / "terraform" / "plugins" for folder in [data_home, *data_folders] if folder]
    if environment.get("TF_PLUGIN_CACHE_DIR"):
        folders.append(Path(environment["TF_PLUGIN_CACHE_DIR"]))
    configurations = [Path(environment.get("TF_CLI_CONFIG_FILE") or home / ".terraformrc"), home / ".terraform.rc"]
    return [*folders, *(folder for path in configurations for folder in _folders_named_in(path))]


def _folders_named_in(configuration: Path) -> Iterator[Path]:
    try:
        text = configuration.read_text("utf-8")
    except OSError:
        return
    for match in re.finditer(r'^\s*(?:path|plugin_cache_dir)\s*=\s*"([^"]+)"', text, re.MULTILINE):
        yield Path(os.path.expandvars(match[1])).expanduser()


def _search(top: Path, seconds: float) -> list[tuple[Path, str]]:
    """Look for mirrors below ``top`` in a thread of its own: a file system that hangs must not hang the kit."""
    found: list[tuple[Path, str]] = []
    deadline = time.monotonic() + seconds
    worker = threading.Thread(target=_walk, args=(top, deadline, found), daemon=True)
    worker.start()
    worker.join(seconds + 0.5)
    return list(found)


def _walk(top: Path, deadline: float, found: list[tuple[Path, str]]) -> None:
    """Breadth first, so that mirrors in likely places are found before the time is over."""
    level = [str(top)]
    for _ in range(SEARCH_DEPTH):
        deeper: list[str] = []
        for folder in level:
            if time.monotonic() > deadline:
                return
            names = _subfolders(folder)
            if os.path.basename(folder) == PROVIDER[0] and PROVIDER[1] in names:
                found.extend(_mirrors_in([Path(folder)]))
            deeper += [os.path.join(folder, name) for name in names]
        level = deeper


def _subfolders(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(e.name for e in entries if e.name not in NEVER_SEARCHED and e.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _wanted(constraint: str) -> str:
    return f"provider hashicorp/aws {constraint} for {machine()} on this machine"


def _how_to_make_one() -> str:
    return (
        "Make a mirror where the internet can be reached, with the same Terraform configuration:\n"
        f"  cd terraform && terraform providers mirror -platform={machine()} <folder>\n"
        f"carry <folder> to this machine, and name it: export {MIRROR_VARIABLE}=<folder>"
    )
