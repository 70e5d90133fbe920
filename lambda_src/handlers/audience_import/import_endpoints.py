"""Queue imports -> files of import jobs are read into the audience; audiences of deleted applications are removed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engagement.app import app
from engagement.queue_records import check_members, handle_records, remaining_deadline
from engagement.usecases.import_piece import import_piece
from engagement.usecases.prepare_import import prepare_import
from engagement.usecases.remove_audience import REMOVE_SHARD, remove_audience

OF_ALL = {"app_id": str}
OF_A_FILE = {"job_id": str, "bucket": str, "key": str, "piece": int, "offset": int, "line": int}
OF_A_REMOVAL = {REMOVE_SHARD: int}


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """SQS event in, partial batch response out."""
    deadline = remaining_deadline(app().clock.now().timestamp(), context)

    def one(message: dict[str, Any], repeated: bool) -> dict[str, Any]:
        if REMOVE_SHARD in message:
            check_members(message, OF_A_REMOVAL)
            return asdict(remove_audience(app(), message, deadline=deadline))
        check_members(message, OF_A_FILE)
        if message["line"] == 0:
            return prepare_import(app(), message)
        return {"piece": message["piece"], **asdict(import_piece(app(), message, deadline=deadline))}

    return handle_records(event, "import_endpoints", OF_ALL, one)
