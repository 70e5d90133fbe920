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
        self._put_by_user: dict[str, list[Json]] = defaultdict(list)
        self._all: Columns | None = None
        self._last_row: dict[str, dict[str, int]] = {}
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
            self._put += rows
            for row in rows:
                self._put_by_user[row.get("USER_ID", "")].append(row)
            self._all = None

    def put_by(self, user_id: str) -> list[Json]:
        """The rows that were put for a user, in the order they came."""
        with self._lock:
            return list(self._put_by_user.get(user_id, ()))

    @property
    def imported(self) -> bool:
        with self._lock:
            return self._bulk is not None or bool(self._put)

    def columns(self) -> Columns:
        """Everything, bulk rows first."""
        with self._lock:
            if self._all is None:
                put = columns_of(self.schema.fields, self._put)
                self._all = joined(self._bulk, put) if self._bulk else put
                self._last_row = {}
            return self._all

    def row_of(self, key: str, value: str) -> int | None:
        """The last row whose ``key`` column (USER_ID, ITEM_ID) has this value: the one that counts in metadata."""
        with self._lock:
            columns = self.columns()
            if key not in self._last_row:
                column = columns[key]
                assert isinstance(column, Texts)
                rows = np.full(len(column.values) + 1, -1)
                rows[column.codes] = np.arange(len(column.codes))
                self._last_row[key] = dict(zip(column.values, rows[:-1].tolist(), strict=True))
            return self._last_row[key].get(value)
