"""Create a campaign and, unless it is paused, queue its run."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from engagement.app import App
from engagement.domain import campaign as campaigns
from engagement.domain.application import arn, timestamp
from engagement.domain.campaign import ROOT, campaign_body, check, check_inherited, templates_of
from engagement.domain.run import Plan, run_id_for
from engagement.domain.template_resource import EMAIL
from engagement.errors import BadRequest, EngagementError, NotFound
from engagement.usecases.change_settings import read_settings
from engagement.usecases.find_application import find_application
from engagement.usecases.find_template import find_template
from engagement.usecases.freeze_run import sender_of

Json = dict[str, Any]


def create_campaign(app: App, app_id: str, request: Mapping[str, Any]) -> Json:
    """The new campaign's CampaignResponse. Raises BadRequest, NotFound."""
    find_application(app.documents, app_id)
    now = app.clock.now()
    check(request, now)
    campaign_id = uuid.uuid4().hex
    created = timestamp(now)
    body = campaign_body(
        request,
        app_id=app_id,
        campaign_id=campaign_id,
        arn=arn(app.settings.region, app.settings.account_id, f"apps/{app_id}/campaigns/{campaign_id}"),
        segment_version=check_references(app, app_id, request),
        created=created,
        modified=created,
        version=1,
    )
    collection = f"apps/{app_id}/campaigns"
    app.documents.create(collection, campaign_id, body)
    try:
        queue_run(app, body, created)
    except EngagementError:
        # The caller is told of the failure and will create it again; one that never starts must not be left behind.
        app.documents.delete(collection, campaign_id)
        raise
    return body


def check_references(app: App, app_id: str, request: Mapping[str, Any]) -> int:
    """The segment's version, once all that the request names and inherits is known to work. Raises BadRequest."""
    segment_id, version = request["SegmentId"], request.get("SegmentVersion")
    segment = app.documents.get(f"apps/{app_id}/segments", segment_id, version)
    if segment is None:
        wanted = f"version {version} of segment {segment_id}" if version else f"segment {segment_id}"
        raise BadRequest(f"{ROOT}.SegmentId: {wanted} does not exist in this project; GetSegments lists those that do")
    check_inherited(read_settings(app, app_id), request)
    for path, template in templates_of(request):
        try:
            find_template(app.documents, EMAIL, template["Name"], template.get("Version"))
        except (BadRequest, NotFound) as error:
            raise BadRequest(f"{path}: {error.message}") from None
    for part in (request, *(request.get("AdditionalTreatments") or [])):
        sender_of(app, app_id, (part.get("MessageConfiguration") or {}).get("EmailMessage") or {})
    return segment.version


def queue_run(app: App, body: Mapping[str, Any], scheduled_start: str) -> None:
    """Store the run of an unpaused campaign and put it on the queue; a repeat makes no second run."""
    if campaigns.status(body) == campaigns.PAUSED:
        return
    plan = Plan(
        app_id=body["ApplicationId"],
        campaign_id=body["Id"],
        run_id=run_id_for(body["Id"], scheduled_start),
        campaign_version=body["Version"],
        segment_id=body["SegmentId"],
        segment_version=body["SegmentVersion"],
        holdout_percent=body["HoldoutPercent"],
        scheduled_start=scheduled_start,
    )
    app.runs.create(plan)
    app.campaign_runs_queue.send(
        [
            {
                "app_id": plan.app_id,
                "campaign_id": plan.campaign_id,
                "run_id": plan.run_id,
                "version": plan.campaign_version,
            }
        ]
    )
