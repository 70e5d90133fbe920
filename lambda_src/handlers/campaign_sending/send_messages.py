"""Queue sends -> the mails of one batch."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engagement.app import app
from engagement.queue_records import handle_records, remaining_deadline
from engagement.usecases.send_batch import send_batch

MEMBERS = {"app_id": str, "campaign_id": str, "run_id": str, "file": str, "first": int, "count": int}


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """SQS event in, partial batch response out; what can never be sent is a dead letter with its reason."""
    deadline = remaining_deadline(app().clock.now().timestamp(), context)

    def one(message: dict[str, Any], repeated: bool) -> dict[str, Any]:
        report = send_batch(app(), message, deadline=deadline, repeated=repeated)
        return {"file": message["file"], "first": message["first"], **asdict(report)}

    return handle_records(
        event, "send_batch", MEMBERS, one, bury=lambda letter: app().sends_dead_letter_queue.send([letter])
    )
