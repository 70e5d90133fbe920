"""The parts of an email, compiled once and rendered for each recipient."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from engagement.domain.mime_message import Content
from engagement.domain.plain_text import text_of_html
from engagement.domain.template import USUAL, CompiledTemplate, EscapePolicy, Options, compile_template
from engagement.domain.template_resource import escape_policy


@dataclass(frozen=True)
class EmailParts:
    """Template sources; a part that is None is not sent. ``headers`` are (name, value template)."""

    subject: str
    html: str | None = None
    text: str | None = None
    headers: Sequence[tuple[str, str]] = ()
    defaults: Mapping[str, str] | None = None
    escape: EscapePolicy = EscapePolicy.TRUSTED


class EmailContent:
    """Compiled parts. Without a text part, the text of the rendered HTML part is sent, so no mail is HTML only."""

    def __init__(self, parts: EmailParts, options: Options = USUAL) -> None:
        """Raises TemplateError for a part that does not compile."""
        compiled = partial(compile_template, options=options)
        self._defaults = dict(parts.defaults or {})
        self._subject = compiled(parts.subject, part="subject")
        self._html = compiled(parts.html, part="html", escape=parts.escape) if parts.html else None
        self._text = compiled(parts.text, part="text") if parts.text else None
        self._headers = [(name, compiled(value, part="subject")) for name, value in parts.headers]

    @property
    def paths(self) -> frozenset[str]:
        """Every variable that any part uses."""
        return frozenset().union(*(part.paths for part in self._parts()))

    def render(self, context: Mapping[str, Any], *, now: datetime) -> Content:
        """The mail for one recipient; ``now`` (aware) is what ``{{now}}`` prints. Raises RenderError."""
        html = self._html.render(context, self._defaults, now=now) if self._html else None
        if self._text:
            text: str | None = self._text.render(context, self._defaults, now=now)
        else:
            text = text_of_html(html) if html else None
        return Content(
            subject=self._subject.render(context, self._defaults, now=now),
            html=html,
            text=text,
            headers=[(name, value.render(context, self._defaults, now=now)) for name, value in self._headers],
        )

    def _parts(self) -> list[CompiledTemplate]:
        given = [self._subject, self._html, self._text, *(value for _, value in self._headers)]
        return [part for part in given if part is not None]


def parts_of_template(template: Mapping[str, Any]) -> EmailParts:
    """From an EmailTemplateResponse. Raises BadRequest for an escape policy that does not exist."""
    return EmailParts(
        subject=template.get("Subject") or "",
        html=template.get("HtmlPart") or None,
        text=template.get("TextPart") or None,
        headers=header_pairs(template.get("Headers")),
        defaults=defaults_of(template.get("DefaultSubstitutions")),
        escape=escape_policy(template),
    )


def parts_of_message(message: Mapping[str, Any], below: EmailParts | None = None) -> EmailParts:
    """From a CampaignEmailMessage {Title, HtmlBody, Body, Headers}; parts it lacks come from ``below``."""
    base = below or EmailParts(subject="")
    return EmailParts(
        subject=message.get("Title") or base.subject,
        html=message.get("HtmlBody") or base.html,
        text=message.get("Body") or base.text,
        headers=header_pairs(message.get("Headers")) or base.headers,
        defaults=base.defaults,
        escape=base.escape,
    )


def header_pairs(headers: Sequence[Mapping[str, Any]] | None) -> list[tuple[str, str]]:
    return [(header["Name"], header.get("Value") or "") for header in headers or []]


def defaults_of(text: str | None) -> dict[str, str]:
    """DefaultSubstitutions, a JSON object in a string; anything else gives no defaults (saving refuses it)."""
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
