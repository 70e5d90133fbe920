"""Deterministic names: the same declaration gives the same names on every machine, in every run."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

NAME = r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}"
LONGEST = 63
_BASE = 40


def fingerprint(value: Any, length: int = 8) -> str:
    """A short hexadecimal fingerprint of any JSON-able value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def joined(*parts: str) -> str:
    """``parts`` as one valid name; too long a name keeps its beginning and ends in a fingerprint.

    >>> joined("tmk-local", "messaging", "my element")
    'tmk-local-messaging-my-element'
    """
    name = re.sub(r"[^a-zA-Z0-9_-]+", "-", "-".join(part for part in parts if part)).lstrip("-_")
    return name if len(name) <= _BASE else f"{name[: _BASE - 7]}-{fingerprint(name, 6)}"


def with_suffix(name: str, suffix: str) -> str:
    """``name-suffix`` within the service's length."""
    return f"{name[: LONGEST - len(suffix) - 1]}-{suffix}"
