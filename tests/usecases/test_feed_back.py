"""Feeding back a file of SES's events: once, whole or in pieces, whatever is in it and whoever is gone."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from engagement.domain.endpoint import EndpointUpdate
from engagement.errors import BadRequest, NotFound, TooManyRequests, Unavailable
from engagement.ports import Tracker
from engagement.usecases.feed_back import (
    BLOCK,
    ENDPOINT_GONE,
    FAULTS_PREFIX,
    FAULTS_TOLD,
    KIND_IS_OFF,
    NO_TRACKER_DECLARED,
    NO_USER,
    OTHER_RECOMMENDER,
    RECOMMENDER_GONE,
    feed_back,
)
from tests.fakes import FakeApp
from tests.fakes_recommendations import FakeInteractions

APP, KEY = "a" * 32, "ses-events/kit-1-2026-11-21-10-00-00-x"
PROVIDER = "s3://data/personalize/output/recommendations/"
TRACKER = Tracker("kit-messaging", "t1")
LATER, AT = 10**12, 1795255200000


def recommender(app, name="r1", provider=PROVIDER, id_type="PINPOINT_USER_ID"):
    body = {"Id": name, "RecommendationProviderUri": provider, "RecommendationProviderIdType": id_type}
    app.documents.create("recommenders", name, body)


@pytest.fixture
def app():
    app = FakeApp(DATA_BUCKET="data")
    app.interactions = FakeInteractions({PROVIDER: TRACKER})
    recommender(app)
    people = [
        EndpointUpdate(id=f"e{n}", channel_type="EMAIL", address=f"p{n}@example.org", user_id=f"user_{n}")
        for n in range(3)
    ]
    nobody = EndpointUpdate(id="e9", channel_type="EMAIL", address="p9@example.org")
    app.endpoints.apply(APP, [*people, nobody], app.clock.now())
    return app


def event(
    kind="Open", mail="m0", endpoint="e0", item="DONATE", recommender="r1", link="https://charity.example/", **tags
):
    tags = {"app_id": APP, "endpoint_ref": endpoint, "recommended_item": item, "recommender_id": recommender, **tags}
    return {
        "eventType": kind,
        "mail": {
            "messageId": mail,
            "destination": ["p0@example.org"],
            "tags": {name: [value] for name, value in tags.items() if value},
        },
        kind.lower(): {"timestamp": "2026-11-21T10:00:00.000Z", "link": link},
    }


def put(app, *events, key=KEY):
    lines = [one if isinstance(one, str) else json.dumps(one) for one in events]
    app.files.objects[("data", key)] = "".join(f"{line}\n" for line in lines).encode()
    return {"bucket": "data", "key": key, "etag": "e1", "at": AT}


def feed(app, *events, deadline=LATER):
    return feed_back(app, put(app, *events), deadline=deadline)


def faults(app):
    text = "".join(body.decode() for (_, key), body in app.files.objects.items() if key.startswith(FAULTS_PREFIX))
    return [json.loads(line) for line in text.splitlines()]


def test_opens_and_clicks_are_put_by_person_and_mail(app):
    report = feed(
        app, event(), event("Click"), event("Open", "m1", "e1", "NEWS"), event("Delivery"), event("Send", item=None)
    )
    assert (report.fed, report.faulty, report.skipped) == (3, 0, {"other event": 2})
    assert sorted((t, user, mail, [(i.kind, i.item_id, i.event_id) for i in i_]) for t, user, mail, i_ in app.interactions.calls) == [
        (TRACKER, "user_0", "m0", [("open", "DONATE", "m0:open"), ("click", "DONATE", "m0:click")]),
        (TRACKER, "user_1", "m1", [("open", "NEWS", "m1:open")]),
    ]  # fmt: skip


def test_the_same_person_counts_once_for_each_kind(app):
    report = feed(app, *[event()] * 5, *[event("Click", link=f"https://charity.example/{n}") for n in range(3)])
    assert report.fed == 2 and sorted(app.interactions.put_down) == ["m0:click", "m0:open"]


def test_a_file_that_comes_twice_changes_nothing(app):
    message = put(app, event(), event("Click"))
    feed_back(app, message, deadline=LATER)
    before = dict(app.interactions.put_down)
    feed_back(app, message, deadline=LATER)
    assert app.interactions.put_down == before
    assert app.feedback_log.since(TRACKER.group, datetime(2026, 1, 1, tzinfo=UTC)) == 2


def test_without_a_declared_tracker_no_file_is_read(app):
    app.interactions = FakeInteractions()
    app.files.failures = [AssertionError("was read")]
    assert feed(app, event()).why == NO_TRACKER_DECLARED


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (event(item=None), "no recommended item"),
        (event("Click", link="https://api.example.org/unsubscribe/x"), "click on an unsubscribe link"),
        (event(endpoint="e7"), ENDPOINT_GONE),
        (event(endpoint="e9"), NO_USER),
        (event(app_id="b" * 32), ENDPOINT_GONE),
        (event(recommender="r7"), RECOMMENDER_GONE),
        (event(recommender="other"), OTHER_RECOMMENDER),
    ],
)
def test_what_is_skipped_is_counted_by_reason(app, found, reason):
    recommender(app, "other", "s3://data/personalize/output/other/")
    report = feed(app, found)
    assert (report.fed, report.faulty, report.skipped) == (0, 0, {reason: 1})
    assert not app.interactions.calls and not app.feedback_log.fed


@pytest.mark.parametrize(("id_type", "known_as"), [("PINPOINT_USER_ID", "user_0"), ("PINPOINT_ENDPOINT_ID", "e0")])
def test_the_configuration_says_whether_users_or_endpoints_are_known(app, id_type, known_as):
    recommender(app, "by", PROVIDER, id_type)
    feed(app, event(recommender="by"))
    assert [user for _, user, _, _ in app.interactions.calls] == [known_as]


def test_a_kind_that_is_switched_off_is_not_put():
    app = FakeApp(DATA_BUCKET="data", FED_BACK_EVENTS="click")
    app.interactions = FakeInteractions({PROVIDER: TRACKER})
    assert feed(app, event()).skipped == {KIND_IS_OFF: 1}


def test_bad_lines_are_written_down_and_the_good_ones_go_through(app):
    broken = {**event(), "open": {"timestamp": "soon"}}
    lines = ["{p0@example.org", event(), broken, "x" * ((1 << 20) + 1), *["?"] * FAULTS_TOLD, event("Click")]
    report = feed(app, *lines)
    assert (report.fed, report.faulty, len(report.faults)) == (2, 3 + FAULTS_TOLD, FAULTS_TOLD)
    told = faults(app)
    assert [one["line"] for one in told[:3]] == [1, 3, 4] and all(one["key"] == KEY for one in told)
    assert told[0]["reason"] == "is not JSON" and "timestamp" in told[1]["reason"] and "megabyte" in told[2]["reason"]
    assert "@" not in json.dumps(told) + json.dumps(report.faults)


def test_events_on_one_line_are_read_up_to_the_fault(app):
    report = feed(app, json.dumps(event()) + json.dumps(event("Click")) + "{")
    assert (report.fed, report.faulty) == (2, 1)


def test_what_personalize_refuses_is_written_down_and_holds_up_nobody(app):
    app.interactions.refusals["user_0"] = BadRequest("Personalize put_events: InvalidInputException: no")
    report = feed(app, event(), event("Click"), event("Open", "m1", "e1"))
    assert (report.fed, report.faulty) == (1, 2)
    assert [(one["line"], one["reason"]) for one in faults(app)] == [
        (line, "Personalize put_events: InvalidInputException: no") for line in (1, 2)
    ]


@pytest.mark.parametrize("failure", [TooManyRequests("slow down"), Unavailable("not now")])
def test_a_busy_service_brings_the_message_back_and_the_repeat_mends_it(app, failure):
    app.interactions.failures = [failure]
    message = put(app, event(), event("Open", "m1", "e1"))
    with pytest.raises(type(failure)):
        feed_back(app, message, deadline=LATER)
    assert not app.feedback_log.fed
    assert feed_back(app, message, deadline=LATER).fed == 2
    assert sorted(app.interactions.put_down) == ["m0:open", "m1:open"]


def test_a_large_file_goes_on_in_messages_of_its_own(app):
    events = [event("Open", f"m{n}", f"e{n % 3}") for n in range(2 * BLOCK + 1)]
    events[BLOCK + 1] = "{"
    reports = [feed(app, *events, deadline=0)]
    while message := next(iter(app.mail_events_queue.take()), None):
        reports.append(feed_back(app, message, deadline=0))
    assert [report.line for report in reports[:3]] == [BLOCK + 1, 2 * BLOCK + 1, 2 * BLOCK + 2]
    assert sum(report.fed for report in reports) == len(app.interactions.put_down) == 2 * BLOCK
    assert [one["line"] for one in faults(app)] == [BLOCK + 2]
    assert app.feedback_log.since(TRACKER.group, datetime(2026, 1, 1, tzinfo=UTC)) == 2 * BLOCK


def test_a_file_that_is_gone_says_so(app):
    with pytest.raises(NotFound):
        feed_back(app, {"bucket": "data", "key": KEY, "etag": "e", "at": 1}, deadline=LATER)
