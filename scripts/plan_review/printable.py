"""Names and values as they may be printed: nothing in them moves the cursor, colours, hides or turns text around."""

from __future__ import annotations

import unicodedata
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")
# Control characters, invisible formatting (among it what reverses the reading direction), line and paragraph
# separators, lone surrogates. The joiner inside emoji stays.
UNPRINTABLE = {"Cc", "Cf", "Zl", "Zp", "Cs"}
KEPT = {"\u200d"}


def printable(value: T) -> T:
    """A copy of records, tuples, lists, dicts and strings in which what cannot be seen is written as an escape."""
    return _printable(value)


def _printable(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Enum):
        return value if value.isprintable() else "".join(map(_escaped, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{item.name: _printable(getattr(value, item.name)) for item in fields(value)})
    if isinstance(value, tuple | list):
        return type(value)(_printable(item) for item in value)
    if isinstance(value, dict):
        return {_printable(key): _printable(item) for key, item in value.items()}
    return value


def _escaped(character: str) -> str:
    if character in KEPT or unicodedata.category(character) not in UNPRINTABLE:
        return character
    short = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character)
    return short or character.encode("unicode_escape", "surrogatepass").decode("ascii")
