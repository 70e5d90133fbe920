"""What a careful sender looks at before a mail goes out, as pure rules over one mail of ``/_kit/mailbox``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from scripts.inbox.html_tags import tags

Mail = Mapping[str, Any]
ONE_CLICK = "List-Unsubscribe=One-Click"
BRACES = re.compile(r"\{\{|\}\}")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
GMAIL_CLIPS_AT = 102 * 1024


@dataclass(frozen=True)
class Check:
    """``detail`` says what was found: how well, or what to mend."""

    name: str
    passed: bool
    detail: str


def mail_checks(mail: Mail) -> list[Check]:
    """All checks of one mail, in a fixed order."""
    rules: dict[str, Callable[[Mail], str | None]] = {
        "Subject": _subject,
        "From": _sender,
        "Text part": _text_part,
        "Links": _links,
        "List-Unsubscribe": _list_unsubscribe,
        "One-click unsubscribe": _one_click,
        "No template code left": _no_braces,
        "Size": _size,
    }
    found = {name: rule(mail) for name, rule in rules.items()}
    return [Check(name, fault is None, fault or "fine") for name, fault in found.items()]


def header(mail: Mail, name: str) -> str:
    """A header by name without regard to case; ``""`` when there is none."""
    headers = mail.get("headers") or {}
    return next((str(value) for key, value in headers.items() if key.lower() == name.lower()), "")


def links_of(html: str) -> list[str]:
    """What the ``href`` of every ``a`` and ``area`` says, in order."""
    found = (tag.attribute("href") for tag in tags(html) if tag.name in ("a", "area") and not tag.closing)
    return [link.strip() for link in found if link is not None]


def _subject(mail: Mail) -> str | None:
    return None if str(mail.get("subject") or "").strip() else "the subject is empty"


def _sender(mail: Mail) -> str | None:
    return None if "@" in (header(mail, "From") or str(mail.get("from") or "")) else "there is no From address"


def _text_part(mail: Mail) -> str | None:
    if str(mail.get("text") or "").strip():
        return None
    return "there is no text part; spam filters and screen readers miss it"


def _links(mail: Mail) -> str | None:
    faults = [fault for link in links_of(str(mail.get("html") or "")) if (fault := _link_fault(link))]
    return "; ".join(dict.fromkeys(faults)) or None


def _link_fault(link: str) -> str | None:
    if not link or link == "#":
        return "a link leads nowhere (empty href)"
    try:
        parts = urlsplit(link)
    except ValueError:
        return f"{_short(link)} is not a URL"
    if parts.scheme in ("mailto", "tel"):
        return None if parts.path else f"{_short(link)} names nobody"
    if parts.scheme not in ("http", "https"):
        return f"{_short(link)} is not an absolute http(s) link"
    return None if parts.hostname else f"{_short(link)} has no host"


def _list_unsubscribe(mail: Mail) -> str | None:
    value = header(mail, "List-Unsubscribe")
    if not value:
        return "the header is missing; large mailbox providers ask for it"
    targets = _targets(value)
    if not targets or not all(t.startswith(("https://", "http://", "mailto:")) for t in targets):
        return f"{_short(value)} is not a list of <https://...> or <mailto:...>"
    return None


def _one_click(mail: Mail) -> str | None:
    """RFC 8058: the Post header, and an https link to post to (http on this machine only)."""
    if header(mail, "List-Unsubscribe-Post").strip() != ONE_CLICK:
        return f"List-Unsubscribe-Post must be {ONE_CLICK}"
    for target in _targets(header(mail, "List-Unsubscribe")):
        parts = urlsplit(target)
        if parts.scheme == "https" or (parts.scheme == "http" and parts.netloc.rsplit(":", 1)[0] in LOOPBACK):
            return None
    return "List-Unsubscribe has no https link to post to"


def _targets(value: str) -> list[str]:
    return re.findall(r"<\s*([^<>\s]+)\s*>", value)


def _no_braces(mail: Mail) -> str | None:
    parts: Iterable[str] = (part for part in ("subject", "html", "text") if BRACES.search(str(mail.get(part) or "")))
    named = ", ".join(parts)
    return f"braces of a template are left in: {named}" if named else None


def _size(mail: Mail) -> str | None:
    size = len(str(mail.get("html") or "").encode("utf-8", "replace"))
    return None if size <= GMAIL_CLIPS_AT else f"the HTML part has {size // 1024} KiB; Gmail clips it at 102 KiB"


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
