"""Campaigns: what a request may say, and the campaign as Pinpoint's CampaignResponse shows it.

What is accepted is acted upon. What this engine cannot do yet is refused with the JSON path of the member, so that
nobody believes in a schedule that never runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from engagement.domain.email_address import MailFault, bare_address
from engagement.domain.mime_message import MAX_HEADERS, header_fault
from engagement.domain.template import TemplateError, compile_template
from engagement.domain.template.compiled import Part
from engagement.errors import BadRequest

Json = dict[str, Any]
ROOT = "WriteCampaignRequest"
SCHEDULED, EXECUTING, PAUSED, COMPLETED = "SCHEDULED", "EXECUTING", "PAUSED", "COMPLETED"
DELETED, INVALID = "DELETED", "INVALID"
MAX_TREATMENTS = 4
_UTC_OFFSET = re.compile(r"UTC(?:[+-](?:0\d|1[0-4])(?::?(?:00|30|45))?)?")
_MESSAGE_PARTS: dict[str, Part] = {"Title": "subject", "HtmlBody": "html", "Body": "text"}
_SHARED = ("Description", "HoldoutPercent", "Name", "TreatmentDescription", "TreatmentName")


def instant(text: str, path: str) -> datetime:
    """An ISO-8601 date of a request as an aware datetime. Raises BadRequest naming the path."""
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise BadRequest(f"{path}: {text!r} is not an ISO-8601 date such as 2027-01-31T09:30:00Z") from None
    if when.tzinfo is None:
        raise BadRequest(f"{path}: {text!r} has no offset; write it in UTC with a Z at its end")
    return when


def check(request: Mapping[str, Any], now: datetime) -> None:
    """Raise BadRequest with the JSON path and the rule for the first thing in a request that breaks one."""
    if not isinstance(request.get("SegmentId"), str) or not request["SegmentId"]:
        raise BadRequest(f"{ROOT}.SegmentId: the campaign needs a segment; give the id of one of this project")
    _check_unserved(request, ROOT)
    _check_schedule(request.get("Schedule"), f"{ROOT}.Schedule", now, required=True)
    _check_limits(request.get("Limits") or {}, f"{ROOT}.Limits")
    _check_hook(request.get("Hook") or {})
    _check_shares(request)
    check_message(request, ROOT)
    for index, treatment in enumerate(request.get("AdditionalTreatments") or []):
        path = f"{ROOT}.AdditionalTreatments[{index}]"
        _check_unserved(treatment, path)
        _check_schedule(treatment.get("Schedule"), f"{path}.Schedule", now, required=False)
        check_message(treatment, path)


def not_served(path: str, what: str, instead: str = "leave it out") -> BadRequest:
    return BadRequest(f"{path}: {what} is not served yet by this engine; {instead}")


def _check_unserved(request: Mapping[str, Any], path: str) -> None:
    if request.get("CustomDeliveryConfiguration"):
        raise not_served(f"{path}.CustomDeliveryConfiguration", "the custom channel")
    if request.get("Priority"):
        raise not_served(f"{path}.Priority", "in-app messaging")


def _check_schedule(schedule: Mapping[str, Any] | None, path: str, now: datetime, *, required: bool) -> None:
    if not schedule:
        if required:
            raise BadRequest(f"{path}: the campaign needs a schedule; use {{'StartTime': 'IMMEDIATE'}}")
        return
    start = schedule.get("StartTime")
    if not start:
        raise BadRequest(f"{path}.StartTime: missing; use 'IMMEDIATE'")
    if start != "IMMEDIATE":
        if instant(start, f"{path}.StartTime") <= now:
            raise BadRequest(f"{path}.StartTime: {start} is not in the future; use 'IMMEDIATE'")
        raise not_served(f"{path}.StartTime", "a start at a later time", "use 'IMMEDIATE'")
    if schedule.get("Frequency", "ONCE") != "ONCE":
        raise not_served(f"{path}.Frequency", f"the frequency {schedule['Frequency']}", "use ONCE")
    if schedule.get("IsLocalTime"):
        raise not_served(f"{path}.IsLocalTime", "sending by each recipient's local time", "use false")
    for member, what in (("QuietTime", "quiet time"), ("EventFilter", "starting on an event")):
        if any((schedule.get(member) or {}).values()):
            raise not_served(f"{path}.{member}", what)
    timezone = schedule.get("Timezone")
    if timezone and not _UTC_OFFSET.fullmatch(timezone):
        raise BadRequest(f"{path}.Timezone: {timezone!r} is not a UTC offset such as UTC-07 or UTC+05:45")
    if schedule.get("EndTime") and instant(schedule["EndTime"], f"{path}.EndTime") <= now:
        raise BadRequest(f"{path}.EndTime: {schedule['EndTime']} is not in the future")


def _check_limits(limits: Mapping[str, Any], path: str) -> None:
    for member in ("Daily", "Total"):
        if not 0 <= limits.get(member, 0) <= 100:
            raise BadRequest(f"{path}.{member}: {limits[member]} is outside 0 to 100")
    if limits.get("MaximumDuration") and limits["MaximumDuration"] < 60:
        raise BadRequest(f"{path}.MaximumDuration: {limits['MaximumDuration']} is under the minimum of 60 seconds")
    if limits.get("MessagesPerSecond"):
        raise not_served(f"{path}.MessagesPerSecond", "a rate of its own for one campaign")
    if limits.get("Session"):
        raise not_served(f"{path}.Session", "in-app messaging")


def check_inherited(settings: Mapping[str, Any], request: Mapping[str, Any]) -> None:
    """Raise BadRequest for defaults in the project's settings that a campaign would have to keep to and cannot yet."""
    path, limits = "ApplicationSettings", settings.get("Limits") or {}
    own = request.get("Limits") or {}
    for member in ("Daily", "Total", "MessagesPerSecond"):
        if limits.get(member) and member not in own:
            raise not_served(f"{path}.Limits.{member}", "a limit over all campaigns", "set it to 0 in the settings")
    if any((settings.get("QuietTime") or {}).values()):
        raise not_served(f"{path}.QuietTime", "quiet time", "empty it by UpdateApplicationSettings")
    hook = settings.get("CampaignHook") or {}
    if hook.get("LambdaFunctionName") or hook.get("WebUrl"):
        raise not_served(f"{path}.CampaignHook", "a campaign hook", "empty it by UpdateApplicationSettings")


