"""The three queue handlers: partial batch failures, poison, one log line without addresses."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from engagement.errors import Unavailable
from handlers.campaign_sending import select_audience, send_messages, start_run
from tests.usecases.sending_stage import APP, campaign, people, stage

CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 100_000)


def event(*messages, receives=1):
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "body": message if isinstance(message, str) else json.dumps(message),
                "attributes": {"ApproximateReceiveCount": str(receives)},
            }
            for number, message in enumerate(messages)
        ]
    }


@pytest.fixture
def scene(monkeypatch):
    app = stage(people(3))
    for handler in (start_run, select_audience, send_messages):
        monkeypatch.setattr(handler, "app", lambda: app)
    return app


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def through(app):
    """From the campaign to the sends messages."""
    campaign(app)
    assert start_run.handle(event(*app.campaign_runs_queue.take()), CONTEXT) == {"batchItemFailures": []}
    assert select_audience.handle(event(*app.audiences_queue.take()), CONTEXT) == {"batchItemFailures": []}
    return app.sends_queue.take()


def test_a_campaign_passes_through_the_three_handlers(scene, capsys):
    messages = through(scene)
    assert send_messages.handle(event(*messages), CONTEXT) == {"batchItemFailures": []}
    assert len(scene.mailer.sent) == 3
    out = lines(capsys)
    assert len(out) == 1 + 16 + len(messages) and {one["app_id"] for one in out} == {APP}
    assert all(one["run_id"] for one in out) and "@" not in json.dumps(out)
    assert sum(one["outcomes"]["0:SEND_SUCCESS"] for one in out if one["event"] == "send_batch") == 3


def test_only_the_messages_that_failed_come_back(scene, capsys):
    messages = through(scene)
    scene.files.failures = [Unavailable("no store")]
    answer = send_messages.handle(event(*messages), CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert len(scene.mailer.sent) == 2 and lines(capsys)[-len(messages)]["event"] == "send_batch.failed"


POISON = [
    ("not json", "not JSON"),
    ("[]", "not a JSON object"),
    ({}, "'app_id'"),
    ({"app_id": APP, "campaign_id": "c", "run_id": "r", "file": "f", "first": "0", "count": 1}, "'first'"),
    ({"app_id": APP, "campaign_id": "c", "run_id": "r", "file": "f", "first": -1, "count": 1}, "below zero"),
    ({"app_id": APP, "campaign_id": "c", "run_id": "r", "file": "f", "first": 0, "count": True}, "'count'"),
    ({"app_id": APP, "campaign_id": "c", "run_id": "r", "file": "f", "first": 0, "count": 1}, "run r does not exist"),
]


@pytest.mark.parametrize(("message", "reason"), POISON)
def test_poison_is_a_dead_letter_with_its_reason(scene, capsys, message, reason):
    assert send_messages.handle(event(message), CONTEXT) == {"batchItemFailures": []}
    (letter,) = scene.sends_dead_letter_queue.messages
    assert reason in letter["reason"] and letter["message_id"] == "m0"
    (line,) = lines(capsys)
    assert line["event"] == "send_batch.buried" and line["message_id"] == "m0"


def test_a_dead_letter_hides_addresses_and_can_be_sent_again(scene):
    send_messages.handle(event('{"to": "p@example.org"'), CONTEXT)
    message = {"app_id": APP, "campaign_id": "c", "run_id": "r", "file": "f", "first": 0, "count": 1}
    send_messages.handle(event(message), CONTEXT)
    first, second = scene.sends_dead_letter_queue.messages
    assert "example.org" not in json.dumps(first) and message.items() <= second.items()


def test_a_letter_that_cannot_be_buried_comes_back(scene):
    scene.sends_dead_letter_queue.failures = [Unavailable("no queue")]
    assert send_messages.handle(event("poison"), CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


@pytest.mark.parametrize("handler", [start_run, select_audience])
def test_poison_of_the_other_queues_is_left_to_their_redrive(scene, handler, capsys):
    assert handler.handle(event("poison"), CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert lines(capsys)[0]["reason"] == "the body is not JSON"


def test_a_bug_in_one_message_does_not_hold_up_the_others(scene, capsys):
    messages = through(scene)
    get = scene.runs.get
    calls = []

    def breaks_once(run_id):
        calls.append(run_id)
        if len(calls) == 1:
            raise KeyError("p@example.org")
        return get(run_id)

    scene.runs.get = breaks_once
    answer = send_messages.handle(event(*messages), CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]} and len(scene.mailer.sent) == 2
    crashed = next(one for one in lines(capsys) if one["event"] == "send_batch.crashed")
    assert "KeyError" in crashed["reason"] and "example.org" not in crashed["reason"]


def test_a_second_receive_sends_nothing_again(scene):
    messages = through(scene)
    send_messages.handle(event(*messages), CONTEXT)
    assert send_messages.handle(event(*messages, receives=2), CONTEXT) == {"batchItemFailures": []}
    assert len(scene.mailer.sent) == 3
