"""Moves resources through their states as the service does: pending, in progress, ended; each a step apart.

One thread keeps the time, a few do the work (imports, trainings, batches). All are daemons: they end with the process.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from personalize.local_service.errors import WorkFailed
from personalize.local_service.settings import Settings

Json = dict[str, Any]
WORKERS = 3
log = logging.getLogger("personalize")


class Lifecycle:
    """``lock`` is the store's: states change under it."""

    def __init__(self, settings: Settings, lock: threading.RLock) -> None:
        self._settings = settings
        self._lock = lock
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        threading.Thread(target=self._keep_time, name="personalize-time", daemon=True).start()
        for number in range(WORKERS):
            threading.Thread(target=self._labour, name=f"personalize-work-{number}", daemon=True).start()

    def create(
        self, record: Json, work: Callable[[], None] | None = None, *, failure: str | None = None,
        done: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        """Take ``record`` from CREATE PENDING to ACTIVE or CREATE FAILED.

        ``work`` runs in between and raises WorkFailed to fail it; ``failure`` fails it in place of the work. ``done``
        runs under the lock at the moment it becomes ACTIVE.
        """

        def begin() -> None:
            if self._move(record, "CREATE PENDING", "CREATE IN_PROGRESS"):
                self._work.put(labour)

        def labour() -> None:
            reason = failure or _reason_of_failure(work)
            self._after_step(lambda: self._end(record, reason, done))

        with self._lock:
            record["status"] = "CREATE PENDING"
        self._after_step(begin)

    def delete(self, record: Json, remove: Callable[[], None]) -> None:
        """DELETE PENDING, DELETE IN_PROGRESS, then ``remove`` and the record is gone."""

        def begin() -> None:
            self._move(record, "DELETE PENDING", "DELETE IN_PROGRESS")
            self._after_step(remove)

        with self._lock:
            self._set(record, "DELETE PENDING")
        self._after_step(begin)

    def pass_through(self, record: Json, *states: str) -> None:
        """Set the states one after the other, a step apart, the first now."""
        with self._lock:
            self._set(record, states[0])
        if states[1:]:
            self._after_step(lambda: self.pass_through(record, *states[1:]))

    def stop(self, record: Json) -> None:
        """CREATE STOPPING; the work in hand is dropped when it ends, and the record is CREATE STOPPED."""
        with self._lock:
            pending = record["status"] == "CREATE PENDING"
            self._set(record, "CREATE STOPPING")
        if pending:
            self._after_step(lambda: self._end(record, None, None))

    def _end(self, record: Json, reason: str | None, done: Callable[[], None] | None) -> None:
        with self._lock:
            if record["status"] == "CREATE STOPPING":
                self._set(record, "CREATE STOPPED")
            elif reason is not None:
                record["failureReason"] = reason
                self._set(record, "CREATE FAILED")
            elif record["status"] == "CREATE IN_PROGRESS":
                if done is not None:
                    done()
                self._set(record, "ACTIVE")

    def _move(self, record: Json, expected: str, state: str) -> bool:
        with self._lock:
            if record["status"] != expected:
                return False
            self._set(record, state)
            return True

    @staticmethod
    def _set(record: Json, state: str) -> None:
        record["status"] = state
        record["lastUpdatedDateTime"] = time.time()

    def _after_step(self, action: Callable[[], None]) -> None:
        with self._wake:
            heapq.heappush(self._due, (time.monotonic() + self._settings.step_seconds, next(self._order), action))
            self._wake.notify()

    def _keep_time(self) -> None:
        while True:
            with self._wake:
                while not self._due or self._due[0][0] > time.monotonic():
                    self._wake.wait(self._due[0][0] - time.monotonic() if self._due else None)
                action = heapq.heappop(self._due)[2]
            _guarded(action)

    def _labour(self) -> None:
        while True:
            _guarded(self._work.get())


def _guarded(action: Callable[[], None]) -> None:
    try:
        action()
    except Exception:
        log.exception("a step of the local Personalize failed")


def _reason_of_failure(work: Callable[[], None] | None) -> str | None:
    try:
        if work is not None:
            work()
    except WorkFailed as failure:
        return str(failure)
    except Exception as error:
        log.exception("work of the local Personalize failed")
        return f"An internal error occurred ({type(error).__name__}). The log of the local Personalize has the details."
    return None
