"""Queue imports -> the files of an import job are found, and each is read into the audience."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engagement.app import app
from engagement.queue_records import handle_records, remaining_deadline
from engagement.usecases.import_piece import import_piece
from engagement.usecases.prepare_import import prepare_import

MEMBERS = {"app_id": str, "job_id": str, "bucket": str, "key": str, "piece": int, "offset": int, "line": int}


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """SQS event in, partial batch response out."""
    deadline = remaining_deadline(app().clock.now().timestamp(), context)

    def one(message: dict[str, Any], repeated: bool) -> dict[str, Any]:
        if message["line"] == 0:
            return prepare_import(app(), message)
        return {"piece": message["piece"], **asdict(import_piece(app(), message, deadline=deadline))}

    return handle_records(event, "import_endpoints", MEMBERS, one)
