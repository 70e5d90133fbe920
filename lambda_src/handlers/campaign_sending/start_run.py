"""Queue campaign-runs -> one run begins."""

from __future__ import annotations

from typing import Any

from engagement.app import app
from engagement.queue_records import handle_records
from engagement.usecases.start_run import start_run

MEMBERS = {"app_id": str, "campaign_id": str, "run_id": str}


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """SQS event in, partial batch response out."""
    return handle_records(event, "start_run", MEMBERS, lambda message, _: {"result": start_run(app(), message)})
