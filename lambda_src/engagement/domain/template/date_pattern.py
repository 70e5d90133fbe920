"""Java's SimpleDateFormat patterns: print a moment by one, and read one back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from engagement.domain.template.errors import HelperRefused
from engagement.domain.template.limits import MAX_PATTERN
from engagement.domain.template.locales import Locale

_PIECE = re.compile(r"(?P<letters>([A-Za-z])\2*)|'(?P<quoted>(?:[^']|'')*)'|(?P<plain>[^A-Za-z']+)")
_NUMERIC_LETTERS = "yYuMLdDFHkKhmsSwW"


@lru_cache(maxsize=512)
def pieces(pattern: str) -> tuple[tuple[str, int, str], ...]:
    """A pattern as (letter, count, "") and ("", 0, text). Raises HelperRefused for a pattern that Java refuses."""
    if len(pattern) > MAX_PATTERN:
        raise HelperRefused(f"the date format is over {MAX_PATTERN} characters")
    found: list[tuple[str, int, str]] = []
    position = 0
    while position < len(pattern):
        match = _PIECE.match(pattern, position)
        if match is None:
            raise HelperRefused("a quote in the date format is not closed")
        run: str | None = match["letters"]
        if run:
            letter = run[0]
            if letter not in "GyYMLwWDdFEcuaHkKhmsSzZX":
                raise HelperRefused(f"{letter!r} is not a letter of date formats; put words in single quotes")
            found.append((letter, len(run), ""))
        else:
            quoted = match["quoted"]
            found.append(("", 0, match["plain"] if quoted is None else quoted.replace("''", "'") or "'"))
        position = match.end()
    return tuple(found)


def print_date(moment: datetime, pattern: str, locale: Locale) -> str:
    """``moment`` (aware) by a pattern such as ``EEEE, d MMM yyyy HH:mm``."""
    return "".join(plain or _print(moment, letter, count, locale) for letter, count, plain in pieces(pattern))


def _print(moment: datetime, letter: str, count: int, locale: Locale) -> str:
    if letter in "yY":
        year = moment.year if letter == "y" else _week_year(moment.date(), locale)[0]
        return f"{year % 100:02d}" if count == 2 else str(year).zfill(count)
    if letter in "ML" and count >= 3:
        if count == 3:
            return locale["months_short"][moment.month - 1]
        alone = letter == "L" and "months_alone" in locale
        return locale["months_alone" if alone else "months"][moment.month - 1]
    if letter in "Ec":
        return locale["days_short" if count < 4 else "days"][moment.weekday()]
    if letter == "a":
        return locale["half_days"][moment.hour >= 12]
    if letter == "G":
        return locale["eras"][1]
    if letter in "zZX":
        return _print_zone(moment, letter, count)
    return str(_number(moment, letter, locale)).zfill(count)


def _number(moment: datetime, letter: str, locale: Locale) -> int:
    if letter == "w":
        return _week_year(moment.date(), locale)[1]
    if letter == "W":
        return _week_of(moment.date(), moment.date().replace(day=1), locale)
    if letter == "D":
        return moment.timetuple().tm_yday
    return {
        "M": moment.month,
        "L": moment.month,
        "d": moment.day,
        "F": (moment.day - 1) // 7 + 1,
        "u": moment.isoweekday(),
        "H": moment.hour,
        "k": moment.hour or 24,
        "K": moment.hour % 12,
        "h": moment.hour % 12 or 12,
        "m": moment.minute,
        "s": moment.second,
        "S": moment.microsecond // 1000,
    }[letter]


def _week_of(day: date, start: date, locale: Locale) -> int:
    """The number of the week of ``day`` counted from ``start``; 0 for days before the first week that counts."""
    week = locale["week"]
    before = (start.weekday() - week["first_day"]) % 7  # days of start's week that lie before start
    counts_from = 1 if 7 - before >= week["least_days"] else 0
    return ((day - start).days + before) // 7 + counts_from


def _week_year(day: date, locale: Locale) -> tuple[int, int]:
    """Year and week in which ``day`` falls when years consist of whole weeks."""
    if day.year < 9999 and (number := _week_of(day, date(day.year + 1, 1, 1), locale)) >= 1:
        return day.year + 1, number
    number = _week_of(day, date(day.year, 1, 1), locale)
    if number >= 1:
        return day.year, number
    return day.year - 1, _week_of(day, date(day.year - 1, 1, 1), locale)


def _print_zone(moment: datetime, letter: str, count: int) -> str:
    offset = moment.utcoffset() or timedelta()
    if letter == "z":
        return moment.tzname() or "UTC"
    if letter == "X" and not offset:
        return "Z"
    minutes = round(abs(offset).total_seconds() / 60)
    sign = "-" if offset < timedelta() else "+"
    hours, rest = divmod(minutes, 60)
    if letter == "X" and count == 1:
        return f"{sign}{hours:02d}"
    return f"{sign}{hours:02d}{':' if letter == 'X' and count >= 3 else ''}{rest:02d}"


def read_date(plain: str, pattern: str, locale: Locale, zone: tzinfo) -> datetime:
    """The moment that a text names by a pattern; ``zone`` holds when the text names none. Raises HelperRefused."""
    expression, letters = _reader(pattern, tuple(locale["months"] + locale["months_short"]), tuple(locale["half_days"]))
    match = expression.fullmatch(plain.strip())
    if match is None:
        raise HelperRefused("the date is not written as inputFormat says")
    fields = dict(zip(letters, match.groups()))
    try:
        return _moment(fields, locale, zone)
    except ValueError:
        raise HelperRefused("there is no such date") from None


@lru_cache(maxsize=256)
def _reader(
    pattern: str, months: tuple[str, ...], half_days: tuple[str, ...]
) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """A regular expression for a pattern and the letter of each of its groups (the last of a letter counts)."""
    parts = pieces(pattern)
    expression, letters = "", []
    for place, (letter, count, plain) in enumerate(parts):
        if plain:
            expression += r"\s+".join(re.escape(word) for word in re.split(r"\s+", plain))
            continue
        following = parts[place + 1] if place + 1 < len(parts) else ("", 0, " ")
        glued = following[0] in _NUMERIC_LETTERS and following[0] != ""
        expression += f"({_field(letter, count, glued, months, half_days)})"
        letters.append("month" if letter in "ML" and count >= 3 else letter)
    return re.compile(expression, re.IGNORECASE), tuple(letters)


def _field(letter: str, count: int, glued: bool, months: tuple[str, ...], half_days: tuple[str, ...]) -> str:
    if letter in "ML" and count >= 3:
        return "|".join(re.escape(name) for name in sorted(months, key=len, reverse=True))
    if letter in "Ec":
        return r"[^\W\d_]+\.?"
    if letter == "a":
        return "|".join(map(re.escape, (*half_days, "am", "pm", "a.m.", "p.m.")))
    if letter == "G":
        return r"[^\W\d_.]+\.?"
    if letter in "zZX":
        return r"Z|UTC|GMT|[+-]\d\d(?::?\d\d)?"
    return rf"\d{{{count}}}" if glued else r"\d{1,9}"


def _moment(fields: dict[str, str], locale: Locale, zone: tzinfo) -> datetime:
    year = int(fields.get("y") or fields.get("Y") or 1970)
    if len(fields.get("y") or fields.get("Y") or "") <= 2 and year < 100:
        year += 1900 if year > 68 else 2000  # POSIX's rule; Java's moves with the present year
    hour = int(fields.get("H") or fields.get("k") or fields.get("h") or fields.get("K") or 0)
    if "k" in fields:
        hour %= 24
    if "a" in fields and ("h" in fields or "K" in fields):
        afternoon = fields["a"].lower() in (locale["half_days"][1].lower(), "pm", "p.m.")
        hour = hour % 12 + 12 * afternoon
    first = datetime(
        year,
        _month(fields, locale),
        int(fields.get("d", 1)),
        hour,
        int(fields.get("m", 0)),
        int(fields.get("s", 0)),
        int(fields.get("S", 0)) * 1000,
        tzinfo=_zone(fields, zone),
    )
    return first + timedelta(days=int(fields["D"]) - 1) if "D" in fields else first


def _month(fields: dict[str, str], locale: Locale) -> int:
    if "month" not in fields:
        return int(fields.get("M") or fields.get("L") or 1)
    named = fields["month"].lower()
    return next(
        number
        for number in range(1, 13)
        if named in (locale["months"][number - 1].lower(), locale["months_short"][number - 1].lower())
    )


def _zone(fields: dict[str, str], zone: tzinfo) -> tzinfo:
    named = fields.get("z") or fields.get("Z") or fields.get("X")
    if named is None:
        return zone
    if named[0] not in "+-":
        return UTC
    digits = named[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if named[0] == "-" else offset)
