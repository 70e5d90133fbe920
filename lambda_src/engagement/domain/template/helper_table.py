"""Every helper there is: name, function, how many values it takes and which options.

``PINPOINT`` are the helpers that Pinpoint documents; ``OURS`` are additions, kept apart so that a template can be
checked for moving elsewhere.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from engagement.domain.template import helper_arithmetic as arithmetic
from engagement.domain.template import helper_compare as compare
from engagement.domain.template import helper_dates as dates
from engagement.domain.template import helper_encoding as encoding
from engagement.domain.template import helper_text as texts

Comparing = Literal["numeric", "lexical"]
BLOCKS = frozenset({"if", "unless", "each", "with"})


@dataclass(frozen=True)
class Helper:
    """``most`` None means any number of values.

    ``bare`` names the values (by place) and options (by name) that may be bare words. ``condition`` helpers can open a
    block and take ``yes=`` and ``no=``. A helper that is not ``pure`` answers differently each time it is asked.
    """

    name: str
    function: Callable[..., Any]
    least: int
    most: int | None
    options: tuple[str, ...] = ()
    bare: tuple[int | str, ...] = ()
    condition: bool = False
    pure: bool = True
    needs_moment: bool = False

    def usage(self) -> str:
        """How it is written, for messages."""
        values = [f"value{number}" for number in range(1, self.least + 1)]
        values += ["[more values]"] if self.most is None or self.most > self.least else []
        return " ".join([self.name, *values, *(f"[{name}=]" for name in self.options)])


def _condition(name: str, function: Callable[..., bool], least: int = 2, most: int | None = 2) -> Helper:
    return Helper(name, function, least, most, ("yes", "no"), condition=True)


_DATE_OPTIONS = ("inputFormat", "outputFormat", "format", "tz", "locale")
_PADDING = ("size", "pad")

PINPOINT = (
    _condition("and", compare.all_true, 1, None),
    _condition("or", compare.any_true, 1, None),
    _condition("not", compare.negate, 1, 1),
    _condition("eq", compare.equal),
    _condition("neq", compare.not_equal),
    Helper("lookup", compare.lookup, 2, 2),
    Helper("abbreviate", texts.abbreviate, 2, 2),
    Helper("capitalize", texts.capitalize, 1, 1, ("fully",)),
    Helper("capitalizeFirst", texts.capitalize_first, 1, 1),
    Helper("center", texts.center, 1, 3, _PADDING),
    Helper("ljust", texts.ljust, 1, 3, _PADDING),
    Helper("rjust", texts.rjust, 1, 3, _PADDING),
    Helper("cut", texts.cut, 1, 2, ("what",)),
    Helper("dateFormat", dates.date_format, 1, 2, _DATE_OPTIONS, bare=(1, *_DATE_OPTIONS)),
    Helper(
        "now", dates.now, 0, 1, ("format", "tz", "locale"), (0, "format", "tz", "locale"), pure=False, needs_moment=True
    ),
    Helper("inflect", texts.inflect, 3, 3, ("includeCount",), bare=(1, 2)),
    Helper("join", texts.join, 2, None, ("prefix", "suffix")),
    Helper("lower", texts.lower, 1, 1),
    Helper("upper", texts.upper, 1, 1),
    Helper("substring", texts.substring, 2, 3),
    Helper("replace", texts.replace, 3, 3),
    Helper("slugify", texts.slugify, 1, 1),
    Helper("stripTags", texts.strip_tags, 1, 1),
    Helper("ordinalize", texts.ordinalize, 1, 1),
    Helper("yesno", texts.yesno, 1, 1, ("yes", "no", "maybe")),
    Helper("add", arithmetic.add, 2, 2),
    Helper("subtract", arithmetic.subtract, 2, 2),
    Helper("multiply", arithmetic.multiply, 2, 2),
    Helper("divide", arithmetic.divide, 2, 2),
    Helper("modulo", arithmetic.modulo, 2, 2),
    Helper("ceiling", arithmetic.ceiling, 1, 1),
    Helper("floor", arithmetic.floor, 1, 1),
    Helper("round", arithmetic.nearest, 1, 1),
    Helper("encode64", encoding.encode64, 1, 1),
    Helper("decode64", encoding.decode64, 1, 1),
    Helper("md5", encoding.md5, 1, 1),
    Helper("sha256", encoding.sha256, 1, 1),
    Helper("sha512", encoding.sha512, 1, 1),
    Helper("uuid", encoding.new_uuid, 0, 0, pure=False),
)
OURS = (
    Helper("urlEncode", texts.url_encode, 1, 1),
    Helper("default", texts.default, 2, 2),
)
TRUTH_OR_ZERO = Helper("if", compare.truth_or_zero, 2, 2)


@lru_cache(maxsize=2)
def helpers(comparing: Comparing) -> dict[str, Helper]:
    """All helpers by name. ``lexical`` compares two texts as Java does, ``numeric`` as numbers where both look so."""
    order = compare.numeric_order if comparing == "numeric" else compare.lexical_order
    ordering = (
        _condition("gt", compare.comparison(order, operator.gt)),
        _condition("gte", compare.comparison(order, operator.ge)),
        _condition("lt", compare.comparison(order, operator.lt)),
        _condition("lte", compare.comparison(order, operator.le)),
    )
    return {helper.name: helper for helper in (*PINPOINT, *OURS, *ordering)}
