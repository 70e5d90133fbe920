"""Rows of a dataset as columns: numbers as arrays, texts as a code and a list of values. A million rows stay small."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from personalize.local_service.avro_schema import Field

NULL = -1
WHOLE = ("int", "long")


@dataclass(frozen=True)
class Texts:
    """``values[codes[row]]`` is the text of a row; the code -1 is null."""

    codes: np.ndarray
    values: list[str]

    def __len__(self) -> int:
        return len(self.codes)

    def at(self, row: int) -> str | None:
        code = self.codes[row]
        return None if code == NULL else self.values[code]


@dataclass(frozen=True)
class Numbers:
    """``numbers`` is int64 or float64; ``missing`` marks nulls, or is None when there are none."""

    numbers: np.ndarray
    missing: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def at(self, row: int) -> float | int | None:
        if self.missing is not None and self.missing[row]:
            return None
        return self.numbers[row].item()


Column = Texts | Numbers
Columns = dict[str, Column]


class TextBuilder:
    def __init__(self) -> None:
        self._codes = array("i")
        self._known: dict[str, int] = {}

    def add(self, text: str | None) -> None:
        self._codes.append(NULL if text is None else self._known.setdefault(text, len(self._known)))

    def column(self) -> Texts:
        return Texts(np.array(self._codes, dtype=np.int32), list(self._known))


class NumberBuilder:
    def __init__(self, *, whole: bool) -> None:
        self._numbers = array("q" if whole else "d")
        self._missing: list[int] = []

    def add(self, number: float | int | None) -> None:
        if number is None:
            self._missing.append(len(self._numbers))
        self._numbers.append(0 if number is None else number)  # type: ignore[arg-type]

    def column(self) -> Numbers:
        numbers = np.array(self._numbers)
        missing = None
        if self._missing:
            missing = np.zeros(len(numbers), dtype=bool)
            missing[self._missing] = True
        return Numbers(numbers, missing)


def builder(field: Field) -> TextBuilder | NumberBuilder:
    """Booleans are kept as the texts true and false."""
    return TextBuilder() if field.type in ("string", "boolean") else NumberBuilder(whole=field.type in WHOLE)


def columns_of(fields: Sequence[Field], rows: Iterable[dict[str, Any]]) -> Columns:
    """Rows of Python values as columns; a name that a row lacks is null."""
    builders = {field.name: builder(field) for field in fields}
    for row in rows:
        for name, target in builders.items():
            target.add(row.get(name))
    return {name: target.column() for name, target in builders.items()}


def joined(first: Columns, second: Columns) -> Columns:
    """Both one after the other; a column that only one has is null in the rows of the other."""
    lengths = [len(next(iter(columns.values()), ())) for columns in (first, second)]
    names = [*first, *(name for name in second if name not in first)]
    return {name: _join(first.get(name), second.get(name), lengths) for name in names}


def _join(first: Column | None, second: Column | None, lengths: list[int]) -> Column:
    if isinstance(first, Texts) or isinstance(second, Texts):
        return _join_texts(_texts(first, lengths[0]), _texts(second, lengths[1]))
    return _join_numbers(_numbers(first, lengths[0]), _numbers(second, lengths[1]))


def _texts(column: Column | None, length: int) -> Texts:
    return column if isinstance(column, Texts) else Texts(np.full(length, NULL, np.int32), [])


def _numbers(column: Column | None, length: int) -> Numbers:
    return column if isinstance(column, Numbers) else Numbers(np.zeros(length), np.ones(length, dtype=bool))


def _join_numbers(first: Numbers, second: Numbers) -> Numbers:
    numbers = np.concatenate([first.numbers, second.numbers])
    if first.missing is None and second.missing is None:
        return Numbers(numbers)
    gaps = [np.zeros(len(part), dtype=bool) if part.missing is None else part.missing for part in (first, second)]
    return Numbers(numbers, np.concatenate(gaps))


def _join_texts(first: Texts, second: Texts) -> Texts:
    known = {value: code for code, value in enumerate(first.values)}
    translation = np.array([known.setdefault(value, len(known)) for value in second.values] + [NULL], dtype=np.int32)
    return Texts(np.concatenate([first.codes, translation[second.codes]]), list(known))
