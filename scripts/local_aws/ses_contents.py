"""From the contents that SES's two APIs take (simple, raw, template) to a mail that can be sent."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.local_aws.mail_parsing import Body, build_mail, header_text, split_headers
from scripts.local_aws.ses_errors import SesError
from scripts.local_aws.ses_sending import Outgoing
from scripts.local_aws.ses_templates import UnsupportedTemplate, render

Json = dict[str, Any]
MAX_HEADERS = 15
HEADER_NAME = re.compile(r"[!-9;-~]{1,126}")
TAG_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
TAG_VALUE = re.compile(r"[A-Za-z0-9_.@-]{1,256}")


@dataclass(frozen=True)
class Envelope:
    """What a call says beside the content."""

    sender: str | None
    to: Sequence[str] = ()
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    reply_to: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    configuration_set: str | None = None

    @property
    def recipients(self) -> list[str]:
        return [*self.to, *self.cc, *self.bcc]

    def outgoing(self, mime: bytes = b"") -> Outgoing:
        """Raises SesError when nobody sends."""
        if not self.sender:
            raise SesError.bad_request("Missing required header 'From'.")
        return Outgoing(self.sender, self.recipients, mime, self.tags, self.configuration_set)


def from_body(envelope: Envelope, body: Body) -> Outgoing:
    """Raises SesError for a header that can't be one."""
    if len(body.headers) > MAX_HEADERS:
        raise SesError.bad_request(f"a message may have {MAX_HEADERS} custom headers, this one has {len(body.headers)}")
    for name, _ in body.headers:
        if not HEADER_NAME.fullmatch(name):
            raise SesError.bad_request(f"Invalid header name <{name}>")
    if body.html is None and body.text is None:
        raise SesError.bad_request("the body has neither an Html nor a Text part")
    if not envelope.sender:
        raise SesError.bad_request("FromEmailAddress is required")
    try:
        mime = build_mail(envelope.sender, envelope.to, envelope.cc, envelope.reply_to, body)
    except (ValueError, TypeError, LookupError) as error:
        raise SesError.bad_request(f"invalid header or body: {error}") from error
    return envelope.outgoing(mime)


def from_raw(envelope: Envelope, encoded: str) -> Outgoing:
    """A message that is complete. What the call leaves open is read from its headers, X-SES-... among them."""
    try:
        mime = base64.b64decode(encoded, validate=False)
    except (binascii.Error, ValueError) as error:
        raise SesError.bad_request("Raw.Data is not base64") from error
    headers: dict[str, str] = {}
    for name, block in split_headers(mime)[0]:
        headers.setdefault(name, header_text(block))
    if not mime or not headers:
        raise SesError.bad_request("Raw.Data holds no message with headers")
    named = [headers[name] for name in ("to", "cc", "bcc") if headers.get(name)]
    return Outgoing(
        sender=envelope.outgoing().sender if envelope.sender else _sender_of(headers),
        recipients=envelope.recipients or named,
        mime=mime,
        tags={**_header_tags(headers.get("x-ses-message-tags", "")), **envelope.tags},
        configuration_set=envelope.configuration_set or headers.get("x-ses-configuration-set"),
    )


def _sender_of(headers: Mapping[str, str]) -> str:
    if not headers.get("from"):
        raise SesError.bad_request("Missing required header 'From'.")
    return headers["from"]


def _header_tags(value: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in value.split(",") if "=" in part)
    return tags_of([{"Name": name.strip(), "Value": tag.strip()} for name, _, tag in pairs])


def tags_of(tags: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    """EmailTags / Tags as a dict. Raises SesError for a name or value that SES refuses."""
    checked: dict[str, str] = {}
    for tag in tags or ():
        name, value = tag.get("Name", ""), tag.get("Value", "")
        if not TAG_NAME.fullmatch(name):
            raise SesError.bad_request(
                f"Invalid tag name <{name}>: only alphanumeric ASCII characters, '_', and '-' are allowed."
            )
        if not TAG_VALUE.fullmatch(value):
            raise SesError.bad_request(
                f"Invalid tag value <{value}>: only alphanumeric ASCII characters, '_', '-', '.', and '@' are allowed."
            )
        checked[name] = value
    return checked


def template_body(
    template: Mapping[str, str], data: str, headers: Sequence[tuple[str, str]] = (), attachments: Sequence[Any] = ()
) -> Body:
    """Raises RenderingFailed (reported by an event) or SesError."""
    try:
        values = json.loads(data or "{}")
    except ValueError as error:
        raise SesError.bad_request(f"Template data is not valid JSON: {error}") from error
    if not isinstance(values, dict):
        raise SesError.bad_request("Template data is not a JSON object")
    try:
        return Body(
            subject=render(template.get("Subject") or "", values),
            html=render(template["Html"], values) if template.get("Html") else None,
            text=render(template["Text"], values) if template.get("Text") else None,
            headers=headers,
            attachments=attachments,
        )
    except UnsupportedTemplate as error:
        raise SesError.bad_request(str(error)) from error
