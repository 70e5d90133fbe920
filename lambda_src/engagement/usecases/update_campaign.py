"""Change a campaign that has not sent anything yet, or pause and resume one that is sending."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engagement.app import App
from engagement.domain import campaign as campaigns
from engagement.domain.application import timestamp
from engagement.domain.campaign import ROOT, campaign_body, check
from engagement.domain.run import HOLD_PAUSED, PENDING, Run
from engagement.errors import BadRequest
from engagement.ports import Document
from engagement.usecases.complete_run import cancel_runs
from engagement.usecases.create_campaign import check_references, queue_run
from engagement.usecases.read_campaigns import find_campaign

Json = dict[str, Any]


def update_campaign(app: App, app_id: str, campaign_id: str, request: Mapping[str, Any]) -> Json:
    """The updated CampaignResponse, a new version. Raises BadRequest, NotFound, Conflict.

    Members that the request leaves out keep their values. Once a run sends, only IsPaused may change: pausing takes
    effect between batches, resuming goes on where it stopped.
    """
    document = find_campaign(app, app_id, campaign_id)
    if campaigns.status(document.body) == campaigns.DELETED:
        raise BadRequest(f"{ROOT}: the campaign's segment was deleted, and so it is over; create another campaign")
    sending = [run for run in app.runs.of_campaign(app_id, campaign_id) if run.state != PENDING]
    if sending:
        return _pause_or_resume(app, document, sending[0], request)
    merged = {**_request_of(document.body), **request}
    now = app.clock.now()
    check(merged, now)
    body = campaign_body(
        merged,
        app_id=app_id,
        campaign_id=campaign_id,
        arn=document.body["Arn"],
        segment_version=check_references(app, app_id, merged),
        created=document.body["CreationDate"],
        modified=timestamp(now),
        version=document.version + 1,
    )
    body["tags"] = document.body["tags"]
    app.documents.put(f"apps/{app_id}/campaigns", replace(document, body=body), new_version=True)
    # A run that waits takes the new version when it begins; without one (the campaign was paused) it starts now.
    if not app.runs.of_campaign(app_id, campaign_id) or campaigns.status(document.body) == campaigns.PAUSED:
        queue_run(app, body, document.body["CreationDate"])
    return body


def delete_campaign(app: App, app_id: str, campaign_id: str) -> Json:
    """The deleted CampaignResponse, in state DELETED. What is not sent yet is not sent. Raises NotFound."""
    find_campaign(app, app_id, campaign_id)
    cancel_runs(app, app_id, campaign_id)
    deleted = app.documents.delete(f"apps/{app_id}/campaigns", campaign_id)
    body = deleted.body if deleted else find_campaign(app, app_id, campaign_id).body
    return campaigns.with_status(body, campaigns.DELETED)


def _pause_or_resume(app: App, document: Document, run: Run, request: Mapping[str, Any]) -> Json:
    changed = [
        member
        for member, value in request.items()
        if member not in ("IsPaused", "tags") and value is not None and value != document.body.get(member)
    ]
    if changed:
        raise BadRequest(
            f"{ROOT}.{changed[0]}: the campaign has begun to send, so only IsPaused may change; create another campaign"
        )
    if request.get("IsPaused") is None or run.has_ended:
        return document.body
    paused = bool(request["IsPaused"])
    app.runs.hold(run.plan.run_id, HOLD_PAUSED if paused else None)
    state = campaigns.PAUSED if paused else campaigns.EXECUTING
    body = {**campaigns.with_status(document.body, state), "IsPaused": paused}
    body["LastModifiedDate"] = timestamp(app.clock.now())
    app.documents.put(f"apps/{document.body['ApplicationId']}/campaigns", replace(document, body=body))
    return body


def _request_of(body: Mapping[str, Any]) -> Json:
    """What of a CampaignResponse a WriteCampaignRequest would say."""
    kept = (
        "Description", "HoldoutPercent", "Name", "TreatmentDescription", "TreatmentName", "Schedule",
        "MessageConfiguration", "TemplateConfiguration", "Limits", "SegmentId", "IsPaused", "AdditionalTreatments",
    )  # fmt: skip
    return {member: body[member] for member in kept if body.get(member) is not None}
