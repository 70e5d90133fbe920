"""The steps of a long command: what runs now, how long each took, and what is left behind when it stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Step:
    """One finished step; ``seconds`` of wall clock, ``beside`` when it ran while others did; ``started``: seconds since the
    log began.
    """

    name: str
    seconds: float
    beside: bool = False
    started: float = 0.0


@dataclass(frozen=True)
class TimeSpent:
    """All seconds from the log's begin: those of the steps that are not beside, and the two below, make ``total``."""

    steps: Sequence[Step]
    total: float

    @property
    def waiting(self) -> float:
        """Seconds in which steps ran beside, and nothing that they were beside to."""
        return round(_covered(self.steps) - _covered(step for step in self.steps if not step.beside), 2)

    @property
    def between(self) -> float:
        """Seconds in which no step ran."""
        return round(max(0.0, self.total - _covered(self.steps)), 2)

    def table(self) -> Table:
        """Every finished step and its time."""
        table = Table(title="Where the time went", title_justify="left", box=None, pad_edge=False)
        table.add_column("step")
        table.add_column("seconds", justify="right")
        for step in self.steps:
            table.add_row(("  beside: " if step.beside else "") + step.name, f"{step.seconds:.1f}")
        table.add_row("Wait for what runs beside", f"{self.waiting:.1f}")
        table.add_row("Between the steps", f"{self.between:.1f}")
        table.add_row("All in all", f"{self.total:.1f}")
        return table


def _covered(steps: Iterable[Step]) -> float:
    """Seconds in which at least one of the steps ran."""
    covered, until = 0.0, 0.0
    for step in sorted(steps, key=lambda step: step.started):
        end = step.started + step.seconds
        covered += max(0.0, end - max(until, step.started))
        until = max(until, end)
    return covered


@dataclass
class StepLog:
    """Prints steps as they start and end; safe to use from several threads.

    >>> log = StepLog(console)
    >>> with log.step("Apply Terraform"):
    ...     log.note("queue sends created")
    """

    console: Console
    steps: list[Step] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic, repr=False)
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
        step = Step(name, round(time.monotonic() - started, 2), beside, round(started - self._began, 2))
        with self._lock:
            self.steps.append(step)
        self.console.print(f"  [green]done[/green] {name} [dim]{step.seconds:.1f} s[/dim]", highlight=False)

    def spent(self) -> TimeSpent:
        """Where the time went until now."""
        with self._lock:
            return TimeSpent(tuple(self.steps), round(time.monotonic() - self._began, 2))

    def note(self, text: str) -> None:
        """One line of progress inside a step."""
        self.console.print(f"  [dim]{text}[/dim]", highlight=False, markup=True)

    def table(self) -> Table:
        """Every finished step and its time, until now."""
        return self.spent().table()
