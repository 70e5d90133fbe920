"""One SQS queue, sent to in batches."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from engagement.adapters.aws_client import aws_client, translated
from engagement.adapters.backoff import pause_seconds
from engagement.errors import Unavailable
from engagement.ports import Json

MAX_MESSAGES, MAX_BATCH_BYTES = 10, 256 * 1024
ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 0.2


class SqsQueue:
    def __init__(self, *, url: str, client: Any = None, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url, self._given, self._sleep = url, client, sleep

    @cached_property
    def _client(self) -> Any:
        return self._given or aws_client("sqs")

    def send(self, messages: Sequence[Json], *, delay_seconds: int = 0) -> None:
        """Raises Unavailable for the entries that SQS refused ATTEMPTS times, or the translated error of the call."""
        bodies = [json.dumps(message, ensure_ascii=False, separators=(",", ":")) for message in messages]
        for batch in _batches(bodies):
            self._send_batch(batch, delay_seconds)

    def _send_batch(self, bodies: Sequence[str], delay_seconds: int) -> None:
        left = dict(enumerate(bodies))
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(pause_seconds(FIRST_PAUSE_SECONDS, attempt))
            left = self._refused(left, delay_seconds)
            if not left:
                return
        raise Unavailable(f"SQS did not take {len(left)} of {len(bodies)} messages after {ATTEMPTS} attempts")

    def _refused(self, entries: dict[int, str], delay_seconds: int) -> dict[int, str]:
        request = [
            {"Id": str(number), "MessageBody": body, "DelaySeconds": delay_seconds} for number, body in entries.items()
        ]
        try:
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=request)
        except (BotoCoreError, ClientError) as error:
            fault = translated(error, "SQS SendMessageBatch")
            raise Unavailable(fault.message) from error
        return {int(failed["Id"]): entries[int(failed["Id"])] for failed in answer.get("Failed", [])}


def _batches(bodies: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if batch and (len(batch) == MAX_MESSAGES or size + length > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch
