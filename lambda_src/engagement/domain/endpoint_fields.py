"""The rules for one value of an endpoint, field by field. Each check answers the value to store or raises ``Refused``.

Sources: Pinpoint's quotas page and API model. Values arrive as JSON values; text from CSV
cells is turned into numbers by ``number_from_text`` first.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from engagement.domain.endpoint import CHANNEL_TYPES, DEMOGRAPHIC_FIELDS, LOCATION_FIELDS
from engagement.domain.refusal import Refusal

MAX_NAME = 50
MAX_VALUE = 100  # of attributes and addresses, from the API and from imports alike; segments name values of this length
MAX_VALUES = 50
MAX_KEY_BYTES = 1000  # an endpoint or user id is a sort key of DynamoDB, which holds 1,024 bytes

COUNTRIES = frozenset(
    re.findall(
        "[A-Z]{2}",
        "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT "
        "BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH "
        "ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT "
        "HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS "
        "LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI "
        "NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG "
        "SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG "
        "UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW ",
    )
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_E164 = re.compile(r"\+[1-9]\d{1,14}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class Refused(Exception):
    """A value breaks a rule; ``refusal`` says which one and what to do."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def refuse(path: str, value: Any, rule: str, remedy: str) -> Refused:
    return Refused(Refusal(path, rule, remedy, value))


def text(path: str, value: Any, *, limit: int = MAX_VALUE) -> str:
    """A string of at most ``limit`` characters."""
    if not isinstance(value, str):
        raise refuse(path, value, f"is {_kind(value)}, not a string", "put it in quotes")
    if len(value) > limit:
        raise refuse(path, value, f"has {len(value)} characters, the limit is {limit}", "shorten it")
    if not value.isascii() and _SURROGATE.search(value):
        raise refuse(path, value, "is not valid Unicode (half of a surrogate pair)", "send the text as UTF-8")
    return value


def one_of(choices: Iterable[str]) -> Callable[[str, Any], str]:
    """A check for one of a few words; a near miss is proposed."""
    known = frozenset(choices)

    def check(path: str, value: Any) -> str:
        word = text(path, value)
        if word not in known:
            rule = f"is none of {', '.join(sorted(known))}"
            raise refuse(path, value, rule, proposal(word, known) or "use one of them")
        return word

    return check


def proposal(word: str, known: Iterable[str]) -> str | None:
    """``did you mean 'EMAIL'?`` for a word that is close to a known one."""
    by_lower = {choice.lower(): choice for choice in known}
    near = difflib.get_close_matches(word.strip().lower(), by_lower, n=2, cutoff=0.6)
    return f"did you mean {' or '.join(repr(by_lower[n]) for n in near)}?" if near else None


def country(path: str, value: Any) -> str:
    code = text(path, value).upper()
    if code not in COUNTRIES:
        remedy = "did you mean 'GB'?" if code == "UK" else "use the code, such as US, DE or HT"
        raise refuse(path, value, "is not a two-letter ISO 3166-1 country code", remedy)
    return code


