"""Event records on a Kinesis data stream: the same lines as on Firehose, each client's on one shard and so in order.

A record that is refused is put again behind those of its batch that were taken; readers go by ``event_timestamp``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from engagement.adapters.aws_client import aws_client
from engagement.adapters.event_lines import Entry, Limits, entry_of, put_lines
from engagement.ports import Json

# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
LIMITS = Limits(records=500, batch_bytes=5 * 1024 * 1024, record_bytes=1024 * 1024)
KEY_CHARACTERS = 256


class KinesisEvents:
    def __init__(self, *, data_stream: str, client: Any = None, sleep: Callable[[float], None] = time.sleep) -> None:
        self._stream, self._given, self._sleep = data_stream, client, sleep

    @cached_property
    def _client(self) -> Any:
        return self._given or aws_client("kinesis")

    def record(self, records: Sequence[Json]) -> None:
        """Raises EventsNotRecorded with the records that the stream did not take."""
        entries = [entry_of(record, _partition_key(record)) for record in records]
        put_lines(entries, self._refused, LIMITS, self._sleep)

    def _refused(self, batch: list[Entry]) -> list[Entry]:
        try:
            answer = self._client.put_records(
                StreamName=self._stream, Records=[{"Data": entry.line, "PartitionKey": entry.key} for entry in batch]
            )
        except (BotoCoreError, ClientError):
            return batch
        if not answer.get("FailedRecordCount"):
            return []
        return [entry for entry, result in zip(batch, answer["Records"]) if result.get("ErrorCode")]


def _partition_key(record: Json) -> str:
    """The client, as Pinpoint had it."""
    return str(record["client"]["client_id"])[:KEY_CHARACTERS]
