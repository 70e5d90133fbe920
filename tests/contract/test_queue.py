"""What every ``ports.Queue`` promises."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import EndpointConnectionError

from engagement.adapters.queue_sqs import SqsQueue
from engagement.errors import Unavailable
from tests.aws_faults import Broken, client_error
from tests.fakes import FakeQueue


class RealQueue:
    """The adapter and a consumer on moto."""

    def __init__(self, sqs):
        self.url = sqs.create_queue(QueueName="imports")["QueueUrl"]
        self.sqs = sqs
        self.send = SqsQueue(url=self.url, client=sqs).send

    def take(self):
        taken = []
        while True:
            found = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
            if not found:
                return taken
            taken += [json.loads(message["Body"]) for message in found]


@pytest.fixture(params=["fake", "sqs"])
def queue(request):
    return FakeQueue() if request.param == "fake" else RealQueue(request.getfixturevalue("aws")("sqs"))


@pytest.mark.parametrize("count", [0, 1, 10, 11, 37])
def test_every_message_arrives(queue, count):
    messages = [{"n": n, "text": "größer"} for n in range(count)]
    queue.send(messages)
    assert sorted(queue.take(), key=lambda one: one["n"]) == messages


def test_large_messages_are_spread_over_calls(queue):
    messages = [{"n": n, "text": "ü" * 60_000} for n in range(5)]
    queue.send(messages)
    assert sorted(queue.take(), key=lambda one: one["n"]) == messages


class Refusing:
    """Takes at most ``takes`` entries per call, the others fail."""

    def __init__(self, takes):
        self.takes = takes
        self.bodies = []
        self.calls = 0

    def send_message_batch(self, QueueUrl, Entries):
        self.calls += 1
        self.bodies += [(entry["MessageBody"], entry["DelaySeconds"]) for entry in Entries[: self.takes]]
        return {"Failed": [{"Id": entry["Id"], "Code": "InternalError"} for entry in Entries[self.takes :]]}


def test_refused_entries_are_sent_again_and_no_other():
    client, pauses = Refusing(takes=4), []
    SqsQueue(url="u", client=client, sleep=pauses.append).send([{"n": n} for n in range(10)], delay_seconds=7)
    assert client.bodies == [(f'{{"n":{n}}}', 7) for n in range(10)]
    assert (client.calls, len(pauses)) == (3, 2)


def test_messages_that_stay_refused_are_unavailable():
    client = Refusing(takes=0)
    with pytest.raises(Unavailable, match="2 of 2"):
        SqsQueue(url="u", client=client, sleep=lambda seconds: None).send([{"n": 1}, {"n": 2}])
    assert client.calls == 4


@pytest.mark.parametrize(
    "error",
    [
        client_error("AWS.SimpleQueueService.NonExistentQueue"),
        EndpointConnectionError(endpoint_url="x"),
        client_error("X", 503),
    ],
)
def test_a_failed_call_is_unavailable(error):
    with pytest.raises(Unavailable):
        SqsQueue(url="u", client=Broken(error)).send([{"n": 1}])
