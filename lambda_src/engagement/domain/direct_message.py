"""SendMessages for email: what a MessageRequest says to each of its targets (Pinpoint API reference, Messages).

Content precedence, for each part by itself: the target's override, the email message, the default message, the
template. Substitution precedence: the target, the email message, the default message, the endpoint, the template's
DefaultSubstitutions.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engagement.domain.campaign import check_headers, check_sender, not_served
from engagement.domain.email_channel import EMAIL
from engagement.domain.email_content import EmailParts, header_pairs
from engagement.domain.endpoint import CHANNEL_TYPES
from engagement.errors import BadRequest

Json = dict[str, Any]
ROOT = "MessageRequest"
CONFIGURATION = f"{ROOT}.MessageConfiguration"
MAX_TARGETS = 100
_EMPTY: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Target:
    """One recipient: ``key`` is its key in the request, an address of ``channel_type`` or an endpoint id."""

    key: str
    is_endpoint: bool
    substitutions: Mapping[str, list[str]] = field(default_factory=dict)
    title: str | None = None
    body: str | None = None
    channel_type: str = EMAIL

    @property
    def is_served(self) -> bool:
        """An endpoint counts as one until its channel is read."""
        return self.is_endpoint or self.channel_type == EMAIL


@dataclass(frozen=True)
class DirectMessage:
    """What all targets share."""

    targets: tuple[Target, ...]
    parts: EmailParts
    template: Mapping[str, Any] | None
    raw: bytes | None
    sender: str | None
    reply_to: tuple[str, ...]
    feedback_to: str | None
    substitutions: Mapping[str, list[str]]
    trace_id: str | None


def read_request(request: Mapping[str, Any]) -> DirectMessage:
    """Raises BadRequest with the JSON path of what is wrong or not served yet."""
    configuration = request.get("MessageConfiguration") or _EMPTY
    for member, value in configuration.items():
        if member not in ("EmailMessage", "DefaultMessage") and value:
            raise not_served(f"{CONFIGURATION}.{member}", "this channel", "use EmailMessage")
    for member, value in (request.get("TemplateConfiguration") or _EMPTY).items():
        if member != "EmailTemplate" and value:
            raise not_served(f"{ROOT}.TemplateConfiguration.{member}", "this channel", "use EmailTemplate")
    email = configuration.get("EmailMessage") or _EMPTY
    default = configuration.get("DefaultMessage") or _EMPTY
    template = (request.get("TemplateConfiguration") or _EMPTY).get("EmailTemplate") or None
    if template is not None and not template.get("Name"):
        raise BadRequest(f"{ROOT}.TemplateConfiguration.EmailTemplate.Name: missing")
    targets = tuple(_targets(request))
    message = DirectMessage(
        targets=targets,
        parts=_parts(email, default),
        template=template,
        raw=_raw(email),
        sender=email.get("FromAddress") or None,
        reply_to=tuple(email.get("ReplyToAddresses") or ()),
        feedback_to=email.get("FeedbackForwardingAddress") or None,
        substitutions={**_given(default.get("Substitutions")), **_given(email.get("Substitutions"))},
        trace_id=request.get("TraceId"),
    )
    _check(message, email)
    return message


def context_for(endpoint: Mapping[str, Any], message: DirectMessage, target: Target) -> Json:
    """The template's context: the endpoint with the substitutions laid over it.

    Of a list, the first value counts; an empty list substitutes nothing, so that what lies below it shows.
    """
    context: Json = dict(endpoint)
    for substitutions in (message.substitutions, target.substitutions):
        for name, values in substitutions.items():
            if values:
                _place(context, name, [values[0]])
    return context


def _given(substitutions: Mapping[str, list[str]] | None) -> dict[str, list[str]]:
    return {name: values for name, values in (substitutions or {}).items() if values}


def _place(context: Json, name: str, values: list[str]) -> None:
    context[name] = values
    *parents, leaf = name.split(".")
    if not parents:
        return
    here = context
    for parent in parents:
        below = here.get(parent)
        here[parent] = dict(below) if isinstance(below, Mapping) else {}
        here = here[parent]
    here[leaf] = values


def parts_for(message: DirectMessage, target: Target, template: EmailParts | None) -> EmailParts:
    """The sources of one target's mail."""
    base = template or EmailParts(subject="")
    html, text = message.parts.html, message.parts.text
    if target.body is not None:
        html, text = (target.body, None) if "</" in target.body else (None, target.body)
    elif html is None and text is None:
        html, text = base.html, base.text
    return EmailParts(
        subject=target.title or message.parts.subject or base.subject,
        html=html,
        text=text,
        headers=message.parts.headers or base.headers,
        defaults=base.defaults,
        escape=base.escape,
    )


