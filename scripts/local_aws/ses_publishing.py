"""Hands SES's event records to the event destinations of a configuration set, in order, behind the answer."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Sequence
from typing import Any

from scripts.local_aws.aws_in_process import Caller, InProcessAws
from scripts.local_aws.ses_events import EVENT_TYPES

log = logging.getLogger("local_aws.ses")
Json = dict[str, Any]
GATHER_SECONDS = 0.5
MAX_RECORD_BYTES = 1_000_000


class Publisher:
    """One worker publishes everything in the order in which it happened.

    A destination that fails is logged and left out, as at AWS; it never fails the send. What was published is kept
    for ``/_kit/events``.
    """

    def __init__(self, aws: InProcessAws) -> None:
        self._aws = aws
        self._waiting: asyncio.Queue[tuple[Caller, Sequence[Json], Json]] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None
        self._gathered: dict[tuple[Caller, str], list[bytes]] = {}
        self._putting: set[asyncio.Task[None]] = set()
        self.history: list[Json] = []

    def publish(self, caller: Caller, destinations: Sequence[Json], record: Json) -> None:
        self.history.append(record)
        self._waiting.put_nowait((caller, destinations, record))
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        while True:
            caller, destinations, record = await self._waiting.get()
            for destination in destinations:
                if destination.get("Enabled") and _wants(destination, record):
                    await self._deliver(caller, destination, record)

    async def _deliver(self, caller: Caller, destination: Json, record: Json) -> None:
        try:
            if "SnsDestination" in destination:
                await self._to_topic(caller, destination["SnsDestination"]["TopicArn"], record)
            elif "EventBridgeDestination" in destination:
                await self._to_bus(caller, destination["EventBridgeDestination"]["EventBusArn"], record)
            elif "KinesisFirehoseDestination" in destination:
                arn = destination["KinesisFirehoseDestination"]["DeliveryStreamArn"]
                await self._to_delivery_stream(caller, arn.rpartition("/")[2], record)
        except Exception:
            log.exception("event destination %s failed", destination.get("Name"))

    async def _to_topic(self, caller: Caller, topic: str, record: Json) -> None:
        values = {
            "TopicArn": topic,
            "Subject": "Amazon SES Email Event Notification",
            "Message": json.dumps(record),
        }
        _check(await self._aws.query(caller, "sns", "Publish", values))

    async def _to_bus(self, caller: Caller, bus_arn: str, record: Json) -> None:
        entry = {
            "Source": "aws.ses",
            "DetailType": EVENT_TYPES[record["eventType"]][2],
            "Detail": json.dumps(record),
            "EventBusName": bus_arn.rpartition("/")[2],
            "Resources": [record["mail"]["sourceArn"]],
        }
        await self._aws.put_service_event(caller, entry)

    async def _to_delivery_stream(self, caller: Caller, name: str, record: Json) -> None:
        # SES ends each record with a line break.
        line = json.dumps(record).encode() + b"\n"
        gathered = self._gathered.setdefault((caller, name), [])
        if gathered and sum(map(len, gathered)) + len(line) > MAX_RECORD_BYTES:
            await self._put_gathered(caller, name)
        self._gathered[caller, name].append(line)
        if len(self._gathered[caller, name]) == 1:
            task = asyncio.get_running_loop().create_task(self._put_later(caller, name))
            self._putting.add(task)
            task.add_done_callback(self._putting.discard)

    async def _put_later(self, caller: Caller, name: str) -> None:
        """Firehose gathers for a minute before it writes a file; ministack writes one for each record at once."""
        await asyncio.sleep(GATHER_SECONDS)
        try:
            await self._put_gathered(caller, name)
        except Exception:
            log.exception("delivery stream %s failed", name)

    async def _put_gathered(self, caller: Caller, name: str) -> None:
        lines, self._gathered[caller, name] = self._gathered[caller, name], []
        if not lines:
            return
        body = {"DeliveryStreamName": name, "Record": {"Data": base64.b64encode(b"".join(lines)).decode()}}
        _check(await self._aws.target(caller, "firehose", "Firehose_20150804.PutRecord", body))


def _wants(destination: Json, record: Json) -> bool:
    return EVENT_TYPES[record["eventType"]][0] in destination.get("MatchingEventTypes", [])


def _check(response: Any) -> None:
    if response.status >= 300:
        raise RuntimeError(f"status {response.status}: {response.body[:300]!r}")
