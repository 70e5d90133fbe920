"""Columns of an audience CSV to values and maps, checked; the fast half of an import.

Two ways lead to the same answer. A column, or group of columns, with few different values keeps a memo from cells to
checked values, so that a value is looked at once per file and its map is shared between rows (nobody changes an
update's maps). A column with many different values is checked as a whole by loops of the interpreter's own C code. A
block that fails such a check, or that is not clean, goes cell by cell, which says precisely what is wrong.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from math import isfinite
from typing import Any

from engagement.domain.audience_csv_header import LIST_PREFIXES
from engagement.domain.endpoint import NOTHING
from engagement.domain.endpoint_fields import (
    MAX_VALUE,
    SCALARS,
    Refused,
    identifier,
    number_from_text,
    refuse,
    text,
)

Values = Sequence[Any]  # a value, "" for an empty cell, or a Refusal
_MEMO_LIMIT = 20_000
_UNCLEAN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_TRIMMED = frozenset({"ChannelType", "OptOut", "EffectiveDate", "Location.Country"})
_COORDINATES = frozenset({"Location.Latitude", "Location.Longitude"})


class Memo(dict[Any, Any]):
    """Answers of ``make`` by argument. A refusal is answered but not kept, and sets ``failed``."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._make = make
        self.failed = False

    def __missing__(self, key: Any) -> Any:
        try:
            value = self[key] = self._make(key)
        except Refused as refused:
            self.failed = True
            return refused.refusal
        return value

    def of(self, keys: Iterable[Any]) -> list[Any]:
        self.failed = False
        if len(self) > _MEMO_LIMIT:
            self.clear()
        return list(map(self.__getitem__, keys))

    def of_column(self, cells: Sequence[str]) -> list[Any]:
        """By cells. A column of one value only, such as a Platform of iOS, is looked up once."""
        return self.of(cells[:1]) * len(cells) if _is_constant(cells) else self.of(cells)

    def of_columns(self, columns: Sequence[Sequence[str]]) -> list[Any]:
        """By rows of cells."""
        if all(map(_is_constant, columns)):
            return self.of([tuple(column[0] for column in columns)]) * len(columns[0])
        return self.of(zip(*columns))