def _targets(request: Mapping[str, Any]) -> Iterator[Target]:
    addresses, endpoints = request.get("Addresses") or {}, request.get("Endpoints") or {}
    count = len(addresses) + len(endpoints)
    if not 0 < count <= MAX_TARGETS:
        raise BadRequest(f"{ROOT}: {count} addresses and endpoints given; 1 to {MAX_TARGETS} are allowed")
    for index, (address, settings) in enumerate(addresses.items()):
        # An address would be the path's last word, and paths are logged: the position stands for it.
        path = f"{ROOT}.Addresses[{index}]"
        channel = settings.get("ChannelType")
        if channel is None:
            raise BadRequest(f"{path}.ChannelType: missing; use EMAIL")
        if channel not in CHANNEL_TYPES:
            raise BadRequest(f"{path}.ChannelType: {channel[:40]!r} is no channel type; use EMAIL")
        if channel == EMAIL:
            yield _target(address, False, settings, path)
        else:
            yield Target(address, False, channel_type=channel)
    for endpoint_id, settings in endpoints.items():
        yield _target(endpoint_id, True, settings or {}, f"{ROOT}.Endpoints.{endpoint_id[:64]}")


def _target(key: str, is_endpoint: bool, settings: Mapping[str, Any], path: str) -> Target:
    if settings.get("RawContent"):
        raise not_served(f"{path}.RawContent", "a raw push payload")
    return Target(
        key,
        is_endpoint,
        settings.get("Substitutions") or {},
        settings.get("TitleOverride") or None,
        settings.get("BodyOverride") or None,
    )


def _parts(email: Mapping[str, Any], default: Mapping[str, Any]) -> EmailParts:
    simple = email.get("SimpleEmail") or _EMPTY
    data = {part: (simple.get(part) or _EMPTY).get("Data") or None for part in ("Subject", "HtmlPart", "TextPart")}
    text = data["TextPart"] or email.get("Body") or None
    if text is None and data["HtmlPart"] is None:
        text = default.get("Body") or None
    return EmailParts(data["Subject"] or "", data["HtmlPart"], text, header_pairs(simple.get("Headers")))


def _raw(email: Mapping[str, Any]) -> bytes | None:
    data = (email.get("RawEmail") or _EMPTY).get("Data")
    if not data:
        return None
    if isinstance(data, bytes):
        return data
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest(f"{CONFIGURATION}.EmailMessage.RawEmail.Data: is not base64") from None


def _check(message: DirectMessage, email: Mapping[str, Any]) -> None:
    path = f"{CONFIGURATION}.EmailMessage"
    check_sender(message.sender, f"{path}.FromAddress")
    check_sender(message.feedback_to, f"{path}.FeedbackForwardingAddress")
    for index, address in enumerate(message.reply_to):
        check_sender(address, f"{path}.ReplyToAddresses[{index}]")
    check_headers((email.get("SimpleEmail") or _EMPTY).get("Headers") or [], f"{path}.SimpleEmail.Headers")
    has_content = message.raw or message.template or message.parts.html or message.parts.text
    if not has_content and any(target.body is None for target in message.targets if target.is_served):
        raise BadRequest(
            f"{CONFIGURATION}: no content; give EmailMessage.SimpleEmail, EmailMessage.RawEmail, EmailMessage.Body, "
            "DefaultMessage.Body, or TemplateConfiguration.EmailTemplate"
        )
