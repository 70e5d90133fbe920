"""Checking a dataset's CSV before it is uploaded or imported: in one pass, streaming, with line and column.

The service finds the same faults after a quarter of an hour and tells one of them. Rules: the Amazon Personalize
developer guide, "Data format guidelines" and "Quotas".
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from personalize.config.declaration import Column, Schema
from personalize.config.problems import near

LEAST_INTERACTIONS = 1000
LEAST_USERS = 25
LONGEST_ID = 256
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


@dataclass
class Report:
    """What one pass over a dataset found. ``faults`` are the first of ``fault_count``."""

    rows: int = 0
    users: Counter[str] = field(default_factory=Counter)
    items: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def users_with_two(self) -> int:
        return sum(1 for count in self.users.values() if count >= 2)

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


def check_file(path: Path, schema: Schema) -> Report:
    """The report on one local CSV."""
    with path.open("rb") as file:
        return check_streams([(str(path), iter(lambda: file.read(1 << 20), b""))], schema)


def check_streams(files: Iterable[tuple[str, Iterator[bytes]]], schema: Schema) -> Report:
    """One report on all files of a dataset: its rules hold for their sum."""
    report = Report()
    names = []
    for name, pieces in files:
        names.append(name)
        _FileCheck(name, schema, report).run(pieces)
    if schema.kind == "interactions" and not any(f.line == 1 or not f.line for f in report.faults):
        _check_enough(names[0] if len(names) == 1 else f"the {len(names)} files", report)
    return report


def _check_enough(name: str, report: Report) -> None:
    if report.rows < LEAST_INTERACTIONS:
        told = f"has {report.rows:,} interactions; Personalize trains from {LEAST_INTERACTIONS:,} on"
        report.add(Fault(name, 0, 0, "", f"{told}: add at least {LEAST_INTERACTIONS - report.rows:,} rows"))
    if report.users_with_two < LEAST_USERS:
        told = f"has {report.users_with_two} users with at least 2 interactions (of {len(report.users):,} users)"
        report.add(Fault(name, 0, 0, "", f"{told}; Personalize needs {LEAST_USERS} such users"))


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
        reader = csv.reader(text)
        try:
            self.header = next(reader, [])
            if self._header_holds():
                self._rows(reader)
        except csv.Error as error:
            message = f"cannot be read as CSV: {error}; a quote that is never closed does that"
            self.report.add(Fault(self.name, reader.line_num, 0, "", message))

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
        while rows := list(islice(reader, _CHUNK)):
            whole = rows
            if set(map(len, rows)) != {width}:
                whole = self._full_rows(rows, width, line)
            columns = list(zip(*whole)) if whole else [()] * width
            for place, column in places:
                if not _column_holds(column, columns[place]):
                    self._find(rows, width, place, column, line)
            self.report.rows += len(whole)
            if "USER_ID" in place_of:
                self.report.users.update(columns[place_of["USER_ID"]])
            if "ITEM_ID" in place_of:
                self.report.items.update(columns[place_of["ITEM_ID"]])
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


def _timestamp_fault(value: str, shown: str) -> str:
    if _is_whole(value) and value.startswith("-"):
        return f"{shown} is before 1970; write seconds since 1970"
    if _is_whole(value):
        unit, power = ("milliseconds", 3) if len(value) <= 14 else ("microseconds or finer", len(value) - 10)
        return f"{shown} looks like {unit}; Personalize wants seconds since 1970: divide by {10**power:,}"
    if re.fullmatch(r"[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?", value):
        return f"{shown} is not whole; write seconds since 1970 without a fraction or exponent"
    return f"{shown} is not a whole number of seconds since 1970 (such as 1700000000)"
