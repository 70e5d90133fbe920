"""Helpers that decide. handlebars.java's, with two rules of ours.

A list of one item compares as its item (custom attributes are lists), and ``gt``/``lt`` compare numbers written as text
as numbers. ``lexical_order`` restores Java's order of two texts, by which "9" is greater than "18".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engagement.domain.template.values import Value, child, single, text, truth

_NUMERIC = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")


def all_true(*values: Value) -> bool:
    return all(truth(value) for value in values)


def any_true(*values: Value) -> bool:
    return any(truth(value) for value in values)


def negate(value: Value) -> bool:
    return not truth(value)


def truth_or_zero(value: Value, include_zero: Value) -> bool:
    """``#if`` with ``includeZero``."""
    return truth(value) or (truth(include_zero) and value == 0 and not isinstance(value, bool))


def equal(one: Value, other: Value) -> bool:
    """Same kind and same value: the text "1" is not the number 1, true is not 1."""
    left, right = single(one), single(other)
    if _is_number(left) and _is_number(right):
        return exact(left) == exact(right)
    return type(left) is type(right) and bool(left == right)


def not_equal(one: Value, other: Value) -> bool:
    return not equal(one, other)


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def exact(number: float | Decimal) -> Decimal:
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def as_number(value: Value) -> Decimal | None:
    """The number that a value is or looks like, else None."""
    value = single(value)
    if _is_number(value):
        number = exact(value)
        return number if number.is_finite() else None
    if isinstance(value, str) and _NUMERIC.fullmatch(value.strip()):
        return Decimal(value.strip())
    return None


def numeric_order(one: Value, other: Value) -> int | None:
    """Less than, equal or greater than 0; None when the two cannot be compared."""
    left, right = as_number(one), as_number(other)
    if left is not None and right is not None:
        return (left > right) - (left < right)
    return _text_order(one, other)


def lexical_order(one: Value, other: Value) -> int | None:
    """Java's: two texts compare by their characters, a text and a number as numbers."""
    if isinstance(single(one), str) and isinstance(single(other), str):
        return _text_order(one, other)
    return numeric_order(one, other)


def _text_order(one: Value, other: Value) -> int | None:
    left, right = single(one), single(other)
    if isinstance(left, (list, dict, type(None))) or isinstance(right, (list, dict, type(None))):
        return None
    return (text(left) > text(right)) - (text(left) < text(right))


Order = Callable[[Value, Value], int | None]


def comparison(order: Order, wanted: Callable[[int, int], bool]) -> Callable[..., bool]:
    """A helper that compares by ``order`` and answers whether the result is ``wanted`` (as against 0)."""

    def compare(one: Value, other: Value) -> bool:
        result = order(one, other)
        return result is not None and wanted(result, 0)

    return compare


def lookup(value: Any, name: Value) -> Value:
    """Built into Handlebars: a member whose name is a value. Nothing has nothing, so such a value answers itself."""
    if value is None or (not isinstance(value, (dict, list)) and not value):
        return value
    return child(value, text(name) if name is not None else "null")
