"""Many items of one table at once: DynamoDB takes 25 writes or 100 reads a call and may leave some of them undone.

``call`` is the adapter's own BatchWriteItem or BatchGetItem: it takes RequestItems and raises the engine's errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from engagement.adapters.backoff import pause_seconds
from engagement.errors import Unavailable
from engagement.ports import Json

Call = Callable[..., Any]
Sleep = Callable[[float], None]
WRITE_BATCH, READ_BATCH, THREADS = 25, 100, 8
ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 0.05


def put_items(call: Call, table: str, items: Sequence[Json], sleep: Sleep) -> None:
    """Write ``items``, each of another key, several calls at the same time. Raises Unavailable when some are left."""
    _write(call, table, [{"PutRequest": {"Item": item}} for item in items], sleep)


def delete_items(call: Call, table: str, keys: Sequence[Json], sleep: Sleep) -> None:
    """Delete the items of ``keys``, no key twice, as ``put_items`` writes; one that does not exist is no error."""
    _write(call, table, [{"DeleteRequest": {"Key": key}} for key in keys], sleep)


def _write(call: Call, table: str, requests: Sequence[Json], sleep: Sleep) -> None:
    chunks = [requests[first : first + WRITE_BATCH] for first in range(0, len(requests), WRITE_BATCH)]
    if not chunks:
        return
    with ThreadPoolExecutor(max_workers=min(THREADS, len(chunks))) as pool:
        list(pool.map(partial(_write_chunk, call, table, sleep), chunks))


def _write_chunk(call: Call, table: str, sleep: Sleep, left: Sequence[Json]) -> None:
    for attempt in range(ATTEMPTS):
        _pause(sleep, attempt)
        left = call(RequestItems={table: left}).get("UnprocessedItems", {}).get(table, [])
        if not left:
            return
    raise Unavailable(f"{len(left)} items could not be written now")


def get_items(call: Call, table: str, keys: Sequence[Json], sleep: Sleep) -> Iterator[Json]:
    """The items that exist, in any order, eventually consistent; no key twice. Raises Unavailable."""
    for first in range(0, len(keys), READ_BATCH):
        yield from _get(call, table, keys[first : first + READ_BATCH], sleep)


def _get(call: Call, table: str, keys: Sequence[Json], sleep: Sleep) -> Iterator[Json]:
    for attempt in range(ATTEMPTS):
        _pause(sleep, attempt)
        answer = call(RequestItems={table: {"Keys": keys}})
        yield from answer["Responses"].get(table, [])
        keys = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        if not keys:
            return
    raise Unavailable(f"{len(keys)} items could not be read now")


def _pause(sleep: Sleep, attempt: int) -> None:
    if attempt:
        sleep(pause_seconds(FIRST_PAUSE_SECONDS, attempt))
