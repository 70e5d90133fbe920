"""Reads the rows of one audience file, slice after slice, from any position where a row begins."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field, replace

from engagement.domain.audience_csv import CsvConverter
from engagement.domain.audience_csv_cells import SEPARATOR, Grid, csv_grid
from engagement.domain.audience_csv_header import csv_header, not_another_format
from engagement.domain.audience_file import MAX_QUOTED_BYTES, MAX_ROW_BYTES, Block, BlockReader, without_bom
from engagement.domain.audience_json import json_rows
from engagement.domain.audience_rows import RowFailure, Rows
from engagement.domain.endpoint_fields import Refused
from engagement.domain.refusal import Refusal

_BLANKS_BEHIND_QUOTE = re.compile(r'(?<!")"[ \t]+(?=,|$)')


@dataclass(frozen=True)
class ReadRows:
    """One slice: its rows, and where the next one begins.

    ``refusal`` says that the file as a whole is wrong; from then on rows are only counted, in ``uncounted``.
    """

    rows: Rows
    offset: int
    line: int
    last: bool
    refusal: Refusal | None = None
    uncounted: int = 0


@dataclass
class PieceReader:
    """``header`` is the header of a CSV that was read before; ``refused`` goes on counting a file that is wrong.

    ``app_id`` is whose endpoints the rows are; ``create_only``: see EndpointUpdate.
    """

    blocks: BlockReader
    wanted: str
    app_id: str
    create_only: bool = False
    line: int = 1
    header: list[str] | None = None
    refused: bool = False
    _converter: CsvConverter | None = field(default=None, init=False)

    def next_rows(self) -> ReadRows | None:
        """The rows of the next slice, None at the end of the file. Use them before the next ones are read: they are
        as many as the processor's cache holds, and twice as fast there as in memory.

        Raises UnreadableFile.
        """
        at_start = self.blocks.offset == 0
        block = self._first_block() if at_start else self.blocks.take()
        if not block.data and not at_start:
            return None
        if _too_long(block):
            return self._skip_header(block) if at_start and self.wanted == "CSV" else self._skip_line(block)
        refusal = None
        if at_start:
            block, refusal = self._begin(block)
            self.refused = self.refused or refusal is not None
        if self.refused:
            count, self.line = self._counted(block)
            return ReadRows(Rows(), self.blocks.offset, self.line, self._is_last(block), refusal, count)
        rows = self._rows(block)
        return ReadRows(rows, self.blocks.offset, self.line, self._is_last(block))

    def _is_last(self, block: Block) -> bool:
        return block.last and self.blocks.at_end

    def _first_block(self) -> Block:
        """The first block that holds anything, of a file that begins with blank lines; without a byte order mark."""
        block = self.blocks.take()
        data = without_bom(block.data)
        while not data.strip() and not block.last:
            self.line += len(data.splitlines())
            block = self.blocks.take()
            data = block.data
        return replace(block, data=data)

    def _begin(self, block: Block) -> tuple[Block, Refusal | None]:
        """Take the header of a CSV off the first block."""
        data = block.data
        if not data.strip():
            what = "with a header line and rows" if self.wanted == "CSV" else "with one JSON object per line"
            return Block(b"", block.offset, block.last), Refusal("file", "is empty", f"upload a file {what}")
        if self.wanted == "JSON":
            return block, None
        line, used, lines = _first_line(data)
        self.line += lines
        rest = Block(data[used:], block.offset + used, block.last)
        try:
            cells = _header_cells(line)
            csv_header(cells)
        except Refused as refused:
            return rest, refused.refusal
        self.header = cells
        return rest, None

    def _rows(self, block: Block) -> Rows:
        if self.wanted == "JSON":
            rows, self.line = json_rows(block.data, self.line, self.app_id, create_only=self.create_only)
            return rows
        if self._converter is None:
            header = csv_header(self.header or [])
            self._converter = CsvConverter(header, self.app_id, create_only=self.create_only)
        grid = self._grid(block, len(self.header or []))
        self.line = grid.next_line
        return self._converter.rows(grid)

    def _grid(self, block: Block, width: int) -> Grid:
        grid = csv_grid(block.data, width, self.line, last=block.last)
        if not grid.consumed and not block.last and len(block.data) < MAX_QUOTED_BYTES:  # a long row in quotes
            self.blocks.give_back(block.data)
            block = self.blocks.take(MAX_QUOTED_BYTES)
            grid = csv_grid(block.data, width, self.line, last=block.last)
        if not grid.consumed:  # a quote that stays open over a whole block is one that nobody closed
            grid = csv_grid(block.data, width, self.line, last=True)
        self.blocks.give_back(block.data[grid.consumed :])
        return grid

    def _counted(self, block: Block) -> tuple[int, int]:
        """How many rows the block has, whatever is in them, and the line that follows."""
        if self.wanted == "JSON":
            lines = block.data.splitlines()
            return sum(bool(line.strip()) for line in lines), self.line + len(lines)
        grid = self._grid(block, 1)
        return len(grid.lines) + len(grid.failures), grid.next_line

    def _skip_header(self, block: Block) -> ReadRows:
        self.refused = True
        remedy = "write the names of the columns in a line of their own"
        refusal = Refusal("header", f"is over {MAX_ROW_BYTES} bytes long", remedy)
        return replace(self._skip_line(block), rows=Rows(), refusal=refusal)

    def _skip_line(self, block: Block) -> ReadRows:
        """Pass over a line that is too long to be a row."""
        failure = RowFailure(self.line, Refusal("row", f"is over {MAX_ROW_BYTES} bytes long", "split it"), column=False)
        while not block.last:
            block = self.blocks.take()
            end = block.data.find(b"\n") + 1
            if end:
                self.blocks.give_back(block.data[end:])
                break
        self.line += 1
        return ReadRows(Rows(failures=[failure]), self.blocks.offset, self.line, self._is_last(block))


def _too_long(block: Block) -> bool:
    return not block.last and len(block.data) >= MAX_ROW_BYTES and not block.data.endswith((b"\n", b"\r"))


def _first_line(data: bytes) -> tuple[bytes, int, int]:
    """The first line that is not blank, the bytes up to its end, and how many lines they are."""
    used = 0
    for number, line in enumerate(data.splitlines(keepends=True), start=1):
        used += len(line)
        if line.strip():
            return line, used, number
    raise AssertionError("a file that is not empty has a line")


def _header_cells(line: bytes) -> list[str]:
    try:
        text = line.decode().strip()
    except UnicodeDecodeError as error:
        rule = f"holds the byte 0x{line[error.start]:02x} at byte {error.start + 1}, which is not UTF-8"
        raise Refused(Refusal("header", rule, "save the file as UTF-8")) from None
    try:
        not_another_format(_cells(text, strict=False))
        return _cells(_BLANKS_BEHIND_QUOTE.sub('"', text), strict=True)
    except csv.Error as error:
        remedy = (
            "write the names of the columns in one line, separated by commas; a quote that opens a name closes it too"
        )
        raise Refused(Refusal("header", f"cannot be read: {error}", remedy)) from None


def _cells(text: str, *, strict: bool) -> list[str]:
    return next(csv.reader(io.StringIO(text), delimiter=SEPARATOR, strict=strict))