def _check_hook(hook: Mapping[str, Any]) -> None:
    if hook.get("Mode") == "DELIVERY":
        raise BadRequest(f"{ROOT}.Hook.Mode: DELIVERY was withdrawn by Pinpoint in 2020; only FILTER exists")
    if hook.get("LambdaFunctionName") or hook.get("WebUrl"):
        raise not_served(f"{ROOT}.Hook", "a campaign hook")


def _check_shares(request: Mapping[str, Any]) -> None:
    holdout = request.get("HoldoutPercent") or 0
    if not 0 <= holdout <= 100:
        raise BadRequest(f"{ROOT}.HoldoutPercent: {holdout} is outside 0 to 100")
    treatments = request.get("AdditionalTreatments") or []
    if len(treatments) > MAX_TREATMENTS:
        raise BadRequest(f"{ROOT}.AdditionalTreatments: {len(treatments)} given; at most {MAX_TREATMENTS} are allowed")
    total = holdout
    for index, treatment in enumerate(treatments):
        size = treatment.get("SizePercent")
        if not isinstance(size, int) or not 0 < size <= 100:
            raise BadRequest(f"{ROOT}.AdditionalTreatments[{index}].SizePercent: {size} is outside 1 to 100")
        total += size
    if total > 100:
        raise BadRequest(f"{ROOT}: HoldoutPercent and the SizePercent of all treatments add up to {total}, over 100")


def check_message(request: Mapping[str, Any], path: str) -> None:
    """The message of a campaign or of one of its treatments: an email of its own, an email template, or both."""
    message = request.get("MessageConfiguration") or {}
    templates = request.get("TemplateConfiguration") or {}
    for member, value in message.items():
        if member != "EmailMessage" and value:
            raise not_served(f"{path}.MessageConfiguration.{member}", "this channel", "use EmailMessage")
    for member, value in templates.items():
        if member != "EmailTemplate" and value:
            raise not_served(f"{path}.TemplateConfiguration.{member}", "this channel", "use EmailTemplate")
    email, template = message.get("EmailMessage") or {}, templates.get("EmailTemplate") or {}
    if templates and not template.get("Name"):
        raise BadRequest(f"{path}.TemplateConfiguration.EmailTemplate.Name: missing")
    if not template and not (email.get("HtmlBody") or email.get("Body")):
        raise BadRequest(
            f"{path}: no content; give TemplateConfiguration.EmailTemplate.Name, or "
            "MessageConfiguration.EmailMessage with Title and HtmlBody or Body"
        )
    if not template and not email.get("Title"):
        raise BadRequest(f"{path}.MessageConfiguration.EmailMessage.Title: missing; it is the subject of the mail")
    check_sender(email.get("FromAddress"), f"{path}.MessageConfiguration.EmailMessage.FromAddress")
    check_headers(email.get("Headers") or [], f"{path}.MessageConfiguration.EmailMessage.Headers")
    _check_compiles(email, f"{path}.MessageConfiguration.EmailMessage")


