"""``dateFormat`` and ``now``."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from engagement.domain.template.date_pattern import pieces, print_date, read_date
from engagement.domain.template.errors import HelperRefused
from engagement.domain.template.locales import locale_named
from engagement.domain.template.values import Value, single, text

_ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d{1,2}):?(\d\d)?")
_SECONDS_BELOW = 10**11  # a number below it counts seconds since 1970, above it milliseconds


@lru_cache(maxsize=128)
def zone_named(name: str) -> tzinfo:
    """``America/Los_Angeles``, ``UTC``, ``+02:00``. Raises HelperRefused for a name that nobody knows."""
    offset = _OFFSET.fullmatch(name)
    if offset and int(offset[2]) < 24:
        span = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(-span if offset[1] == "-" else span)
    if _ZONE_NAME.fullmatch(name):
        try:
            return ZoneInfo(name)
        except (KeyError, OSError, ValueError):
            pass
    raise HelperRefused("tz is not a time zone; write one such as tz=America/Los_Angeles")


def date_format(
    value: Value,
    *positional: Value,
    inputFormat: Value = None,
    outputFormat: Value = None,
    format: Value = None,
    tz: Value = None,
    locale: Value = None,
) -> str:
    """A date by outputFormat: full, long, medium (default), short or a SimpleDateFormat pattern."""
    value = single(value)
    if value is None or value in ("", []):
        return ""
    language = locale_named(text(single(locale)) or "en")
    read_by = text(inputFormat)
    moment, has_time = _read(value, read_by, text(single(locale)) or "en")
    zone = text(single(tz))
    if zone and has_time:
        moment = moment.astimezone(zone_named(zone))
    wanted = text(positional[0] if positional else (outputFormat or format)) or "medium"
    return print_date(moment, language["formats"].get(wanted, wanted), language)


def _read(value: Value, read_by: str, language: str) -> tuple[datetime, bool]:
    """The moment and whether it has a time of day: a bare date is the same day in every time zone."""
    if read_by:
        has_time = any(letter in "HkKhmsSa" for letter, _, _ in pieces(read_by) if letter)
        return read_date(text(value), read_by, locale_named(language), UTC), has_time
    if isinstance(value, (datetime, date)):
        raise HelperRefused("the date must be text or a number")
    plain = text(value).strip()
    try:
        moment = datetime.fromisoformat(plain)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)), len(plain) > 10
    except ValueError:
        pass
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", plain):
        raise HelperRefused("the date is not written as 2020-09-19T10:30:00Z; say how it is by inputFormat=")
    number = float(plain)
    try:
        seconds = number if abs(number) < _SECONDS_BELOW else number / 1000
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds), True
    except OverflowError:
        raise HelperRefused("the date is out of range") from None


def now(
    pattern: Value = None, *, tz: Value = None, locale: Value = None, format: Value = None, moment: datetime
) -> str:
    """The time of rendering, which whoever renders gives as ``moment``."""
    language = locale_named(text(single(locale)) or "en")
    zone = text(single(tz))
    wanted = text(pattern or format) or "medium"
    shown = moment.astimezone(zone_named(zone)) if zone else moment
    return print_date(shown, language["formats"].get(wanted, wanted), language)
