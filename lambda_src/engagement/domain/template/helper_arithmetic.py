"""Helpers that calculate, in decimal: 0.1 and 0.2 make 0.3. A missing value makes the result missing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, DecimalException

from engagement.domain.template.errors import HelperRefused
from engagement.domain.template.helper_compare import as_number
from engagement.domain.template.values import Value, single

# Enough digits for any two numbers that a template can hold; quotients are cut to Pinpoint's eight decimals.
_CONTEXT = Context(prec=100)
_EIGHT_DECIMALS = Decimal("0.00000001")


def _number(value: Value, which: str) -> Decimal | None:
    value = single(value)
    if value is None or value in ("", []):
        return None
    number = as_number(value)
    if number is None:
        raise HelperRefused(f"{which} is not a number")
    return number


def of_two(operation: Callable[[Decimal, Decimal], Decimal]) -> Callable[[Value, Value], Decimal | None]:
    def calculate(one: Value, other: Value) -> Decimal | None:
        left, right = _number(one, "the first value"), _number(other, "the second value")
        if left is None or right is None:
            return None
        try:
            return operation(left, right)
        except DecimalException:
            raise HelperRefused("the result is not a number, or too large") from None

    return calculate


def _divide(one: Decimal, other: Decimal) -> Decimal:
    if not other:
        raise HelperRefused("division by zero")
    return _CONTEXT.quantize(_CONTEXT.divide(one, other), _EIGHT_DECIMALS)


def _modulo(one: Decimal, other: Decimal) -> Decimal:
    if not other:
        raise HelperRefused("division by zero")
    return _CONTEXT.remainder(one, other)


add = of_two(_CONTEXT.add)
subtract = of_two(_CONTEXT.subtract)
multiply = of_two(_CONTEXT.multiply)
divide = of_two(_divide)
modulo = of_two(_modulo)


def _rounded(value: Value, rounding: str) -> int | None:
    number = _number(value, "the value")
    return None if number is None else int(number.to_integral_value(rounding))


def ceiling(value: Value) -> int | None:
    return _rounded(value, ROUND_CEILING)


def floor(value: Value) -> int | None:
    return _rounded(value, ROUND_FLOOR)


def nearest(value: Value) -> int | None:
    return _rounded(value, ROUND_HALF_UP)
