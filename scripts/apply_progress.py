"""What an apply is doing, from Terraform's events: each resource as it is done, and what a long wait is for."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Any

from rich.console import Console

Json = dict[str, Any]
QUIET_SECONDS = 20.0
VERBS = {"create": "created", "update": "updated", "delete": "deleted"}


class ApplyProgress:
    """Prints one line for each finished resource; when nothing was said for a while, what is still waited for.

    ``see`` takes the events of ``terraform apply -json``
    (developer.hashicorp.com/terraform/internals/machine-readable-ui). As a context manager it watches for quiet times.
    """

    def __init__(self, console: Console, *, quiet_seconds: float = QUIET_SECONDS) -> None:
        self.done: list[str] = []
        self._console = console
        self._quiet_seconds = quiet_seconds
        self._planned = 0
        self._running: dict[str, float] = {}
        self._spoke = time.monotonic()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._tell_what_is_waited_for, daemon=True)

    def __enter__(self) -> ApplyProgress:
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._watch.join()

    def see(self, event: Json) -> None:
        """Take one event."""
        if event.get("type") == "planned_change":
            self._planned += 1
        hook = event.get("hook") or {}
        address = (hook.get("resource") or {}).get("addr", "")
        if event.get("type") == "apply_start":
            self._running[address] = time.monotonic()
        elif event.get("type") == "apply_errored":
            self._running.pop(address, None)
            self._say(f"[red]failed[/red] {address}")
        elif event.get("type") == "apply_complete":
            self._running.pop(address, None)
            self.done.append(address)
            of = f" of {self._planned}" if self._planned else ""
            verb = VERBS.get(hook.get("action", ""), "done")
            self._say(f"[dim]{len(self.done)}{of} {verb} {address} {hook.get('elapsed_seconds', 0):.0f} s[/dim]")

    def _say(self, text: str) -> None:
        self._spoke = time.monotonic()
        self._console.print(f"  {text}", highlight=False, soft_wrap=True)

    def _tell_what_is_waited_for(self) -> None:
        while not self._over.wait(1.0):
            now = time.monotonic()
            running = sorted(self._running.items(), key=lambda item: item[1])
            if running and now - self._spoke >= self._quiet_seconds:
                address, since = running[0]
                more = f" and {len(running) - 1} more" if len(running) > 1 else ""
                self._say(f"[dim]waiting for {address}, {now - since:.0f} s{more}[/dim]")
