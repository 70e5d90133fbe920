"""What every ``ports.Events`` promises: lines, limits, and records that are refused; the fake, Firehose and Kinesis."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from engagement.adapters.event_lines import ATTEMPTS
from engagement.adapters.events_firehose import FirehoseEvents
from engagement.adapters.events_kinesis import KinesisEvents
from engagement.errors import EventsNotRecorded
from tests.aws_faults import Broken, client_error
from tests.fakes import FakeEvents

MEGABYTE = 1024 * 1024


def record(number: int, **more: Any) -> dict[str, Any]:
    return {"n": number, "client": {"client_id": f"client-{number}"}, **more}


@dataclass
class Stream:
    """Both services as a client sees them; refuses records for whose ``n`` ``refuses(n, call)`` says so."""

    refuses: Callable[[int, int], bool] = lambda number, call: False
    lines: list[bytes] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    calls: int = 0

    def put_record_batch(self, DeliveryStreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        assert DeliveryStreamName == "events" and all(set(one) == {"Data"} for one in Records)
        assert 0 < len(Records) <= 500 and sum(len(one["Data"]) for one in Records) <= 4 * MEGABYTE
        results = self._take(Records, "ServiceUnavailableException")
        return {"FailedPutCount": sum("ErrorCode" in one for one in results), "RequestResponses": results}

    def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        assert StreamName == "events" and all(1 <= len(one["PartitionKey"]) <= 256 for one in Records)
        sizes = [len(one["Data"]) + len(one["PartitionKey"].encode()) for one in Records]
        assert 0 < len(Records) <= 500 and max(sizes) <= MEGABYTE and sum(sizes) <= 5 * MEGABYTE
        results = self._take(Records, "ProvisionedThroughputExceededException")
        return {"FailedRecordCount": sum("ErrorCode" in one for one in results), "Records": results}

    def _take(self, records: list[dict[str, Any]], code: str) -> list[dict[str, str]]:
        self.calls += 1
        results: list[dict[str, str]] = []
        for one in records:
            if self.refuses(json.loads(one["Data"])["n"], self.calls):
                results.append({"ErrorCode": code})
            else:
                self.lines.append(one["Data"])
                self.keys.append(one.get("PartitionKey", ""))
                results.append({"RecordId": "r"})
        return results


ADAPTERS = {
    "firehose": lambda client, sleep: FirehoseEvents(delivery_stream="events", client=client, sleep=sleep),
    "kinesis": lambda client, sleep: KinesisEvents(data_stream="events", client=client, sleep=sleep),
}


@pytest.fixture(params=ADAPTERS)
def events(request):
    """``events(client, pauses)``: the adapter on that client."""
    return lambda client, pauses=None: ADAPTERS[request.param](client, (pauses if pauses is not None else []).append)


class OnMoto:
    """An adapter, and what a reader of its stream finds, on moto."""

    def __init__(self, kind: str, aws: Callable[[str], Any]) -> None:
        self.client, self.kind = aws(kind), kind
        if kind == "kinesis":
            self.client.create_stream(StreamName="events", ShardCount=2)
        else:
            aws("s3").create_bucket(Bucket="lake")
            role = "arn:aws:iam::123456789012:role/deliver"
            target = {"RoleARN": role, "BucketARN": "arn:aws:s3:::lake"}
            self.client.create_delivery_stream(DeliveryStreamName="events", ExtendedS3DestinationConfiguration=target)
        self.s3 = aws("s3")
        self.record = ADAPTERS[kind](self.client, [].append).record

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for body in self._bodies() for line in body.decode().splitlines()]

    def _bodies(self) -> list[bytes]:
        if self.kind == "firehose":
            keys = [item["Key"] for item in self.s3.list_objects_v2(Bucket="lake").get("Contents", [])]
            return [self.s3.get_object(Bucket="lake", Key=key)["Body"].read() for key in keys]
        bodies = []
        for shard in self.client.list_shards(StreamName="events")["Shards"]:
            start = self.client.get_shard_iterator(
                StreamName="events", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )
            found = self.client.get_records(ShardIterator=start["ShardIterator"])["Records"]
            bodies += [one["Data"] for one in found]
        return bodies


@pytest.fixture(params=["fake", "firehose", "kinesis"])
def stream(request):
    return FakeEvents() if request.param == "fake" else OnMoto(request.param, request.getfixturevalue("aws"))


@pytest.mark.parametrize("count", [0, 1, 12])
def test_every_record_arrives_as_it_was(stream, count):
    records = [record(n, text="größer\n") for n in range(count)]
    stream.record(records)
    assert sorted(stream.records, key=lambda one: one["n"]) == records


def test_each_record_is_one_line_of_json(events):
    client = Stream()
    events(client).record([record(1, text="ü\n"), record(2)])
    assert [json.loads(line)["n"] for line in b"".join(client.lines).decode().splitlines()] == [1, 2]
    assert client.lines[0].startswith(b'{"n":1,') and '"text":"ü\\n"}\n'.encode() in client.lines[0]


@pytest.mark.parametrize(("count", "size", "calls"), [(0, 1, 0), (500, 10, 1), (501, 10, 2), (9, 900_000, {2, 3})])
def test_many_and_large_records_are_spread_over_calls(events, count, size, calls):
    client = Stream()
    events(client).record([record(n, text="x" * size) for n in range(count)])
    assert len(client.lines) == count
    assert client.calls in (calls if isinstance(calls, set) else {calls})


def test_refused_records_are_put_again_and_no_other(events):
    client, pauses = Stream(lambda number, call: number % 3 == 0 and call < 3), []
    events(client, pauses).record([record(n) for n in range(10)])
    assert sorted(json.loads(line)["n"] for line in client.lines) == list(range(10)) and len(pauses) == 2


def test_what_stays_refused_is_named(events):
    client = Stream(lambda number, call: number == 4)
    with pytest.raises(EventsNotRecorded, match="1 of 6") as raised:
        events(client).record([record(n) for n in range(6)])
    assert raised.value.records == [record(4)] and len(client.lines) == 5 and client.calls == ATTEMPTS


@pytest.mark.parametrize(
    "error", [EndpointConnectionError(endpoint_url="x"), client_error("ResourceNotFoundException")]
)
def test_a_stream_that_does_not_answer_loses_all_of_them(events, error):
    with pytest.raises(EventsNotRecorded) as raised:
        events(Broken(error)).record([record(1), record(2)])
    assert raised.value.records == [record(1), record(2)]


def test_a_record_over_the_limit_is_lost_alone(events):
    client = Stream()
    with pytest.raises(EventsNotRecorded) as raised:
        events(client).record([record(1), record(2, text="x" * 1_100_000)])
    assert [one["n"] for one in raised.value.records] == [2] and len(client.lines) == 1


def test_on_kinesis_the_client_is_the_partition_key():
    client = Stream()
    long = {"n": 2, "client": {"client_id": "x" * 300}}
    KinesisEvents(data_stream="events", client=client).record([record(1), long])
    assert client.keys == ["client-1", "x" * 256]
