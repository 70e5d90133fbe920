"""Event records as lines of JSON, in batches as a stream takes them; what it refuses is put again, and nothing else.

A line ends with a line break on every stream: Firehose writes records one after the other, whoever put them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engagement.adapters.backoff import pause_seconds
from engagement.errors import EventsNotRecorded
from engagement.ports import Json

ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class Entry:
    """``line`` is ``record`` as the stream gets it; ``key`` tells which records keep their order, "" where none do."""

    record: Json
    line: bytes
    key: str = ""

    @property
    def size(self) -> int:
        """Bytes that count against the stream's limits."""
        return len(self.line) + len(self.key.encode())


@dataclass(frozen=True)
class Limits:
    """What a stream takes in one call."""

    records: int
    batch_bytes: int
    record_bytes: int


def entry_of(record: Json, key: str = "") -> Entry:
    """The record and its line."""
    line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    return Entry(record, line, key)


def put_lines(
    entries: Sequence[Entry],
    refused: Callable[[list[Entry]], list[Entry]],
    limits: Limits,
    sleep: Callable[[float], None],
) -> None:
    """Put all of them; ``refused`` puts one batch and answers the entries that were not taken.

    Raises EventsNotRecorded with the records that are too large, or not taken after ATTEMPTS tries.
    """
    lost = [entry for entry in entries if entry.size > limits.record_bytes]
    for batch in _batches([entry for entry in entries if entry.size <= limits.record_bytes], limits):
        lost += _not_taken(batch, refused, sleep)
    if lost:
        raise EventsNotRecorded(
            f"{len(lost)} of {len(entries)} event records were not taken", [entry.record for entry in lost]
        )


def _not_taken(
    batch: list[Entry], refused: Callable[[list[Entry]], list[Entry]], sleep: Callable[[float], None]
) -> list[Entry]:
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(pause_seconds(FIRST_PAUSE_SECONDS, attempt))
        batch = refused(batch)
        if not batch:
            return []
    return batch


def _batches(entries: Sequence[Entry], limits: Limits) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        if batch and (len(batch) == limits.records or size + entry.size > limits.batch_bytes):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.size
    if batch:
        yield batch