def _check_compiles(email: Mapping[str, Any], path: str) -> None:
    """A message of the campaign's own is refused as a template would be: now, and not for everybody in the segment."""
    sources = [(member, kind, email.get(member) or "") for member, kind in _MESSAGE_PARTS.items()]
    for index, header in enumerate(email.get("Headers") or []):
        sources.append((f"Headers[{index}].Value", "subject", header.get("Value") or ""))
    for member, kind, source in sources:
        try:
            compile_template(source, part=kind)
        except TemplateError as error:
            raise BadRequest(f"{path}.{member}: {error}") from None


def check_sender(address: str | None, path: str) -> None:
    """Raise BadRequest when a from address is given that no mail can carry."""
    if not address:
        return
    try:
        bare_address(address)
    except MailFault as fault:
        raise BadRequest(f"{path}: {fault}") from None


def check_headers(headers: list[Mapping[str, Any]], path: str) -> None:
    """Raise BadRequest for custom headers that no mail can carry."""
    if len(headers) > MAX_HEADERS:
        raise BadRequest(f"{path}: {len(headers)} headers given; at most {MAX_HEADERS} are allowed")
    for index, header in enumerate(headers):
        fault = header_fault(header.get("Name") or "", header.get("Value") or "")
        if fault:
            raise BadRequest(f"{path}[{index}]: {fault}")


def templates_of(request: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(JSON path, {Name, Version?}) of every email template that a request names."""
    parts = [(ROOT, request)]
    parts += [
        (f"{ROOT}.AdditionalTreatments[{index}]", treatment)
        for index, treatment in enumerate(request.get("AdditionalTreatments") or [])
    ]
    for path, part in parts:
        template = (part.get("TemplateConfiguration") or {}).get("EmailTemplate")
        if template:
            yield f"{path}.TemplateConfiguration.EmailTemplate", template


def ends_at(body: Mapping[str, Any], settings: Mapping[str, Any], started: datetime) -> datetime | None:
    """When a run that started then stops sending: Schedule.EndTime or Limits.MaximumDuration, whichever is first.

    A campaign without a MaximumDuration has the one of the project's ``settings``.
    """
    limits = []
    end = (body.get("Schedule") or {}).get("EndTime")
    if end:
        limits.append(instant(end, "Schedule.EndTime"))
    seconds = {**(settings.get("Limits") or {}), **(body.get("Limits") or {})}.get("MaximumDuration")
    if seconds:
        limits.append(started + timedelta(seconds=seconds))
    return min(limits, default=None)


def campaign_body(
    request: Mapping[str, Any],
    *,
    app_id: str,
    campaign_id: str,
    arn: str,
    segment_version: int,
    created: str,
    modified: str,
    version: int,
) -> Json:
    """A CampaignResponse for a request that passed ``check``."""
    state = PAUSED if request.get("IsPaused") else SCHEDULED
    body: Json = {
        "Id": campaign_id,
        "Arn": arn,
        "ApplicationId": app_id,
        "Version": version,
        "SegmentId": request["SegmentId"],
        "SegmentVersion": segment_version,
        "CreationDate": created,
        "LastModifiedDate": modified,
        "IsPaused": bool(request.get("IsPaused")),
        "HoldoutPercent": request.get("HoldoutPercent") or 0,
        "State": {"CampaignStatus": state},
        "tags": dict(request.get("tags") or {}),
        "AdditionalTreatments": [
            {**treatment, "Id": str(number), "State": {"CampaignStatus": state}}
            for number, treatment in enumerate(request.get("AdditionalTreatments") or [], start=1)
        ],
    }
    members = (*_SHARED, "Schedule", "MessageConfiguration", "TemplateConfiguration", "Limits")
    body.update({member: request[member] for member in members if request.get(member) is not None})
    if body["AdditionalTreatments"]:
        body["DefaultState"] = {"CampaignStatus": state}
    return body


def status(body: Mapping[str, Any]) -> str:
    return body["State"]["CampaignStatus"]


def with_status(body: Mapping[str, Any], new: str) -> Json:
    """The campaign, and each of its treatments, in another state."""
    state = {"CampaignStatus": new}
    changed: Json = {**body, "State": state}
    if body.get("AdditionalTreatments"):
        changed["DefaultState"] = state
        changed["AdditionalTreatments"] = [{**one, "State": state} for one in body["AdditionalTreatments"]]
    return changed
