"""Why a value was refused: where it stands, what it is, which rule it breaks, what to do. Never shows an address."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

CLIP = 40
HIDDEN = "<hidden>"

_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]*")
_PHONE = re.compile(r"\+\d[\d ().-]{4,}\d|\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{3,4}\b|\d{7,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class Refusal:
    """One broken rule. ``path`` is Pinpoint's dotted path (``Location.Country``) or a CSV column's name."""

    path: str
    rule: str
    remedy: str
    value: Any = None

    @property
    def message(self) -> str:
        """``<path>: value '<clipped>' <rule> -> <what to do>``, with addresses hidden."""
        if self.value is None:
            return f"{hidden(self.path)}: {self.rule} -> {self.remedy}"
        return f"{hidden(self.path)}: value '{shown(self.path, self.value)}' {self.rule} -> {self.remedy}"


def shown(path: str, value: Any) -> str:
    """A value as its sender wrote it (text, or JSON), fit for a message: clipped, one line, no address, no number to call."""
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=repr)
    except RecursionError:
        text = "too deep to be shown"
    if path == "Address" or path.endswith(".Address"):
        return f"<hidden, {len(text)} characters>"
    clipped = hidden(text[: 4 * CLIP])
    return clipped if len(clipped) <= CLIP and len(text) <= 4 * CLIP else clipped[:CLIP] + "..."


def hidden(text: str) -> str:
    """The text with email addresses, phone numbers and control characters made unreadable."""
    text = _PHONE.sub(HIDDEN, _EMAIL.sub(HIDDEN, text))
    return _CONTROL.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    """The character's number; a byte that was no UTF-8 (read as a surrogate, PEP 383) shows as that byte."""
    code = ord(match.group())
    return f"\\x{code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code:02x}"
