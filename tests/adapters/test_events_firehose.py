"""Firehose: lines, limits, and records that are refused."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import EndpointConnectionError

from engagement.adapters.events_firehose import ATTEMPTS, FirehoseEvents
from engagement.errors import EventsNotRecorded
from tests.aws_faults import Broken


class Stream:
    """Takes records; refuses those for whose ``n`` ``refuses(n, attempt)`` says so."""

    def __init__(self, refuses=lambda number, attempt: False):
        self.refuses, self.lines, self.calls = refuses, [], 0

    def put_record_batch(self, DeliveryStreamName, Records):
        assert DeliveryStreamName == "events" and 0 < len(Records) <= 500
        assert sum(len(one["Data"]) for one in Records) <= 4 * 1024 * 1024
        self.calls += 1
        results = []
        for one in Records:
            number = json.loads(one["Data"])["n"]
            if self.refuses(number, self.calls):
                results.append({"ErrorCode": "ServiceUnavailableException"})
            else:
                self.lines.append(one["Data"])
                results.append({"RecordId": "r"})
        return {"FailedPutCount": sum("ErrorCode" in one for one in results), "RequestResponses": results}


def events(client, pauses=None):
    return FirehoseEvents(delivery_stream="events", client=client, sleep=(pauses if pauses is not None else []).append)


def test_each_record_is_one_line_of_json():
    stream = Stream()
    events(stream).record([{"n": 1, "text": "ü\n"}, {"n": 2}])
    assert b"".join(stream.lines).decode().splitlines() == ['{"n":1,"text":"ü\\n"}', '{"n":2}']


@pytest.mark.parametrize(("count", "size", "calls"), [(0, 1, 0), (500, 10, 1), (501, 10, 2), (9, 900_000, 3)])
def test_many_and_large_records_are_spread_over_calls(count, size, calls):
    stream = Stream()
    events(stream).record([{"n": n, "text": "x" * size} for n in range(count)])
    assert len(stream.lines) == count and stream.calls == calls


def test_refused_records_are_put_again_and_no_other():
    stream, pauses = Stream(lambda number, attempt: number % 3 == 0 and attempt < 3), []
    events(stream, pauses).record([{"n": n} for n in range(10)])
    assert sorted(json.loads(line)["n"] for line in stream.lines) == list(range(10)) and len(pauses) == 2


def test_what_stays_refused_is_named():
    stream = Stream(lambda number, attempt: number == 4)
    with pytest.raises(EventsNotRecorded, match="1 of 6") as raised:
        events(stream).record([{"n": n} for n in range(6)])
    assert raised.value.records == [{"n": 4}] and len(stream.lines) == 5 and stream.calls == ATTEMPTS


def test_a_stream_that_does_not_answer_loses_all_of_them():
    with pytest.raises(EventsNotRecorded) as raised:
        events(Broken(EndpointConnectionError(endpoint_url="x"))).record([{"n": 1}, {"n": 2}])
    assert len(raised.value.records) == 2


def test_a_record_over_the_limit_is_lost_alone():
    stream = Stream()
    with pytest.raises(EventsNotRecorded) as raised:
        events(stream).record([{"n": 1}, {"n": 2, "text": "x" * 1_100_000}])
    assert [one["n"] for one in raised.value.records] == [2] and len(stream.lines) == 1
