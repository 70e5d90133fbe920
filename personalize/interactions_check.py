"""Checking a dataset's CSV before it is uploaded or imported: in one pass, streaming, with line and column.

The service finds the same faults after a quarter of an hour and tells one of them. Rules: the Amazon Personalize
developer guide, "Data format guidelines" and "Quotas".
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from personalize.config.declaration import Column, Schema, Solution
from personalize.config.problems import near

LEAST_INTERACTIONS = 1000
LEAST_USERS = 25
LONGEST_ID = 256
ANY_EVENT = "*"
_CHUNK = 256  # rows that stay in the processor's cache while their columns are looked at
_SHOWN = 20
_BOOLEANS = frozenset(("true", "false", "TRUE", "FALSE", "True", "False"))


@dataclass(frozen=True)
class Fault:
    """One broken rule; ``line`` and ``column`` count from 1, 0 where the whole file is meant."""

    file: str
    line: int
    column: int
    name: str
    message: str

    def __str__(self) -> str:
        place = f", line {self.line}" if self.line else ""
        place += f", column {self.column} ({self.name})" if self.column else ""
        return f"{self.file}{place}: {self.message}"


@dataclass(frozen=True)
class EventRule:
    """Rows that a solution trains with: those of an event type (empty: all), with a value of ``at_least``."""

    event_type: str = ""
    at_least: float | None = None

    def __str__(self) -> str:
        least = "" if self.at_least is None else f" of at least {self.at_least:g}"
        return (self.event_type or "any event") + least


def event_rules(solutions: Iterable[Solution]) -> tuple[EventRule, ...]:
    """Rules of which a row must meet one so that any of ``solutions`` trains with it; none: every row counts."""
    rules: dict[EventRule, None] = {}
    for solution in solutions:
        events = (solution.config.get("eventsConfig") or {}).get("eventParametersList") or [
            {"eventType": solution.options.get("eventType")}
        ]
        for event in events:
            named = event.get("eventType") or ""
            rules[EventRule("" if named == ANY_EVENT else named, event.get("eventValueThreshold"))] = None
    return () if EventRule() in rules else tuple(rules)


@dataclass
class Trainable:
    """Counts what the service trains with: rows that meet a rule, alike ones (user, item, time) once.

    Counts only until the minima are met: ``unique`` and ``regulars`` are exact below them and stay small above.
    """

    rules: Sequence[EventRule] = ()
    kept: int = 0
    unique: set[tuple[str, str, str]] = field(default_factory=set)
    regulars: set[str] = field(default_factory=set)
    _once: dict[str, int] = field(default_factory=dict)  # a user's first interaction, as a hash: small for a million

    @property
    def enough(self) -> bool:
        return len(self.unique) >= LEAST_INTERACTIONS and len(self.regulars) >= LEAST_USERS

    def add(self, columns: Mapping[str, Sequence[str]]) -> None:
        """``columns``: the cells of some rows, by the names that the schema gives the columns."""
        if self.enough:
            return
        rows = list(zip(columns["USER_ID"], columns["ITEM_ID"], columns["TIMESTAMP"], strict=True))
        if self.rules:
            rows = [row for row, keep in zip(rows, self._keeps(columns), strict=True) if keep]
        self.kept += len(rows)
        if len(self.unique) < LEAST_INTERACTIONS:
            self.unique.update(rows)
        if len(self.regulars) < LEAST_USERS:
            for user, item, time in rows:
                if self._once.setdefault(user, mark := hash((item, time))) != mark:
                    self.regulars.add(user)
        if self.enough:
            self._once.clear()

    def _keeps(self, columns: Mapping[str, Sequence[str]]) -> Iterator[bool]:
        nothing = ("",) * len(columns["USER_ID"])
        for event, value in zip(columns.get("EVENT_TYPE", nothing), columns.get("EVENT_VALUE", nothing), strict=True):
            yield any(
                rule.event_type in ("", event) and (rule.at_least is None or _reaches(value, rule.at_least))
                for rule in self.rules
            )


def _reaches(value: str, least: float) -> bool:
    try:
        return float(value) >= least
    except ValueError:  # empty, or a fault that is told for itself
        return False


@dataclass
class Report:
    """What one pass over a dataset found. ``faults`` are the first of ``fault_count``; ``whole``: it read to the end."""

    rows: int = 0
    whole: bool = True
    users: set[str] = field(default_factory=set)
    items: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    notes: list[str] = field(default_factory=list)
    trainable: Trainable = field(default_factory=Trainable)

    def add(self, fault: Fault) -> None:
        self.fault_count += 1
        if len(self.faults) < _SHOWN:
            self.faults.append(fault)

    def text(self) -> str:
        """Every fault that is kept, one a line, and how many more there are."""
        lines = [str(fault) for fault in sorted(self.faults, key=lambda f: (f.file, f.line or 1 << 60, f.column))]
        if self.fault_count > len(self.faults):
            lines.append(f"... and {self.fault_count - len(self.faults):,} more faults of the kinds above")
        return "\n".join(lines)


def check_file(path: Path, schema: Schema, rules: Sequence[EventRule] = ()) -> Report:
    """The report on one local CSV."""
    with path.open("rb") as file:
        return check_streams([(str(path), iter(lambda: file.read(1 << 20), b""))], schema, rules)


def check_streams(
    files: Iterable[tuple[str, Iterator[bytes]]],
    schema: Schema,
    rules: Sequence[EventRule] = (),
    *,
    increment: bool = False,
) -> Report:
    """One report on all files of a dataset: its rules hold for their sum. ``rules``: see ``event_rules``.

    An ``increment`` comes on top of what was imported before: how many rows it has is not judged.
    """
    report = Report(trainable=Trainable(rules))
    names = []
    for name, pieces in files:
        names.append(name)
        _FileCheck(name, schema, report).run(pieces)
    told = any(f.line == 1 or not f.line for f in report.faults)
    if schema.kind == "interactions" and report.whole and not told and not increment:
        _check_enough(names[0] if len(names) == 1 else f"the {len(names)} files", report)
    return report


def _check_enough(name: str, report: Report) -> None:
    found = report.trainable
    unique, regulars = len(found.unique), len(found.regulars)
    rules = f" with events that a solution trains with ({', '.join(map(str, found.rules))})" if found.rules else ""
    if unique < LEAST_INTERACTIONS:
        told = f"has {_counted(found.kept, 'interaction')}{rules}"
        if found.kept < report.rows:
            told += f", of {_counted(report.rows, 'row')}"
        if unique < found.kept:
            told += f", and only {unique:,} of them differ in user, item or time"
        missing = _counted(LEAST_INTERACTIONS - unique, "row")
        told += f"; Personalize trains from {LEAST_INTERACTIONS:,} on: add at least {missing}"
        report.add(Fault(name, 0, 0, "", told))
    if regulars < LEAST_USERS:
        told = f"has {_counted(regulars, 'user')} with at least 2 interactions{rules}"
        told += f" (of {_counted(len(report.users), 'user')}); Personalize needs {LEAST_USERS} such users"
        if found.kept > len(report.users):
            told += " and counts rows alike in user, item and time once"
        report.add(Fault(name, 0, 0, "", told))


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


class _Bytes(io.RawIOBase):
    """Pieces of bytes as a stream that ``TextIOWrapper`` can read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


