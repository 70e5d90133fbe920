"""Queue audiences -> recipient files of one shard."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engagement.app import app
from engagement.queue_records import Kind, handle_records, remaining_deadline
from engagement.usecases.select_audience import select_audience

MEMBERS: dict[str, Kind] = {"app_id": str, "campaign_id": str, "run_id": str, "shard": int, "after": (str, type(None))}


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """SQS event in, partial batch response out."""
    deadline = remaining_deadline(app().clock.now().timestamp(), context)

    def one(message: dict[str, Any], repeated: bool) -> dict[str, Any]:
        return {"shard": message["shard"], **asdict(select_audience(app(), message, deadline=deadline))}

    return handle_records(event, "select_audience", MEMBERS, one)
