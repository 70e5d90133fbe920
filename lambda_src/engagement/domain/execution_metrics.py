"""How a run counts what became of its mails, in the names of Pinpoint's ExecutionMetrics where it has one.

The invariant of every activity: ENDPOINT_PRODUCED = attempted sends + the sum of every drop reason.
Source: https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-campaigns-campaign-id-activities.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from engagement.domain.delivery import (
    CHANNEL_MISMATCH,
    DELETED,
    DROPPED,
    ENDED,
    FAILED,
    HOLDOUT,
    INACTIVE,
    MISSING_ADDRESS,
    MISSING_CHANNEL,
    OPT_OUT,
    RECOMMENDATION_FAILURE,
    RENDERING_FAILURE,
    RESERVED,
    SENT,
    SUPPRESSED,
    UNKNOWN,
    Delivery,
)

PRODUCED = "ENDPOINT_PRODUCED"
DROP_METRICS = (
    MISSING_CHANNEL, CHANNEL_MISMATCH, MISSING_ADDRESS, INACTIVE, OPT_OUT, HOLDOUT, ENDED, DELETED,
    SUPPRESSED, RECOMMENDATION_FAILURE, RENDERING_FAILURE,
)  # fmt: skip
ATTEMPT_METRICS = {SENT: "SEND_SUCCESS", FAILED: "SEND_FAILURE_PERMANENT", UNKNOWN: "SEND_UNKNOWN"}
# What went wrong, unlike people who are left out on purpose: a run of nothing but these has failed.
FAILURE_METRICS = (
    ATTEMPT_METRICS[FAILED], ATTEMPT_METRICS[UNKNOWN], RECOMMENDATION_FAILURE, RENDERING_FAILURE
)  # fmt: skip
FALLBACK_METRIC = "RECOMMENDATION_FALLBACK"


def counters(deliveries: Iterable[Delivery]) -> dict[str, int]:
    """``"<treatment>:<metric>"`` -> how many. Raises ValueError for a delivery without an outcome."""
    counted: Counter[str] = Counter()
    for delivery in deliveries:
        if delivery.state == RESERVED:
            raise ValueError(f"endpoint {delivery.endpoint_id} has no outcome yet")
        counted[f"{delivery.treatment_id}:{_metric(delivery)}"] += 1
        if delivery.fallback and delivery.state != DROPPED:
            counted[f"{delivery.treatment_id}:{FALLBACK_METRIC}"] += 1
    return dict(counted)


def _metric(delivery: Delivery) -> str:
    return delivery.code or DROPPED if delivery.state == DROPPED else ATTEMPT_METRICS[delivery.state]