@dataclass
class _FileCheck:
    """The pass over one file: whole columns of a chunk at a time, single cells only where a chunk is at fault."""

    name: str
    schema: Schema
    report: Report
    header: list[str] = field(default_factory=list)

    def run(self, pieces: Iterator[bytes]) -> None:
        first = next(pieces, b"")
        if first[:2] == b"\x1f\x8b":
            self._whole("is compressed (gzip); Personalize reads plain CSV: unpack it first")
            return
        if first[:2] in (b"\xff\xfe", b"\xfe\xff"):
            self._whole("is UTF-16; save it as UTF-8")
            return
        if first[:3] == b"\xef\xbb\xbf":
            self._whole("begins with a byte-order mark; save it as UTF-8 without BOM")
            first = first[3:]
        raw = io.BufferedReader(_Bytes(_chain(first, pieces)), 1 << 20)
        text = io.TextIOWrapper(raw, encoding="utf-8", errors="surrogateescape", newline="")
        reader = csv.reader(text, strict=True)
        try:
            self.header = next(reader, [])
        except csv.Error as error:
            self._unreadable(1, error)
            return
        if self._header_holds():
            self._rows(reader)

    def _unreadable(self, line: int, error: csv.Error) -> None:
        """``line`` is where the row begins that the reader could not end."""
        told = f"cannot be read as CSV from here on ({error}): a quote that is never closed does that"
        if "expected after" in str(error):
            told += ", or one inside a value that is not written twice"
        self.report.add(Fault(self.name, line, 0, "", told))
        self.report.whole = False

    def _whole(self, message: str) -> None:
        self.report.add(Fault(self.name, 0, 0, "", message))

    def _header_holds(self) -> bool:
        if not self.header:
            self._whole("is empty; the first line must name the columns")
            return False
        wanted = [column.name for column in self.schema.columns]
        missing = [name for name in wanted if name not in self.header]
        if missing and len(self.header) == 1 and (found := re.search(r"[;\t|]", self.header[0])):
            told = f"values are separated by {found[0]!r}; Personalize wants commas"
            self.report.add(Fault(self.name, 1, 0, "", told))
            return False
        for name in missing:
            self.report.add(
                Fault(self.name, 1, 0, "", f"column {name} is missing{near(name, self.header)}; {self._hint()}")
            )
        for place, name in enumerate(self.header, 1):
            if self.header.count(name) > 1 and self.header.index(name) == place - 1:
                self.report.add(Fault(self.name, 1, place, name, "this column is named twice"))
        if extra := [name for name in self.header if name not in wanted]:
            self.report.notes.append(f"{self.name}: columns not in the schema are not used: {', '.join(extra)}")
        return not missing

    def _hint(self) -> str:
        return f"the header must hold {', '.join(column.name for column in self.schema.columns)}"

    def _rows(self, reader: Any) -> None:
        width, line = len(self.header), int(reader.line_num) + 1
        places = [(self.header.index(column.name), column) for column in self.schema.columns]
        place_of = {column.name: place for place, column in places}
        interactions = self.schema.kind == "interactions"
        while True:
            rows, error = _next_rows(reader)
            whole = rows
            if rows and set(map(len, rows)) != {width}:
                whole = self._full_rows(rows, width, line)
            columns = list(zip(*whole)) if whole else [()] * width
            for place, column in places:
                if not _column_holds(column, columns[place]):
                    self._find(rows, width, place, column, line)
            self.report.rows += len(whole)
            if interactions:
                self.report.trainable.add({name: columns[place] for name, place in place_of.items()})
            if "USER_ID" in place_of:
                self.report.users.update(columns[place_of["USER_ID"]])
            if "ITEM_ID" in place_of:
                self.report.items.update(columns[place_of["ITEM_ID"]])
            if error:
                self._unreadable(line + sum(map(_lines, rows)), error)
                return
            if not rows:
                return
            line = int(reader.line_num) + 1

    def _full_rows(self, rows: list[list[str]], width: int, line: int) -> list[list[str]]:
        for row in rows:
            if row and len(row) != width:
                message = f"has {len(row)} fields, the header {width}; a comma inside a value needs quotes around it"
                if (lines := _lines(row)) > 1:
                    message = (
                        f"a quotation mark opens in this line and closes only in line {line + lines - 1}, or never"
                    )
                self.report.add(Fault(self.name, line, 0, "", message))
            line += _lines(row)
        return [row for row in rows if len(row) == width]

    def _find(self, rows: list[list[str]], width: int, place: int, column: Column, line: int) -> None:
        """Name each cell of a chunk that breaks the column's rule."""
        for row in rows:
            if len(row) == width and (message := _cell_fault(column, row[place])):
                self.report.add(Fault(self.name, line, place + 1, column.name, message))
            line += _lines(row)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _next_rows(reader: Iterator[list[str]]) -> tuple[list[list[str]], csv.Error | None]:
    """The next rows, and why there are no more after them where the reader gave up; empty at the end."""
    rows: list[list[str]] = []
    try:
        rows.extend(islice(reader, _CHUNK))  # what came before an error stays in the list
    except csv.Error as error:
        return rows, error
    return rows, None


def _lines(row: list[str]) -> int:
    return 1 + sum(value.count("\n") for value in row)


# ---------------------------------------------------------------------- rules: a column at once, then a cell
def _column_holds(column: Column, values: Sequence[str]) -> bool:
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


def _cell_fault(column: Column, value: str) -> str:
    """What is wrong with one value, or an empty text."""
    if not value:
        if column.nullable:
            return ""
        required = column.name in ("USER_ID", "ITEM_ID", "TIMESTAMP")
        return "is empty; every row needs it" if required else "is empty; the schema does not say 'nullable'"
    if _column_holds(column, (value,)):
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
