"""Message templates as the API's resources: names, limits, content. Their language is ``domain/template``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from engagement.domain.mime_message import MAX_HEADERS, header_fault
from engagement.domain.template import EscapePolicy, TemplateError, compile_template
from engagement.errors import BadRequest

Json = dict[str, Any]
EMAIL = "EMAIL"
TEMPLATE_TYPES = ("EMAIL", "SMS", "PUSH", "VOICE", "INAPP")
ESCAPE_TAG = "escape-policy"
MAX_EMAIL_CHARACTERS = 600_000
MAX_VERSIONS = 5_000

_ROOT = "EmailTemplateRequest"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}\Z")
_PARTS = {"Subject": "subject", "HtmlPart": "html", "TextPart": "text"}
_SETTABLE = (*_PARTS, "DefaultSubstitutions", "Headers", "RecommenderId", "TemplateDescription")


def checked_template_name(name: str) -> str:
    """Raises BadRequest."""
    if not _NAME.match(name):
        rule = "1 to 128 letters, numbers, _ and -, the first a letter or number"
        raise BadRequest(f"TemplateName: value '{name[:140]}' is not allowed: {rule}")
    return name


def checked_template_type(kind: str) -> str:
    """The type in upper case. Raises BadRequest."""
    if kind.upper() not in TEMPLATE_TYPES:
        raise BadRequest(f"TemplateType: value '{kind[:40]}' is not one of {', '.join(TEMPLATE_TYPES)}")
    return kind.upper()


def email_content(request: Mapping[str, Any]) -> Json:
    """What an EmailTemplateRequest sets, checked: sizes, headers, defaults, and that every part compiles.

    Raises BadRequest; for a part that does not compile it names part, line and column.
    """
    size = sum(len(request.get(part) or "") for part in _PARTS)
    if size > MAX_EMAIL_CHARACTERS:
        raise BadRequest(f"{_ROOT}: subject, HTML and text have {size} characters, the limit is {MAX_EMAIL_CHARACTERS}")
    _check_headers(request.get("Headers") or [])
    _check_defaults(request.get("DefaultSubstitutions"))
    for path, kind, source in _sources(request):
        try:
            compile_template(source, part=kind)
        except TemplateError as error:
            raise BadRequest(f"{path}: {error}") from None
    return {name: request[name] for name in _SETTABLE if name in request}


def escape_policy(template: Mapping[str, Any]) -> EscapePolicy:
    """What an EmailTemplateResponse escapes in its HTML part: its tag ``escape-policy``, TRUSTED without one.

    Raises BadRequest for a value that is no policy.
    """
    value = (template.get("tags") or {}).get(ESCAPE_TAG)
    if value is None:
        return EscapePolicy.TRUSTED
    try:
        return EscapePolicy[value.upper()]
    except KeyError:
        names = ", ".join(policy.name.lower() for policy in EscapePolicy)
        raise BadRequest(f"tags.{ESCAPE_TAG}: value '{value[:40]}' is not one of {names}") from None


def _sources(request: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    for name, kind in _PARTS.items():
        if request.get(name):
            yield f"{_ROOT}.{name}", kind, request[name]
    for index, header in enumerate(request.get("Headers") or []):
        yield f"{_ROOT}.Headers[{index}].Value", "subject", header.get("Value") or ""


def _check_headers(headers: list[Mapping[str, Any]]) -> None:
    if len(headers) > MAX_HEADERS:
        raise BadRequest(f"{_ROOT}.Headers: {len(headers)} headers, the limit is {MAX_HEADERS}")
    for index, header in enumerate(headers):
        fault = header_fault(header.get("Name") or "", header.get("Value") or "")
        if fault:
            raise BadRequest(f"{_ROOT}.Headers[{index}]: {fault}")


def _check_defaults(text: str | None) -> None:
    """A JSON object in a string, with flat dotted paths as keys and plain values."""
    if not text:
        return
    path = f"{_ROOT}.DefaultSubstitutions"
    try:
        found = json.loads(text)
    except RecursionError:
        raise BadRequest(f"{path}: is nested too deeply") from None
    except ValueError as error:
        raise BadRequest(f"{path}: is not a JSON object in a string: {str(error)[:80]}") from None
    if not isinstance(found, dict):
        raise BadRequest(f'{path}: is JSON, but not an object such as {{"User.UserAttributes.FirstName": "friend"}}')
    for name, value in found.items():
        if isinstance(value, dict | list) or value is None:
            raise BadRequest(f"{path}: the value of '{name[:60]}' must be a string; write nested names with dots")
