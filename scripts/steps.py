"""The steps of a long command: what runs now, how long each took, and what is left behind when it stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Step:
    """One finished step; ``seconds`` of wall clock, ``beside`` when it ran while others did."""

    name: str
    seconds: float
    beside: bool = False


@dataclass
class StepLog:
    """Prints steps as they start and end; safe to use from several threads.

    >>> log = StepLog(console)
    >>> with log.step("Apply Terraform"):
    ...     log.note("queue sends created")
    """

    console: Console
    steps: list[Step] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @contextmanager
    def step(self, name: str, *, beside: bool = False) -> Iterator[None]:
        """Time one step; ``beside`` marks work that runs at the same time as other steps."""
        self.console.print(f"[bold]{'  | ' if beside else '- '}{name}[/bold] ...", highlight=False)
        started = time.monotonic()
        try:
            yield
        except BaseException:
            self.console.print(f"  [red]{name} stopped after {time.monotonic() - started:.1f} s[/red]", highlight=False)
            raise
        step = Step(name, round(time.monotonic() - started, 2), beside)
        with self._lock:
            self.steps.append(step)
        self.console.print(f"  [green]done[/green] {name} [dim]{step.seconds:.1f} s[/dim]", highlight=False)

    def note(self, text: str) -> None:
        """One line of progress inside a step."""
        self.console.print(f"  [dim]{text}[/dim]", highlight=False, markup=True)

    def table(self) -> Table:
        """Every finished step and its time."""
        table = Table(title="Where the time went", title_justify="left", box=None, pad_edge=False)
        table.add_column("step")
        table.add_column("seconds", justify="right")
        for step in self.steps:
            table.add_row(("  beside: " if step.beside else "") + step.name, f"{step.seconds:.1f}")
        return table
