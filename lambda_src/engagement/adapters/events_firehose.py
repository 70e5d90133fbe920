"""Event records on a Firehose delivery stream: one JSON object and a newline per record."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from engagement.adapters.aws_client import aws_client
from engagement.errors import EventsNotRecorded
from engagement.ports import Json

MAX_RECORDS, MAX_BATCH_BYTES, MAX_RECORD_BYTES = 500, 4 * 1024 * 1024, 1_024_000
ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 0.2


class FirehoseEvents:
    def __init__(
        self, *, delivery_stream: str, client: Any = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._stream, self._given, self._sleep = delivery_stream, client, sleep

    @cached_property
    def _client(self) -> Any:
        return self._given or aws_client("firehose")

    def record(self, records: Sequence[Json]) -> None:
        """Raises EventsNotRecorded with the records that the stream did not take after ATTEMPTS tries."""
        lost: list[Json] = []
        lines = []
        for record in records:
            line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            if len(line) > MAX_RECORD_BYTES:
                lost.append(record)
            else:
                lines.append((record, line))
        for batch in _batches(lines):
            lost += self._put(batch)
        if lost:
            raise EventsNotRecorded(f"{len(lost)} of {len(records)} event records were not taken", lost)

    def _put(self, batch: list[tuple[Json, bytes]]) -> list[Json]:
        """Put one batch, the failed entries again and again; answers the records that remain."""
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(FIRST_PAUSE_SECONDS * 2**attempt * random.uniform(0.5, 1))  # noqa: S311 (jitter, no secret)
            batch = self._failed(batch)
            if not batch:
                return []
        return [record for record, _ in batch]

    def _failed(self, batch: list[tuple[Json, bytes]]) -> list[tuple[Json, bytes]]:
        try:
            answer = self._client.put_record_batch(
                DeliveryStreamName=self._stream, Records=[{"Data": line} for _, line in batch]
            )
        except (BotoCoreError, ClientError):
            return batch
        if not answer.get("FailedPutCount"):
            return []
        return [entry for entry, result in zip(batch, answer["RequestResponses"]) if result.get("ErrorCode")]


def _batches(lines: Sequence[tuple[Json, bytes]]) -> Iterator[list[tuple[Json, bytes]]]:
    batch: list[tuple[Json, bytes]] = []
    size = 0
    for entry in lines:
        if batch and (len(batch) == MAX_RECORDS or size + len(entry[1]) > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += len(entry[1])
    if batch:
        yield batch
