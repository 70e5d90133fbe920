"""Reads the CSV of an import job into columns, and says what is wrong with it in the service's own terms."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator
from typing import Any

from personalize.local_service.avro_schema import Field, Schema
from personalize.local_service.columns import Columns, builder
from personalize.local_service.errors import WorkFailed

NOT_CONFORMING = (
    "Input csv has rows that do not conform to the dataset schema. Please ensure all required data fields are present "
    "and that they are of the type specified in the schema."
)
LONGEST_ID = 256
INT_64 = 1 << 63


class _Chunks(io.RawIOBase):
    """A botocore stream as a file that ``io`` can buffer and decode."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = self._body.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def read_csv(body: Any, schema: Schema, name: str) -> Columns:
    """``body`` has ``read(n)``; ``name`` is told in errors. Raises WorkFailed with line, column and rule."""
    # newline="" leaves line breaks inside quotes to csv; utf-8-sig drops the mark that spreadsheets put in front.
    text = io.TextIOWrapper(io.BufferedReader(_Chunks(body), 1 << 20), encoding="utf-8-sig", newline="")
    reader = csv.reader(text, strict=True)
    try:
        return _read_rows(reader, _header(reader, schema, name), schema, name)
    except UnicodeDecodeError as error:
        raise WorkFailed(
            f"{NOT_CONFORMING} {name} is not UTF-8 after line {reader.line_num}: {error.reason}."
        ) from None
    except csv.Error as error:
        raise WorkFailed(f"{NOT_CONFORMING} {name}, line {reader.line_num}: {error}.") from None


def _header(reader: Iterator[list[str]], schema: Schema, name: str) -> list[str]:
    header = next(reader, None)
    if header is None:
        raise WorkFailed(f"Input csv is empty: {name} has no header.")
    missing = [field.name for field in schema.fields if field.name not in header]
    if missing:
        raise WorkFailed(f"Input csv is missing the following columns: [{', '.join(missing)}]. {name} has {header}.")
    return header


def _read_rows(reader: Any, header: list[str], schema: Schema, name: str) -> Columns:
    builders = {field.name: builder(field) for field in schema.fields}
    steps = [(header.index(f.name), _reader_of(f), builders[f.name].add) for f in schema.fields]
    width = len(header)
    for row in reader:
        if len(row) != width:
            if not row:
                continue
            raise WorkFailed(f"{NOT_CONFORMING} {name}, line {reader.line_num}: {len(row)} fields, {width} expected.")
        try:
            for position, read, add in steps:
                add(read(row[position]))
        except ValueError as error:
            column = header[position]
            raise WorkFailed(f"{NOT_CONFORMING} {name}, line {reader.line_num}, column {column}: {error}.") from None
    return {name: target.column() for name, target in builders.items()}


def _reader_of(field: Field) -> Callable[[str], Any]:
    """How a cell of this field is read; the function raises ValueError that says what is wrong."""
    read = {"string": _text, "boolean": _boolean, "float": _number, "double": _number}.get(field.type, _whole)
    if field.name in ("USER_ID", "ITEM_ID"):
        read = _identifier

    def required(cell: str) -> Any:
        if cell == "":
            raise ValueError("the value is missing")
        return read(cell)

    def optional(cell: str) -> Any:
        return None if cell == "" else read(cell)

    return optional if field.nullable else required


def _text(cell: str) -> str:
    return cell


def _identifier(cell: str) -> str:
    if len(cell) > LONGEST_ID:
        raise ValueError(f"an id of {len(cell)} characters; {LONGEST_ID} are allowed")
    return cell


def _whole(cell: str) -> int:
    try:
        number = int(cell)
    except ValueError:
        raise ValueError(f"{cell[:40]!r} is not a whole number") from None
    if not -INT_64 <= number < INT_64:
        raise ValueError(f"{cell[:40]!r} does not fit into a long")
    return number


def _number(cell: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        raise ValueError(f"{cell[:40]!r} is not a number") from None
    if not math.isfinite(number):
        raise ValueError(f"{cell[:40]!r} is not a finite number")
    return number


def _boolean(cell: str) -> str:
    if cell.lower() not in ("true", "false"):
        raise ValueError(f"{cell[:40]!r} is neither true nor false")
    return cell.lower()
