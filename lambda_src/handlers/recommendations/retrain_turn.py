"""State machine retrain -> one turn of the training: what can be done now, and when to come back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engagement.app import app
from engagement.log_line import log_line
from engagement.usecases.retrain import retrain_turn


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """{"execution", "started", "state"} in (terraform/modules/recommendations/retrain.asl.json), the next state out."""
    started = datetime.fromisoformat(event["started"].replace("Z", "+00:00"))
    answer = retrain_turn(app(), event["execution"], started, event.get("state") or {})
    told = {name: answer[name] for name in ("finished", "wait_seconds", "outcome", "news") if name in answer}
    log_line("retrain_turn", execution=event["execution"], **told)
    return answer
