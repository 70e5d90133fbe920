"""Helpers that make text from text. A first value that is not true (null, "", [], false, 0) prints nothing."""

from __future__ import annotations

import math
import re
from functools import wraps
from typing import Any, Protocol
from urllib.parse import quote

from engagement.domain.template.errors import HelperRefused
from engagement.domain.template.limits import MAX_WIDTH
from engagement.domain.template.values import Value, single, text, truth

_NOT_SLUG = re.compile(r"[^\w\s-]")
_GAPS = re.compile(r"[\s-]+")
_WORD_START = re.compile(r"(?:^|(?<=\s))\S")


class _TextHelper(Protocol):
    def __call__(self, plain: str, /, *arguments: Any, **options: Any) -> str: ...


def _of_text(helper: _TextHelper) -> _TextHelper:
    """Give the helper its first value as text, and answer the empty text for a first value that is not true."""

    @wraps(helper)
    def guarded(value: Value = None, /, *arguments: Any, **options: Any) -> str:
        return helper(text(value), *arguments, **options) if truth(value) else ""

    return guarded


def whole_number(value: Value, what: str) -> int:
    """An argument that counts something. Raises HelperRefused with the argument's name."""
    plain = text(single(value)).strip()
    if not re.fullmatch(r"[+-]?[0-9]{1,9}(\.0*)?", plain):
        raise HelperRefused(f"{what} must be a whole number")
    return int(float(plain))


def _width(value: Value, what: str) -> int:
    width = whole_number(value, what)
    if not 0 <= width <= MAX_WIDTH:
        raise HelperRefused(f"{what} must be between 0 and {MAX_WIDTH:,}")
    return width


@_of_text
def abbreviate(plain: str, width: Value) -> str:
    """At most ``width`` characters, the three dots among them."""
    size = _width(width, "the width")
    return plain if len(plain) <= size else (plain[: max(size - 3, 0)] + "...")[:size]


@_of_text
def capitalize(plain: str, fully: Value = False) -> str:
    lowered = plain.lower() if truth(fully) and text(fully) != "false" else plain
    return _WORD_START.sub(lambda match: match[0].title(), lowered)


@_of_text
def capitalize_first(plain: str) -> str:
    return plain[:1].title() + plain[1:]


def _padding(count: int, pad: Value) -> str:
    filler = text(pad) or " "
    return (filler * math.ceil(count / len(filler)))[: max(count, 0)]


@_of_text
def center(plain: str, *sizes: Value, size: Value = None, pad: Value = " ") -> str:
    """As commons-lang does it: an odd space goes to the right."""
    width, filler = _size_and_pad(sizes, size, pad)
    left = max(width - len(plain), 0) // 2
    return _padding(left, filler) + plain + _padding(width - len(plain) - left, filler)


@_of_text
def ljust(plain: str, *sizes: Value, size: Value = None, pad: Value = " ") -> str:
    width, filler = _size_and_pad(sizes, size, pad)
    return plain + _padding(width - len(plain), filler)


@_of_text
def rjust(plain: str, *sizes: Value, size: Value = None, pad: Value = " ") -> str:
    width, filler = _size_and_pad(sizes, size, pad)
    return _padding(width - len(plain), filler) + plain


def _size_and_pad(positional: tuple[Value, ...], size: Value, pad: Value) -> tuple[int, Value]:
    """``value 10 "-"`` and ``value size=10 pad="-"`` are both in use."""
    return (
        _width(positional[0] if positional else size, "the size"),
        positional[1] if len(positional) > 1 else pad,
    )


@_of_text
def cut(plain: str, *unwanted: Value, what: Value = " ") -> str:
    return plain.replace(text(unwanted[0] if unwanted else what) or " ", "")


@_of_text
def lower(plain: str) -> str:
    return plain.lower()


@_of_text
def upper(plain: str) -> str:
    return plain.upper()


@_of_text
def substring(plain: str, start: Value, end: Value = None) -> str:
    """Positions count from 0 and are kept within the text; ``end`` is not included."""
    first = max(whole_number(start, "the start"), 0)
    last = len(plain) if end is None else max(whole_number(end, "the end"), 0)
    return plain[first:last]


@_of_text
def replace(plain: str, old: Value, new: Value) -> str:
    wanted = text(old)
    if not wanted:
        return plain
    replacement = text(new)
    if len(plain) + plain.count(wanted) * len(replacement) > 2_000_000:
        raise HelperRefused("the result would be over 2,000,000 characters")
    return plain.replace(wanted, replacement)


@_of_text
def slugify(plain: str) -> str:
    """Lower case; word characters and hyphens stay, gaps become one hyphen."""
    return _GAPS.sub("-", _NOT_SLUG.sub("", plain.strip().lower()))


@_of_text
def strip_tags(plain: str) -> str:
    """Drop ``<...>``. By hand: a regular expression is quadratic in a text of many ``<`` without ``>``."""
    kept, position = [], 0
    while (start := plain.find("<", position)) >= 0 and (end := plain.find(">", start)) >= 0:
        kept.append(plain[position:start])
        position = end + 1
    return "".join([*kept, plain[position:]])


def ordinalize(number: Value) -> str:
    if single(number) is None or text(number) == "":
        return ""
    count = whole_number(number, "the number")
    tens, ones = abs(count) % 100, abs(count) % 10
    suffix = "th" if 11 <= tens <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(ones, "th")
    return f"{count}{suffix}"


def yesno(value: Value = None, yes: Value = "yes", no: Value = "no", maybe: Value = "maybe") -> Value:
    """true, false and null have a word each; other values count by their truth, the word false as false."""
    answer = single(value)
    if answer is None or answer == []:
        return maybe
    return yes if truth(answer) and text(answer).lower() != "false" else no


def join(*arguments: Value, prefix: Value = "", suffix: Value = "") -> str:
    """``join list separator`` or ``join a b c separator``: the separator comes last."""
    *items, separator = arguments
    if len(items) == 1 and isinstance(items[0], list):
        items = items[0]
    words = [text(item) for item in items if item is not None]
    return text(prefix) + text(separator).join(words) + text(suffix) if words else ""


def inflect(count: Value, singular: Value, plural: Value, includeCount: Value = False) -> str:
    number = text(single(count)).strip()
    word = text(singular if re.fullmatch(r"[+-]?0*1(\.0*)?", number) else plural)
    return f"{number} {word}" if truth(includeCount) and text(includeCount) != "false" else word


@_of_text
def url_encode(plain: str) -> str:
    return quote(plain, safe="", errors="replace")


def default(value: Value, fallback: Value) -> Value:
    return fallback if value is None or value in ("", []) else value
