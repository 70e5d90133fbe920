"""A run as Pinpoint's activities show it: one for each treatment, all of the same run.

Source: https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-campaigns-campaign-id-activities.html
"""

from __future__ import annotations

from typing import Any

from engagement.domain.execution_metrics import ATTEMPT_METRICS, FAILURE_METRICS, PRODUCED
from engagement.domain.run import CANCELLED, DEFAULT_TREATMENT, HOLD_PAUSED, Run, Treatment

Json = dict[str, Any]


def activities(run: Run) -> list[Json]:
    """The run as Pinpoint's ActivityResponse, one per treatment."""
    return [_activity(run, treatment) for treatment in run.plan.treatments] or [
        _activity(run, Treatment(DEFAULT_TREATMENT, 100, run.plan.run_id))
    ]


def _activity(run: Run, treatment: Treatment) -> Json:
    metrics = run.metrics(treatment.id)
    attempted = sum(metrics.get(name, 0) for name in ATTEMPT_METRICS.values())
    succeeded = metrics.get(ATTEMPT_METRICS["SENT"], 0)
    shown = {PRODUCED: 0, "SEND_ATTEMPTED": attempted, **metrics}
    body: Json = {
        "ApplicationId": run.plan.app_id,
        "CampaignId": run.plan.campaign_id,
        "Id": treatment.activity_id,
        "State": "PAUSED" if run.hold == HOLD_PAUSED and not run.has_ended else run.state,
        "ScheduledStart": run.plan.scheduled_start,
        "TreatmentId": treatment.id,
        "TotalEndpointCount": attempted,
        "SuccessfulEndpointCount": succeeded,
        "TimezonesTotalCount": 0,
        "TimezonesCompletedCount": 0,
        "ExecutionMetrics": {name: str(count) for name, count in sorted(shown.items())},
    }
    if run.started:
        body["Start"] = run.started
    if run.has_ended:
        body["End"] = run.ended
        failed = any(metrics.get(name) for name in FAILURE_METRICS)
        cut_short = run.reason or run.state == CANCELLED
        body["Result"] = "FAIL" if cut_short or (failed and not succeeded) else "SUCCESS"
    if run.reason:
        body["ExecutionMetrics"]["FAILURE_REASON"] = run.reason
    return body
