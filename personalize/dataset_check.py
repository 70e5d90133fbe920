"""Checking a dataset's CSV before it is uploaded or imported: in one pass, streaming, with line and column.

The service finds the same faults after a quarter of an hour and tells one of them. Rules: the Amazon Personalize
developer guide, "Data format guidelines" and "Quotas".
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from personalize.config.declaration import Column, Schema
from personalize.config.problems import near
from personalize.dataset_values import cell_fault, column_holds
from personalize.trainable_rows import LEAST_INTERACTIONS, LEAST_USERS, EventRule, Trainable

_CHUNK = 256  # rows that stay in the processor's cache while their columns are looked at
_SHOWN = 20


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
                if not column_holds(column, columns[place]):
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
            if len(row) == width and (message := cell_fault(column, row[place])):
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
