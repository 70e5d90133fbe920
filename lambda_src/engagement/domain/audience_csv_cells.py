"""A block of CSV bytes to columns of cells, with the line of every row. No meaning is read into the cells here."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, compress, islice, repeat
from operator import contains

from engagement.domain.audience_rows import RowFailure
from engagement.domain.refusal import Refusal

SEPARATOR = ","  # Pinpoint's; audience_csv_header.py tells who sends another one
MAX_ROW_LINES = 20
_SENTINEL = "\x00end"
_CONTROL_BYTES = bytes([*range(10), *range(11, 32), 127])


@dataclass(frozen=True)
class Grid:
    """Cells by column, all columns equally long; ``lines[i]`` is the line of row i.

    ``clean`` says that no cell holds a control character or a byte that is not UTF-8. Such bytes come as the
    surrogates of Python's ``surrogateescape``. ``consumed`` bytes of the block are in the grid or in its failures, the
    rest is the beginning of a row. ``next_line`` is the line that follows.
    """

    columns: Sequence[Sequence[str]]
    lines: Sequence[int]
    failures: list[RowFailure]
    clean: bool
    consumed: int
    next_line: int


def csv_grid(block: bytes, width: int, first_line: int, *, last: bool = True) -> Grid:
    """Split a block into ``width`` columns. It ends at the end of a line; ``last`` says that the file ends there too."""
    raw = block
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    clean = len(block.translate(None, _CONTROL_BYTES)) == len(block)
    try:
        text = block.decode()
    except UnicodeDecodeError:
        text, clean = block.decode(errors="surrogateescape"), False
    if '"' in text:
        return _quoted(raw, text, width, first_line, last)
    body = text.removesuffix("\n")
    count = body.count("\n") + 1
    next_line = first_line + (count if text else 0)
    if (columns := _regular(body, count, width)) is not None:
        return Grid(columns, range(first_line, next_line), [], clean, len(raw), next_line)
    lines = body.split("\n") if text else []
    rows = [line.split(SEPARATOR) if line.strip() else [] for line in lines]
    return _fitting(rows, range(first_line, next_line), width, clean, len(raw), next_line)


def _regular(body: str, count: int, width: int) -> list[list[str]] | None:
    """Columns when every one of ``count`` lines has ``width`` cells, by one split of them all; else None.

    Where a row ends, its last cell, the line break and the next row's first cell are one piece: all line breaks, and one
    in each, must be in such pieces.
    """
    step = width - 1
    flat = body.split(SEPARATOR)
    if not step or len(flat) != count * step + 1:
        return None
    joints = flat[step:-1:step]
    halves = "\n".join(joints).split("\n") if joints else []
    if len(halves) != 2 * len(joints) or not all(map(contains, joints, repeat("\n"))):
        return None
    return [[flat[0], *halves[1::2]], *(flat[n::step] for n in range(1, step)), [*halves[::2], flat[-1]]]


def _quoted(raw: bytes, text: str, width: int, first_line: int, last: bool) -> Grid:
    """Rows by csv.reader. A last line of our own shows whether a quote is still open at the end of the block.

    A row that goes on for MAX_ROW_LINES lines, or to the end of the file, has a quote that nobody closed: its first line
    fails alone, and the next line is taken for the beginning of a row.
    """
    texts = list(io.StringIO(text, newline=""))
    if not texts[-1].endswith("\n"):
        texts[-1] += "\n"
    rows: list[list[str]] = []
    lines: list[int] = []
    unclosed: list[RowFailure] = []
    read = 0
    while read < len(texts):
        read += _read_rows(texts, read, first_line, rows, lines)
        if read == len(texts) or not (last or len(texts) - read > MAX_ROW_LINES):
            break
        rule = "has a quote that is not closed, or a value too long to be one"
        remedy = 'close it, and write a quote inside a quoted value as ""'
        unclosed.append(RowFailure(first_line + read, Refusal("row", rule, remedy), column=False))
        read += 1
    unread = raw.splitlines(keepends=True)[read:] if read < len(texts) else []
    consumed = len(raw) - sum(map(len, unread))
    grid = _fitting(rows, lines, width, False, consumed, first_line + read)
    grid.failures.extend(unclosed)
    return grid


def _read_rows(texts: list[str], start: int, first_line: int, rows: list[list[str]], lines: list[int]) -> int:
    """Append rows from ``texts[start:]`` up to one that is not complete; answers how many lines they are."""
    reader = csv.reader(chain(islice(texts, start, None), [_SENTINEL]), delimiter=SEPARATOR)
    read = 0
    try:
        for row in reader:
            if reader.line_num - read > MAX_ROW_LINES or (row and row[-1].endswith(_SENTINEL)):
                break
            rows.append(row)
            lines.append(first_line + start + read)
            read = reader.line_num
    except csv.Error:  # a value over the reader's limit: a quote that nobody closed
        pass
    return read


def _fitting(
    rows: list[list[str]], lines: Sequence[int], width: int, clean: bool, consumed: int, next_line: int
) -> Grid:
    """Keep the rows that have as many cells as the header has columns; blank lines are no rows."""
    failures = []
    for line, row in zip(lines, rows):
        if len(row) != width and row:
            remedy = "put quotes around values that hold commas" if len(row) > width else "add the missing commas"
            rule = f"has {len(row)} cells, the header has {width} columns"
            failures.append(RowFailure(line, Refusal("row", rule, remedy), column=False))
    fits = [len(row) == width for row in rows]
    columns = list(zip(*compress(rows, fits))) or [()] * width
    return Grid(columns, list(compress(lines, fits)), failures, clean, consumed, next_line)
