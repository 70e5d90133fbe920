"""Where people read: a terminal as it is, a file or a log without folding at 80 columns."""

from __future__ import annotations

import os

from rich.console import Console

WIDTH_IN_LOGS = 140


def wide_console(*, stderr: bool = False) -> Console:
    """The terminal; where output goes to a file or a log, lines are as wide as COLUMNS says, else 140."""
    console = Console(stderr=stderr)
    if console.is_terminal or os.environ.get("COLUMNS"):
        return console
    return Console(stderr=stderr, width=WIDTH_IN_LOGS)
