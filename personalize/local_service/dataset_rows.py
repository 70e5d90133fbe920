"""The rows of one dataset: what was imported in bulk, and what was put since, one event at a time."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Any

import numpy as np

from personalize.local_service.avro_schema import Schema
from personalize.local_service.columns import Columns, Texts, columns_of, joined

Json = dict[str, Any]


class DatasetRows:
    """Columns are replaced, never changed: a reader keeps a consistent view."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._bulk: Columns | None = None
        self._put: list[Json] = []
        self._put_by_user: dict[str, list[tuple[int, Json]]] = defaultdict(list)
        self._all: Columns | None = None
        self._last_row: dict[str, dict[str, int]] = {}
        self._by_user: tuple[dict[str, int], np.ndarray, np.ndarray] | None = None
        self._lock = threading.RLock()

    def replace(self, columns: Columns) -> None:
        """A FULL import: earlier bulk rows go, rows that were put stay."""
        with self._lock:
            self._bulk, self._all = columns, None

    def append(self, columns: Columns) -> None:
        """An INCREMENTAL import."""
        with self._lock:
            self._bulk = joined(self._bulk, columns) if self._bulk else columns
            self._all = None

    def put(self, rows: list[Json]) -> None:
        with self._lock:
            for row in rows:
                self._put_by_user[row.get("USER_ID", "")].append((len(self._put), row))
                self._put.append(row)
            self._all = None

    def put_by(self, user_id: str, since: int = 0) -> list[Json]:
        """The rows that were put for a user when ``since`` rows had been put already, in the order they came."""
        with self._lock:
            return [row for number, row in self._put_by_user.get(user_id, ()) if number >= since]

    @property
    def number_put(self) -> int:
        return len(self._put)

    @property
    def imported(self) -> bool:
        with self._lock:
            return self._bulk is not None or bool(self._put)

    def columns(self) -> Columns:
        """Everything, bulk rows first."""
        with self._lock:
            if self._all is None:
                put = self.put_columns()
                self._all = joined(self._bulk, put) if self._bulk else put
                self._last_row, self._by_user = {}, None
            return self._all

    def put_columns(self) -> Columns:
        """Only what was put, one row at a time."""
        with self._lock:
            return columns_of(self.schema.fields, self._put)

    def bulk_columns(self) -> Columns:
        """Only what was imported."""
        with self._lock:
            return self._bulk or columns_of(self.schema.fields, [])

    def last_rows(self, key: str) -> dict[str, int]:
        """Value of ``key`` (USER_ID, ITEM_ID) -> its last row: the one that counts in metadata."""
        with self._lock:
            column = self.columns()[key]
            assert isinstance(column, Texts)
            if key not in self._last_row:
                rows = np.full(len(column.values) + 1, -1)
                rows[column.codes] = np.arange(len(column.codes))
                self._last_row[key] = dict(zip(column.values, rows[:-1].tolist(), strict=True))
            return self._last_row[key]

    def rows_of_user(self, user_id: str) -> np.ndarray:
        """All rows of one user, in the order they came."""
        with self._lock:
            column = self.columns()["USER_ID"]
            assert isinstance(column, Texts)
            if self._by_user is None:
                codes = {value: code for code, value in enumerate(column.values)}
                order = np.argsort(column.codes, kind="stable")
                self._by_user = (codes, order, np.searchsorted(column.codes[order], np.arange(len(codes) + 1)))
            codes, order, starts = self._by_user
            code = codes.get(user_id)
            return order[:0] if code is None else order[starts[code] : starts[code + 1]]
