"""A copy of this repository in which `kit` runs as people run it: other folder, other build/, a git history of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPO = Path(__file__).parents[2]
COPIED = ("terraform", "lambda_src", "scripts", "personalize", "Makefile", "pyproject.toml", ".gitignore")
LINKED = (".venv", ".venv-local")
# Fetched or found once on this machine; only to save time and network.
CACHES = ("build/lambda-packages", "build/terraform-mirror.tfrc")
TIMEOUT_SECONDS = 420.0


@dataclass
class Workbench:
    """The copy, and the AWS that its commands are pointed at by ``environment``."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, folder: Path, **environment: str) -> Workbench:
        """Copy the work tree (not what git ignores) and commit it."""
        folder.mkdir(parents=True, exist_ok=True)
        ignore = shutil.ignore_patterns("__pycache__", "*.tfstate*", ".terraform*")
        for name in COPIED:
            source = REPO / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=ignore, symlinks=True)
            else:
                shutil.copy2(source, folder / name)
        for name in LINKED:
            (folder / name).symlink_to(REPO / name)
        for name in CACHES:
            if (REPO / name).exists():
                (folder / name).parent.mkdir(exist_ok=True)
                copy = shutil.copytree if (REPO / name).is_dir() else shutil.copy2
                copy(REPO / name, folder / name)
        bench = cls(folder, environment)
        bench.git("init", "-q", "-b", "main")
        bench.commit("the kit")
        return bench

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", "-c", "user.name=tests", "-c", "user.email=tests@example.org", *arguments],
            cwd=self.folder, check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def start(self, *words: str, **environment: str | None) -> subprocess.Popen[str]:
        """`kit` with these words, running."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "TF_VAR_", "KIT_BUILD", "PYTHONPATH", "NO_COLOR"))
        }
        changed = {**inherited, **self.environment, **environment}
        return subprocess.Popen(
            [str(self.folder / "scripts" / "kit"), *words],
            cwd=self.folder, env={name: value for name, value in changed.items() if value is not None},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def kit(self, *words: str, **environment: str | None) -> Ended:
        """Run `kit` to its end."""
        return ended(self.start(*words, **environment))

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace text in a file of the copy; the text has to be there."""
        file = self.folder / path
        text = file.read_text("utf-8")
        assert old in text, f"{path} does not hold {old!r}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    @contextmanager
    def edited(self, path: str, old: str, new: str) -> Iterator[None]:
        """As ``edit``, undone at the end."""
        before = (self.folder / path).read_text("utf-8")
        self.edit(path, old, new)
        try:
            yield
        finally:
            (self.folder / path).write_text(before, encoding="utf-8")


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def __str__(self) -> str:
        return f"exit code {self.code}\n{self.out[-3000:]}\n{self.err[-6000:]}"


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for the end; a command that hangs fails the test with what it said."""
    try:
        out, err = process.communicate(timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError(f"still running after {TIMEOUT_SECONDS:.0f} s\n{out}\n{err}") from None
    return Ended(process.returncode, out, err)


def refuses(result: Ended, *phrases: str, code: int | tuple[int, ...] = (1, 2)) -> None:
    """The command ended with one clear message: these phrases in it, no traceback."""
    codes = (code,) if isinstance(code, int) else code
    assert result.code in codes, str(result)
    assert "Traceback" not in result.err + result.out, str(result)
    assert [phrase for phrase in phrases if phrase not in result.err] == [], str(result)
