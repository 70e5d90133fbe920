"""Which processes belong to a process group, and when did one start: from /proc, or from ``ps`` where there is none."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

PROC = Path("/proc")


def start_mark(pid: int) -> str | None:
    """A text that tells this process from a later one with the same pid; None when there is no such process."""
    if PROC.joinpath("self/stat").exists():
        fields = _proc_fields(PROC / str(pid) / "stat")
        if fields is None or fields[0] in "ZX":
            return None
        boot = PROC.joinpath("sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{fields[19]}"
    found = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


def name_of(pid: int) -> str:
    """A process as text that stays its own after its pid is used again: ``<pid>@<start mark>``."""
    return f"{pid}@{start_mark(pid)}"


def is_alive(name: str) -> bool:
    """Is the process of ``name_of`` still there?"""
    pid, _, mark = name.partition("@")
    return start_mark(int(pid)) == mark


def members(group: int) -> set[int]:
    """Live processes of a group (those that only wait to be reaped do not count)."""
    if PROC.joinpath("self/stat").exists():
        stats = {int(p.name): _proc_fields(p / "stat") for p in PROC.iterdir() if p.name.isdigit()}
        rows = [(pid, int(f[2]), f[0]) for pid, f in stats.items() if f is not None]
    else:
        listing = subprocess.run(["ps", "-axo", "pid=,pgid=,stat="], capture_output=True, text=True, check=True)
        rows = [(int(p), int(g), state) for p, g, state in map(str.split, listing.stdout.splitlines())]
    return {pid for pid, pgid, state in rows if pgid == group and state[0] not in "ZX"}


def end_group(group: int, *, patience: float = 6.0) -> set[int]:
    """Ask every process of the group to end (TERM), force those that do not (KILL).

    Answers the processes that are still there, which should be none. ``patience`` is in seconds, for each of the two.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
        deadline = time.monotonic() + patience
        while members(group):
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        else:
            return set()
    return members(group)


def _proc_fields(stat: Path) -> list[str] | None:
    """Fields of /proc/<pid>/stat behind the command: state first, then parent, group, session; see proc(5)."""
    try:
        return stat.read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