def number(path: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse(path, value, f"is {_kind(value)}, not a number", "write a number without quotes, such as 12.5")
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise refuse(path, value, "is not a finite number", "write a number such as 12.5")
    return result


def number_from_text(path: str, cell: str) -> float:
    """A number written in a CSV cell: decimal point, no thousands separator."""
    try:
        if "_" in cell or not cell.isascii():  # Python reads 1_000 and digits of all scripts, nobody else does
            raise ValueError
        result = float(cell)
    except ValueError:
        remedy = "use a decimal point" if "," in cell else "write a number such as 12.5, or leave the cell empty"
        raise refuse(path, cell, "is not a number", remedy) from None
    if not math.isfinite(result):
        raise refuse(path, cell, "is not a finite number", "write a number such as 12.5")
    return result


def degrees(limit: float) -> Callable[[str, Any], float]:
    """A coordinate, kept to one decimal (about 11 km) as Pinpoint did: too little to follow a person."""

    def check(path: str, value: Any) -> float:
        angle = number(path, value)
        if not -limit <= angle <= limit:
            raise refuse(path, value, f"is not between -{limit:g} and {limit:g}", "give the angle in decimal degrees")
        return round(angle, 1)

    return check


def date(path: str, value: Any) -> str:
    """An ISO-8601 date or instant, stored in UTC with milliseconds; a value without offset is taken as UTC."""
    try:
        return iso(datetime.fromisoformat(text(path, value).strip()))
    except (ValueError, OverflowError):
        raise refuse(path, value, "is not an ISO-8601 date", "write it like 2026-05-04T12:30:00Z") from None


def iso(moment: datetime) -> str:
    """``2026-05-04T12:30:00.000Z``."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def identifier(path: str, value: Any) -> str:
    """An endpoint id or user id: any characters that can be seen, bounded because it is a key."""
    word = text(path, value, limit=MAX_KEY_BYTES)
    if not word:
        raise refuse(path, value, "is empty", "give an id")
    if found := _CONTROL.search(word):
        raise refuse(path, value, f"holds the control character {ord(found.group()):#04x}", "remove it")
    if len(word.encode()) > MAX_KEY_BYTES:
        raise refuse(path, value, f"is over {MAX_KEY_BYTES} bytes of UTF-8", "use a shorter id")
    return word


def address(path: str, value: Any) -> str:
    word = text(path, value, limit=4096)  # push tokens are long
    if _CONTROL.search(word):
        raise refuse(path, value, "holds a line break or control character", "remove it")
    return word


def deliverable(path: str, channel_type: str, word: str) -> str:
    """An address that its channel can reach: checked where people type addresses into files, not at the API."""
    if channel_type == "EMAIL" and not _EMAIL.fullmatch(word):
        raise refuse(path, word, "is not an email address", "write it as name@domain")
    if channel_type in ("SMS", "VOICE") and not _E164.fullmatch(word):
        raise refuse(path, word, "is not a phone number in E.164 form", "write + and the country code, digits only")
    return word


def attribute_name(path: str, name: str) -> str:
    """A name of a custom attribute, user attribute or metric. Dots are allowed: Pinpoint's own samples use them."""
    if not name:
        raise refuse(path, name, "has no name", "give the attribute a name")
    return text(path, name, limit=MAX_NAME)


def attribute_values(path: str, values: Any) -> list[str]:
    """At most 50 strings of at most 100 characters; an empty list is the wish to remove the attribute."""
    if isinstance(values, str) or not isinstance(values, Sequence):
        remedy = (
            f"attributes are lists: write [{json.dumps(values, ensure_ascii=False)}]"
            if isinstance(values, str)
            else "write a list of strings"
        )
        raise refuse(path, values, f"is {_kind(values)}, not a list", remedy if len(remedy) < 100 else "put it in [ ]")
    if len(values) > MAX_VALUES:
        raise refuse(path, f"{len(values)} values", f"is over the limit of {MAX_VALUES} values", "send fewer values")
    return [text(f"{path}[{index}]", value) for index, value in enumerate(values)]


_degrees_of_latitude, _degrees_of_longitude = degrees(90), degrees(180)

SCALARS: Mapping[str, Callable[[str, Any], Any]] = {
    "Address": address,
    "ChannelType": one_of(CHANNEL_TYPES),
    "OptOut": one_of(("ALL", "NONE")),
    "EndpointStatus": one_of(("ACTIVE", "INACTIVE")),
    "EffectiveDate": date,
    "RequestId": text,
    "User.UserId": identifier,
    **{f"Demographic.{name}": text for name in DEMOGRAPHIC_FIELDS},
    **{f"Location.{name}": text for name in LOCATION_FIELDS},
    "Location.Country": country,
    "Location.Latitude": _degrees_of_latitude,
    "Location.Longitude": _degrees_of_longitude,
}


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", dict: "an object", list: "a list"}
    return names.get(type(value), type(value).__name__)
