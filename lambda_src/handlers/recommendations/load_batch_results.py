"""Queue batch-results -> files of batch inference are read into the store that senders ask."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engagement.app import app
from engagement.domain.batch_results_message import files_of
from engagement.queue_records import handle_records, remaining_deadline
from engagement.usecases.load_batch_results import load_batch_results


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """SQS event in, partial batch response out. Messages come from S3, from `kit`, and from this function."""
    deadline = remaining_deadline(app().clock.now().timestamp(), context)

    def one(message: dict[str, Any], repeated: bool) -> dict[str, Any]:
        files = files_of(message)
        reports = [{"key": file["key"], **asdict(load_batch_results(app(), file, deadline=deadline))} for file in files]
        return {"files": reports}

    return handle_records(event, "load_batch_results", {}, one)
