"""The audience of a deleted application: out of reach at once, removed from the table shard by shard afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engagement.usecases.find_application import APPS

Json = dict[str, Any]
REMOVE_SHARD = "remove_shard"
# By then no request that began before the deletion is still writing; an import that does announces the removal anew.
BEGIN_AFTER_SECONDS = 60
STOP_BEFORE_DEADLINE_SECONDS = 30


@dataclass
class RemovalReport:
    """What happened, for the log line."""

    shard: int
    removed: int = 0
    why: str | None = None


def announce_removal(app: Any, app_id: str) -> None:
    """Have the audience removed if the application is gone by then. A repeat costs a few reads. Raises Unavailable.

    Without the architecture audience_import nobody reads its queue: then the audience is out of reach, but stays.
    """
    if "imports_queue_url" not in app.settings:
        return
    messages = [{"app_id": app_id, REMOVE_SHARD: shard} for shard in range(app.endpoints.shards)]
    app.imports_queue.send(messages, delay_seconds=BEGIN_AFTER_SECONDS)


def remove_audience(app: Any, message: Json, *, deadline: float) -> RemovalReport:
    """Remove one shard's endpoints and what is stored of their users; what time does not allow goes on in a new message.

    ``deadline`` in epoch seconds. Raises Unavailable or TooManyRequests when a repeat will help.
    """
    app_id, report = message["app_id"], RemovalReport(message[REMOVE_SHARD])
    if app.documents.get(APPS, app_id) is not None:
        report.why = "the application exists: its deletion did not come to an end"
        return report
    while removed := app.endpoints.remove_some(app_id, report.shard):
        report.removed += removed
        if app.clock.now().timestamp() > deadline - STOP_BEFORE_DEADLINE_SECONDS:
            app.imports_queue.send([message])
            report.why = "continued by a message of its own"
            break
    return report
