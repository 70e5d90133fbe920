"""Many items of one table at once: DynamoDB takes 25 writes or 100 reads a call and may leave some undone."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from engagement.adapters.aws_client import aws_client, call
from engagement.errors import Unavailable
from engagement.ports import Json

WRITE_BATCH, READ_BATCH, THREADS = 25, 100, 8
ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 0.05


class ItemBatches:
    """Raises Unavailable when the table does not take or give everything after ATTEMPTS."""

    def __init__(self, *, table: str, client: Any = None, sleep: Callable[[float], None] = time.sleep) -> None:
        self.table, self._given, self._sleep = table, client, sleep

    @cached_property
    def client(self) -> Any:
        return self._given or aws_client("dynamodb")

    def put(self, items: Sequence[Json]) -> None:
        """Write ``items``, each of another key, several calls at the same time."""
        chunks = [items[first : first + WRITE_BATCH] for first in range(0, len(items), WRITE_BATCH)]
        if len(chunks) < 2:
            for chunk in chunks:
                self._put(chunk)
            return
        with ThreadPoolExecutor(max_workers=min(THREADS, len(chunks))) as pool:
            list(pool.map(self._put, chunks))

    def _put(self, items: Sequence[Json]) -> None:
        left = [{"PutRequest": {"Item": item}} for item in items]
        for attempt in range(ATTEMPTS):
            self._pause(attempt)
            answer = self.call("batch_write_item", RequestItems={self.table: left})
            left = answer.get("UnprocessedItems", {}).get(self.table, [])
            if not left:
                return
        raise Unavailable(f"{len(left)} items could not be written now")

    def get(self, keys: Sequence[Json], *, consistent: bool = False) -> Iterator[Json]:
        """The items that exist, in any order; no key twice."""
        for first in range(0, len(keys), READ_BATCH):
            yield from self._get(list(keys[first : first + READ_BATCH]), consistent)

    def _get(self, keys: list[Json], consistent: bool) -> Iterator[Json]:
        for attempt in range(ATTEMPTS):
            self._pause(attempt)
            answer = self.call(
                "batch_get_item", RequestItems={self.table: {"Keys": keys, "ConsistentRead": consistent}}
            )
            yield from answer["Responses"].get(self.table, [])
            keys = answer.get("UnprocessedKeys", {}).get(self.table, {}).get("Keys", [])
            if not keys:
                return
        raise Unavailable(f"{len(keys)} items could not be read now")

    def call(self, operation: str, **request: Any) -> Any:
        """One call of DynamoDB, its failure in the engine's words."""
        return call(self.client, "DynamoDB", operation, **request)

    def _pause(self, attempt: int) -> None:
        if attempt:
            self._sleep(FIRST_PAUSE_SECONDS * 2**attempt * random.uniform(0.5, 1))  # noqa: S311 (jitter, no secret)
