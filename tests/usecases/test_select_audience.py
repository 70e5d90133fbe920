"""Audiences in pages: large ones, slow ones, repeated ones."""

from __future__ import annotations

import json

import pytest

from engagement.domain.campaign_activity import activities
from engagement.domain.endpoint import shard_of
from engagement.domain.run import SEND_BATCH
from engagement.errors import NotFound
from engagement.usecases import select_audience as module
from engagement.usecases.select_audience import select_audience
from engagement.usecases.start_run import start_run
from tests.usecases.sending_stage import (
    APP,
    SEGMENT,
    Deliverer,
    campaign,
    ids_in_one_shard,
    people,
    person,
    stage,
    the_run,
)

IDS = ids_in_one_shard(260)


def started(app, **more):
    made = campaign(app, **more)
    start_run(app, app.campaign_runs_queue.take()[0])
    messages = app.audiences_queue.take()
    return made, next(one for one in messages if one["shard"] == 0)


def big(**more):
    return stage([person(n, id=one, **more) for n, one in enumerate(IDS)])


def recipients(app):
    """Recipients as the queued batches name them, in order."""
    found = []
    for message in app.sends_queue.messages:
        assert 0 < message["count"] <= SEND_BATCH
        lines = app.files.objects[(None, message["file"])].decode().splitlines()
        found += [json.loads(line)["id"] for line in lines[message["first"] : message["first"] + message["count"]]]
    return found


def test_a_shard_larger_than_a_page_is_selected_page_by_page(monkeypatch):
    monkeypatch.setattr(module, "PAGE_RECIPIENTS", 120)
    app = big()
    made, message = started(app)
    report = select_audience(app, message, deadline=app.clock.now().timestamp() + 100)
    assert (report.pages, report.recipients, report.done) == (3, 260, True)
    assert recipients(app) == sorted(IDS)
    run = the_run(app, made["Id"])
    assert run.batches_made == 2 + 2 + 1 and run.counters == {"0:ENDPOINT_PRODUCED": 260}
    assert all(f"/{run.plan.run_id}/" in key and key.startswith("audiences/") for (_, key) in app.files.objects)


def test_a_page_that_drops_everybody_still_goes_on(monkeypatch):
    monkeypatch.setattr(module, "PAGE_MEMBERS", 100)
    app = big(opt_out="ALL")
    made, message = started(app)
    report = select_audience(app, message, deadline=app.clock.now().timestamp() + 100)
    assert report.done and app.sends_queue.messages == [] and report.pages == 3
    assert the_run(app, made["Id"]).counters == {"0:ENDPOINT_PRODUCED": 260, "0:ENDPOINT_OPT_OUT": 260}


def test_without_time_the_rest_is_a_message_of_its_own(monkeypatch):
    monkeypatch.setattr(module, "PAGE_RECIPIENTS", 120)
    app = big()
    made, message = started(app)
    report = select_audience(app, message, deadline=0)
    assert (report.pages, report.done) == (1, False)
    (continuation,) = app.audiences_queue.messages
    assert continuation == {**message, "after": sorted(IDS)[119]}
    app.sends_queue.take()
    select_audience(app, continuation, deadline=app.clock.now().timestamp() + 100)
    assert recipients(app) == sorted(IDS)[120:]
    assert the_run(app, made["Id"]).counters == {"0:ENDPOINT_PRODUCED": 260}


def test_a_repeat_queues_the_same_batches_and_counts_nothing_again():
    app = big()
    made, message = started(app)
    for _ in range(3):
        select_audience(app, message, deadline=app.clock.now().timestamp() + 100)
    assert len(app.sends_queue.messages) == 3 * 3 and the_run(app, made["Id"]).counters == {"0:ENDPOINT_PRODUCED": 260}
    assert len(app.files.objects) == 1


def test_a_repeat_after_the_audience_changed_keeps_the_page_that_was_counted():
    app = big()
    _, message = started(app)
    select_audience(app, message, deadline=app.clock.now().timestamp() + 100)
    first = app.sends_queue.take()
    for endpoint_id in IDS[:50]:
        app.endpoints.delete(APP, endpoint_id)
    select_audience(app, message, deadline=app.clock.now().timestamp() + 100)
    assert app.sends_queue.take() == first


def test_a_slow_scan_stops_in_time_and_goes_on_where_it_stopped(monkeypatch):
    monkeypatch.setattr(module, "LOOK_AT_CLOCK_EVERY", 50)
    app = big()
    document = app.documents.get(f"apps/{APP}/segments", SEGMENT)
    body = {**document.body, "SegmentType": "DIMENSIONAL"}
    body["Dimensions"] = {"Attributes": {"never": {"AttributeType": "INCLUSIVE", "Values": ["x"]}}}
    app.documents.delete(f"apps/{APP}/segments", SEGMENT)
    app.documents.create(f"apps/{APP}/segments", SEGMENT, body)
    made, message = started(app)
    report = select_audience(app, message, deadline=0)
    assert not report.done and report.pages == 1
    (continuation,) = app.audiences_queue.take()
    assert continuation["after"] == sorted(IDS)[49]
    app.audiences_queue.send([continuation])
    for shard in range(1, 16):
        app.audiences_queue.send([{**message, "shard": shard}])
    Deliverer(app).run()
    assert the_run(app, made["Id"]).state == "COMPLETED"


def test_an_empty_segment_completes_at_once():
    app = stage()
    made = campaign(app)
    Deliverer(app).run()
    (activity,) = activities(the_run(app, made["Id"]))
    assert (activity["State"], activity["Result"], activity["TotalEndpointCount"]) == ("COMPLETED", "SUCCESS", 0)


def test_members_of_every_shard_are_found():
    app = stage(people(200))
    assert len({shard_of(f"e{n:04d}") for n in range(200)}) == 16
    campaign(app)
    Deliverer(app).run()
    assert len(app.mailer.sent) == 200


def test_an_unknown_run_is_poison():
    message = {"app_id": APP, "campaign_id": "c", "run_id": "r", "shard": 0, "after": None}
    with pytest.raises(NotFound, match="run r"):
        select_audience(stage(), message, deadline=0)
