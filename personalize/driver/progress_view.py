"""What is shown while a training runs: a live table on a terminal, a line an event otherwise, or JSON lines."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from personalize.driver.model import Event, Plan
from personalize.driver.printed_tables import clock_text, told

_QUIET = ("left",)
_MOVING = ("CREATE PENDING", "CREATE IN_PROGRESS", "UPDATE PENDING", "creating", "deleting", "delayed")
_STYLES = {"ACTIVE": "green", "accepted": "green", "deleted": "green", "failed": "red", "refused": "yellow"}


@dataclass
class ProgressView:
    """Takes the driver's events; ``style`` is "live", "plain" or "json"."""

    console: Console
    style: str
    clock: Callable[[], float] = time.monotonic
    rows: dict[str, tuple[Event, float]] = field(default_factory=dict)
    live: Live | None = None

    @classmethod
    def fitting(cls, console: Console, json_lines: bool) -> ProgressView:
        """JSON when asked for, a live table on a terminal, plain lines in a log."""
        return cls(console, "json" if json_lines else "live" if console.is_terminal else "plain")

    def expect(self, plan: Plan) -> None:
        """Show what is to come before it begins."""
        for step in plan.steps:
            waiting = Event(step.key, step.kind, step.name, "waiting", 0.0, step.seconds)
            if step.action != "leave":
                self.rows.setdefault(step.key, (waiting, self.clock()))

    def showing(self) -> AbstractContextManager[Any]:
        """While inside, the live table is on the screen."""
        if self.style != "live":
            return nullcontext()
        self.live = Live(get_renderable=self.table, console=self.console, refresh_per_second=4, transient=False)
        return self.live

    def __call__(self, event: Event) -> None:
        if self.style == "json":
            print(json.dumps({**asdict(event), "kind": str(event.kind)}), flush=True)
            return
        if event.state in _QUIET:
            return
        self.rows[event.key] = (event, self.clock())
        if self.style == "plain" or event.state in ("warning", "failed"):
            self._print(event)

    def _print(self, event: Event) -> None:
        style = _STYLES.get(event.state, "yellow" if event.state == "warning" else "")
        state = f"[{style}]{event.state}[/]" if style else event.state
        after = f" after {clock_text(event.elapsed)}" if event.elapsed >= 1 else ""
        due = f", usually {told(event.expected)}" if event.state in _MOVING and event.expected >= 1 else ""
        words = f": {escape(event.message)}" if event.message else ""
        self.console.print(f"{event.kind} {event.name}: {state}{after}{due}{words}", highlight=False, soft_wrap=True)

    def table(self) -> Table:
        """One row a resource: state, elapsed, and what is left by the estimate."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("resource", "state", "elapsed", "estimate"):
            table.add_column(name, overflow="fold")
        for event, seen in self.rows.values():
            moving = event.state in _MOVING
            elapsed = event.elapsed + (self.clock() - seen if moving else 0.0)
            left = event.expected - elapsed
            estimate = ""
            if moving and event.expected >= 1:
                estimate = f"about {told(left)} left" if left > 0 else f"later than the usual {told(event.expected)}"
            elif event.state == "waiting" and event.expected >= 1:
                estimate = f"takes about {told(event.expected)}"
            style = _STYLES.get(event.state, "cyan" if moving else "dim")
            shown = clock_text(elapsed) if elapsed >= 1 else ""
            table.add_row(f"{event.kind} {event.name}", f"[{style}]{event.state}[/]", shown, estimate)
        return table
