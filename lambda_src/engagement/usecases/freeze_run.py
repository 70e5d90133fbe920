"""What a run is bound to from its start: segment version, template versions, senders, recommender configurations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from engagement.app import App
from engagement.domain import campaign as campaigns
from engagement.domain.application import timestamp
from engagement.domain.endpoint import SHARDS
from engagement.domain.run import DEFAULT_TREATMENT, Plan, Treatment, activity_id_for
from engagement.domain.template_resource import EMAIL
from engagement.errors import BadRequest, NotFound
from engagement.ports import Document
from engagement.usecases.change_settings import read_settings
from engagement.usecases.find_template import find_template

Json = dict[str, Any]


class SegmentDeleted(NotFound):
    """The campaign's segment is gone: Pinpoint ends such a campaign as DELETED."""


def freeze_run(app: App, plan: Plan, campaign: Document, now: datetime) -> Plan:
    """The plan of a run that begins now. Raises NotFound or BadRequest, with the reason, when it cannot begin."""
    body = campaign.body
    segment = app.documents.get(f"apps/{plan.app_id}/segments", body["SegmentId"])
    if segment is None:
        raise SegmentDeleted(f"segment {body['SegmentId']} was deleted")
    parts = [(DEFAULT_TREATMENT, 100, body)]
    parts += [(one["Id"], one["SizePercent"], {**body, **one}) for one in body.get("AdditionalTreatments") or []]
    ends = campaigns.ends_at(body, read_settings(app, plan.app_id), now)
    return replace(
        plan,
        campaign_version=campaign.version,
        segment_id=body["SegmentId"],
        segment_version=body["SegmentVersion"],
        holdout_percent=body.get("HoldoutPercent") or 0,
        treatments=tuple(_treatment(app, plan, *part) for part in parts),
        shards=SHARDS,
        ends_at=timestamp(ends) if ends else None,
    )


def sender_of(app: App, app_id: str, message: Mapping[str, Any]) -> str:
    """The message's from address, else the email channel's. Raises BadRequest when there is neither."""
    if message.get("FromAddress"):
        return message["FromAddress"]
    channel = app.documents.get(f"apps/{app_id}/channels", "EMAIL")
    if channel is None or not channel.body.get("FromAddress"):
        raise BadRequest(
            "the message has no FromAddress and the project's email channel is not set up; "
            "call UpdateEmailChannel with a FromAddress, or give EmailMessage.FromAddress"
        )
    if channel.body.get("Enabled") is False:
        raise BadRequest("the project's email channel is disabled; call UpdateEmailChannel with Enabled true")
    return channel.body["FromAddress"]


def _treatment(app: App, plan: Plan, treatment_id: str, size: int, part: Mapping[str, Any]) -> Treatment:
    message = (part.get("MessageConfiguration") or {}).get("EmailMessage") or {}
    named = (part.get("TemplateConfiguration") or {}).get("EmailTemplate")
    template = find_template(app.documents, EMAIL, named["Name"], named.get("Version")) if named else None
    return Treatment(
        id=treatment_id,
        size_percent=size,
        activity_id=activity_id_for(plan.run_id, treatment_id),
        sender=sender_of(app, plan.app_id, message),
        template={"Name": named["Name"], "Version": str(template.version)} if named and template else None,
        message=dict(message),
        recommender=_recommender(app, template.body.get("RecommenderId")) if template else None,
    )


def _recommender(app: App, recommender_id: str | None) -> Json | None:
    """None as well when the configuration was deleted: then the template's defaults are sent and counted."""
    found = app.documents.get("recommenders", recommender_id) if recommender_id else None
    return found.body if found else None
