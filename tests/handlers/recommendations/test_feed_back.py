"""Queue mail-events: notices of S3 in, partial batch failures out, one line for each message without addresses."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from engagement.errors import TooManyRequests
from handlers.recommendations import feed_back as handler
from tests.fakes_recommendations import FakeInteractions
from tests.usecases.test_feed_back import KEY, app, event, put  # noqa: F401 (app is a fixture)

CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 100_000)


@pytest.fixture
def scene(app, monkeypatch):  # noqa: F811
    monkeypatch.setattr(handler, "app", lambda: app)
    handler._tell_off.cache_clear()
    return app


def notice(key=KEY):
    about = {"bucket": {"name": "data"}, "object": {"key": key, "eTag": "e1"}}
    return {"Records": [{"eventTime": "2026-11-21T10:00:00.000Z", "s3": about}]}


def records(*messages):
    return {"Records": [{"messageId": f"m{n}", "body": json.dumps(one)} for n, one in enumerate(messages)]}


def lines(capsys):
    text = capsys.readouterr().out
    assert "@" not in text
    return [json.loads(line) for line in text.splitlines()]


def test_a_notice_of_s3_is_fed_back_and_told(scene, capsys):
    put(scene, event(), event("Click"), "{p0@example.org")
    assert handler.handle(records(notice()), CONTEXT) == {"batchItemFailures": []}
    (line,) = lines(capsys)
    (file,) = line["files"]
    assert (file["key"], file["fed"], file["faulty"], file["faults"]) == (KEY, 2, 1, ["line 3: is not JSON"])


def test_one_that_fails_comes_back_and_the_others_are_done(scene, capsys):
    put(scene, event(), key="ses-events/a")
    put(scene, event("Open", "m1", "e1"), key="ses-events/b")
    scene.interactions.failures = [TooManyRequests("slow down")]
    answer = handler.handle(records(notice("ses-events/a"), notice("ses-events/b"), notice("ses-events/gone")), CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}, {"itemIdentifier": "m2"}]}
    assert list(scene.interactions.put_down) == ["m1:open"]
    assert [line["event"] for line in lines(capsys)] == ["feed_back.failed", "feed_back", "feed_back.failed"]


def test_messages_of_the_function_itself_and_of_nobody(scene):
    message = put(scene, event(), event("Open", "m1", "e1"))
    rest = {**message, "offset": len(json.dumps(event())) + 1, "line": 2}
    test = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "data"}
    answer = handler.handle(records(rest, test, {"hello": 1}), CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m2"}]}
    assert list(scene.interactions.put_down) == ["m1:open"]


def test_without_a_tracker_it_says_so_once(scene, capsys):
    put(scene, event())
    scene.interactions = FakeInteractions()
    for _ in range(3):
        assert handler.handle(records(notice()), CONTEXT) == {"batchItemFailures": []}
    told = lines(capsys)
    assert [line["event"] for line in told].count("feed_back.off") == 1
    assert "event tracker" in told[0]["reason"]