class Column:
    """One column by its dotted name. ``failed`` tells whether the last values hold a Refusal."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.failed = False
        self._check = _cell_check(name)
        self._memo = Memo(self.value)
        self._is_text = self._check in (text, identifier, SCALARS["RequestId"], SCALARS["Address"])
        self._is_number = name.startswith("Metrics.")

    def value(self, cell: str) -> Any:
        """The checked value of one cell. Raises Refused."""
        return self._check(self.name, _readable(self.name, cell)) if cell else ""

    def values(self, cells: Sequence[str], clean: bool) -> Values:
        self.failed = False
        if clean and self._is_text and len(max(cells, key=len, default="")) <= MAX_VALUE:
            return cells
        if clean and self._is_number and (numbers := _numbers(cells)):
            return numbers
        values = self._memo.of_column(cells)
        self.failed = self._memo.failed
        return values


class Group:
    """The columns of one map, such as Demographic or Attributes: a map per row, without the empty cells."""

    def __init__(self, prefix: str, header: Sequence[str]) -> None:
        self.failed = False
        self._positions = [n for n, name in enumerate(header) if name.startswith(prefix)]
        self._columns = [Column(header[n]) for n in self._positions]
        self._keys = [header[n].removeprefix(prefix) for n in self._positions]
        self._lists = prefix in LIST_PREFIXES
        self._memo = Memo(self._map_of_cells if len(self._columns) > 1 else self._map_of_cell)
        self._list_memos = [Memo(lambda value: [value]) for _ in self._columns]
        self._many = False

    def maps(self, grid_columns: Sequence[Sequence[str]], count: int, clean: bool) -> Iterable[Any]:
        """A map, or a Refusal, for each of ``count`` rows."""
        self.failed = False
        if not self._columns:
            return repeat(NOTHING, count)
        columns = [grid_columns[n] for n in self._positions]
        if clean and self._many:
            checked = [column.values(cells, clean) for column, cells in zip(self._columns, columns)]
            if not any(column.failed for column in self._columns):
                return self._made(checked)
        known = len(self._memo)
        maps = self._memo.of_columns(columns) if len(columns) > 1 else self._memo.of_column(columns[0])
        self.failed = self._memo.failed
        self._many = 2 * (len(self._memo) - known) > count or len(self._memo) > _MEMO_LIMIT
        return maps

    def _map_of_cell(self, cell: str) -> dict[str, Any]:
        return self._map([self._columns[0].value(cell)])

    def _map_of_cells(self, cells: tuple[str, ...]) -> dict[str, Any]:
        return self._map([column.value(cell) for column, cell in zip(self._columns, cells)])

    def _made(self, columns: Sequence[Values]) -> list[dict[str, Any]]:
        """Maps from checked columns; the two forms that need no look at each cell come first."""
        full = not any("" in column for column in columns)
        if full and len(columns) == 1:
            key = self._keys[0]
            return [{key: [value]} for value in columns[0]] if self._lists else [{key: value} for value in columns[0]]
        if full and len(set(self._keys)) == len(columns):
            if self._lists:
                columns = [memo.of(column) for memo, column in zip(self._list_memos, columns)]
            if len(columns) == 2:
                one, two = self._keys
                return [{one: first, two: second} for first, second in zip(*columns)]
            return [dict(zip(self._keys, row)) for row in zip(*columns)]
        return list(map(self._map, zip(*columns)))

    def _map(self, row: Sequence[Any]) -> dict[str, Any]:
        if not self._lists:
            return {key: value for key, value in zip(self._keys, row) if value != ""}
        lists: dict[str, list[str]] = defaultdict(list)
        for key, value in zip(self._keys, row):
            if value != "":
                lists[key].append(value)
        return dict(lists)


def _is_constant(cells: Sequence[str]) -> bool:
    return bool(cells) and cells[0] == cells[-1] and cells.count(cells[0]) == len(cells)


def _numbers(cells: Sequence[str]) -> list[Any] | None:
    """The column as numbers when all of it is right, else None; ``number_from_text`` says what is."""
    try:
        if "" in cells:
            numbers: list[Any] = [float(cell) if cell else "" for cell in cells]
            total = sum(filter(None, numbers))
        else:
            numbers = list(map(float, cells))
            total = sum(numbers)
    except ValueError:
        return None
    # One number that is not finite makes the sum not finite.
    written = "".join(cells)
    return numbers if isfinite(total) and "_" not in written and written.isascii() else None


def _cell_check(name: str) -> Callable[[str, str], Any]:
    if name.startswith(LIST_PREFIXES):
        return text
    if name.startswith("Metrics."):
        return number_from_text
    if name == "Id":
        return identifier
    check = SCALARS[name]
    if name in _COORDINATES:
        return lambda path, cell: check(path, number_from_text(path, cell))
    if name in _TRIMMED:
        return lambda path, cell: check(path, cell.strip())
    return check


def _readable(name: str, cell: str) -> str:
    """The cell, when it has no control characters and was UTF-8 in the file."""
    found = _UNCLEAN.search(cell)
    if found is None:
        return cell
    code = ord(found.group())
    if 0xDC80 <= code <= 0xDCFF:  # how Python carries a byte that it could not decode
        raise refuse(name, cell, f"holds the byte 0x{code - 0xDC00:02x}, which is not UTF-8", "save the file as UTF-8")
    names = {9: "a tab", 10: "a line break", 13: "a line break", 0: "a NUL character"}
    raise refuse(name, cell, f"holds {names.get(code, f'the control character {code:#04x}')}", "remove it")
