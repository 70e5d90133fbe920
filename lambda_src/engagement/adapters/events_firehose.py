"""Event records on a Firehose delivery stream: one JSON object and a newline per record."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from engagement.adapters.aws_client import aws_client
from engagement.adapters.event_lines import Entry, Limits, entry_of, put_lines
from engagement.ports import Json

# https://docs.aws.amazon.com/firehose/latest/dev/limits.html
LIMITS = Limits(records=500, batch_bytes=4 * 1024 * 1024, record_bytes=1_024_000)


class FirehoseEvents:
    def __init__(
        self, *, delivery_stream: str, client: Any = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._stream, self._given, self._sleep = delivery_stream, client, sleep

    @cached_property
    def _client(self) -> Any:
        return self._given or aws_client("firehose")

    def record(self, records: Sequence[Json]) -> None:
        """Raises EventsNotRecorded with the records that the stream did not take."""
        put_lines([entry_of(record) for record in records], self._refused, LIMITS, self._sleep)

    def _refused(self, batch: list[Entry]) -> list[Entry]:
        try:
            answer = self._client.put_record_batch(
                DeliveryStreamName=self._stream, Records=[{"Data": entry.line} for entry in batch]
            )
        except (BotoCoreError, ClientError):
            return batch
        if not answer.get("FailedPutCount"):
            return []
        return [entry for entry, result in zip(batch, answer["RequestResponses"]) if result.get("ErrorCode")]
