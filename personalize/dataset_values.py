"""The rules for a dataset's values by the type of their column: a whole column at once, which is fast, or one cell.

Source: the Amazon Personalize developer guide, "Data format guidelines".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from personalize.config.declaration import Column

LONGEST_ID = 256
_BOOLEANS = frozenset(("true", "false", "TRUE", "FALSE", "True", "False"))


def column_holds(column: Column, values: Sequence[str]) -> bool:
    """Whether every value keeps the column's rule; where not, ``cell_fault`` names the cells."""
    if column.nullable:
        values = [value for value in values if value]
    elif "" in values:
        return False
    if not values:
        return True
    return _COLUMN_RULES[column.type](column, values)


def _text_holds(column: Column, values: Sequence[str]) -> bool:
    if column.name in ("USER_ID", "ITEM_ID") and max(map(len, values)) > LONGEST_ID:
        return False
    return _is_unicode("".join(values))


def _whole_holds(column: Column, values: Sequence[str]) -> bool:
    joined, longest = "".join(values), max(map(len, values))
    if column.name == "TIMESTAMP":
        return longest <= 10 and joined.isascii() and joined.isdigit()
    if not (joined.isascii() and (joined.isdigit() or all(map(_is_whole, values)))):
        return False
    bits = 31 if column.type == "int" else 63
    return longest < len(str(1 << bits)) or all(-(1 << bits) <= int(value) < 1 << bits for value in values)


def _number_holds(column: Column, values: Sequence[str]) -> bool:
    try:
        return all(-math.inf < number < math.inf for number in map(float, values))
    except ValueError:
        return False


def _boolean_holds(column: Column, values: Sequence[str]) -> bool:
    return set(values) <= _BOOLEANS


_COLUMN_RULES: dict[str, Callable[[Column, Sequence[str]], bool]] = {
    "string": _text_holds,
    "int": _whole_holds,
    "long": _whole_holds,
    "float": _number_holds,
    "double": _number_holds,
    "boolean": _boolean_holds,
}


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_whole(value: str) -> bool:
    return value.removeprefix("-").isdigit() and value.isascii()


def cell_fault(column: Column, value: str) -> str:
    """What is wrong with one value, or an empty text."""
    if not value:
        if column.nullable:
            return ""
        required = column.name in ("USER_ID", "ITEM_ID", "TIMESTAMP")
        return "is empty; every row needs it" if required else "is empty; the schema does not say 'nullable'"
    if column_holds(column, (value,)):
        return ""
    shown = repr(value if len(value) <= 40 else value[:40] + "...")
    if not _is_unicode(value):
        return "is not UTF-8; save the file as UTF-8"
    if column.type == "string":
        return f"has {len(value)} characters; an id has at most {LONGEST_ID}"
    if column.name == "TIMESTAMP":
        return _timestamp_fault(value, shown)
    return f"{shown} is not {'true or false' if column.type == 'boolean' else 'a number of type ' + column.type}"


# Digits of a time of these years at most, the unit, and its power of ten.
_FINER_UNITS = ((14, "milliseconds", 3), (17, "microseconds", 6), (19, "nanoseconds", 9))


def _timestamp_fault(value: str, shown: str) -> str:
    if _is_whole(value) and value.startswith("-"):
        return f"{shown} is before 1970; write seconds since 1970"
    if _is_whole(value):
        if len(value) > 19:
            return f"{shown} is no time in seconds since 1970 (such as 1700000000)"
        unit, power = next(unit for unit in _FINER_UNITS if len(value) <= unit[0])[1:]
        return f"{shown} looks like {unit}; Personalize wants seconds since 1970: divide by {10**power:,}"
    if re.fullmatch(r"[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?", value):
        return f"{shown} is not whole; write seconds since 1970 without a fraction or exponent"
    return f"{shown} is not a whole number of seconds since 1970 (such as 1700000000)"
