"""What the dead-letter queue is told of a mail that somebody should have got and did not, or may not have got."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engagement.domain.delivery import FAILED, RECOMMENDATION_FAILURE, RENDERING_FAILURE, UNKNOWN, Delivery
from engagement.domain.refusal import hidden


def dead_letter(message: Mapping[str, Any], outcome: Delivery) -> dict[str, Any] | None:
    """Ids and the reason, never the address; None for a mail that was sent, or left out on purpose.

    ``message`` is the batch's. An unknown outcome is told too: nobody sends it again, so somebody has to know.
    """
    if outcome.state not in (FAILED, UNKNOWN) and outcome.code not in (RECOMMENDATION_FAILURE, RENDERING_FAILURE):
        return None
    return {
        "app_id": message["app_id"],
        "campaign_id": message["campaign_id"],
        "run_id": message["run_id"],
        "endpoint_id": outcome.endpoint_id,
        "treatment_id": outcome.treatment_id,
        "code": outcome.code,
        "reason": outcome.reason and hidden(outcome.reason),
    }
