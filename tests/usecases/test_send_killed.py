"""The pipeline killed between any two calls to the outside world, then delivered again: at most one mail per person."""

from __future__ import annotations

import functools
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from engagement.domain.campaign_activity import activities
from engagement.domain.endpoint import EndpointUpdate
from engagement.domain.execution_metrics import DROP_METRICS
from engagement.errors import OutcomeUnknown, TooManyRequests, Unavailable
from tests.usecases.sending_stage import Deliverer, campaign, ids_in_one_shard, person, stage, the_run

PORTS = (
    "documents", "endpoints", "files", "campaign_runs_queue", "audiences_queue", "sends_queue",
    "sends_dead_letter_queue", "mailer", "events", "tokens", "runs", "deliveries", "recommender", "functions",
)  # fmt: skip
BATCH, UNKNOWN_AT_MOST = 23, 25


class Killed(BaseException):
    """The process ends here."""


class Switch:
    """Kills at the n-th call of any port, before or after it takes effect; everything in that process is dead then."""

    def __init__(self, at: int, before: bool) -> None:
        self.at, self.before, self.calls, self.dead = at, before, 0, False
        self._lock = threading.Lock()

    def around(self, call: Any) -> Any:
        @functools.wraps(call)
        def wrapped(*args: Any, **named: Any) -> Any:
            with self._lock:
                if self.dead:
                    raise Killed
                self.calls += 1
                kills = self.calls == self.at
                self.dead = kills
                if kills and self.before:
                    raise Killed
            answer = call(*args, **named)
            if kills:
                raise Killed
            return answer

        return wrapped


class Watched:
    def __init__(self, port: Any, switch: Switch) -> None:
        self._port, self._switch = port, switch

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        return self._switch.around(value) if callable(value) else value


class Process:
    """The app as one Lambda process sees it, until it is killed."""

    def __init__(self, app: Any, switch: Switch) -> None:
        self.clock, self.settings, self.segment_members = app.clock, app.settings, app.segment_members
        self.template_options = app.template_options
        for port in PORTS:
            setattr(self, port, Watched(getattr(app, port), switch))


def scene():
    """Everything that can happen to a recipient, in one shard and so in one batch."""
    ids = ids_in_one_shard(BATCH)
    app = stage([person(n, id=one) for n, one in enumerate(ids)])
    for number, change in ((3, {"opt_out": "ALL"}), (4, {"endpoint_status": "INACTIVE"})):
        app.endpoints.apply("a" * 32, [EndpointUpdate(ids[number], **change)], app.clock.now())
    app.mailer.suppression_list = {"p5@example.org"}
    app.mailer.failures = [TooManyRequests("slow down"), OutcomeUnknown("no answer")]
    return app


def kill_and_deliver_again(app, made, at, before):
    """Run with a kill at call ``at``; answers whether the kill happened."""
    switch = Switch(at, before)
    deliverer = Deliverer(app)
    deliverer.process = Process(app, switch)
    try:
        while deliverer.step():
            pass
    except Killed:
        # The lease of what the dead process reserved runs out, then the queue delivers its message again.
        app.clock.move(seconds=600)
        deliverer.process = app
        deliverer.run(between=lambda: app.clock.move(seconds=130))
        return True
    return False


def check(app, made):
    addresses = [mail.to for mail in app.mailer.sent]
    assert len(addresses) == len(set(addresses)), "somebody was mailed twice"
    run = the_run(app, made["Id"])
    assert run.state == "COMPLETED"
    metrics = {k: int(v) for k, v in activities(run)[0]["ExecutionMetrics"].items()}
    drops = sum(count for name, count in metrics.items() if name in DROP_METRICS)
    assert metrics["ENDPOINT_PRODUCED"] == BATCH == metrics["SEND_ATTEMPTED"] + drops
    assert drops == 3
    assert metrics.get("SEND_UNKNOWN", 0) <= 1 + UNKNOWN_AT_MOST
    assert metrics.get("SEND_SUCCESS", 0) <= len(addresses)
    assert metrics.get("SEND_SUCCESS", 0) + metrics.get("SEND_UNKNOWN", 0) == metrics["SEND_ATTEMPTED"]
    assert {one["client"]["client_id"] for one in app.events.records} >= {
        delivery.endpoint_id for delivery in app.deliveries.items.values()
    }


def calls_of_a_quiet_run():
    app = scene()
    campaign(app)
    switch = Switch(0, before=True)
    deliverer = Deliverer(app)
    deliverer.process = Process(app, switch)
    while deliverer.step():
        pass
    return switch.calls


CALLS = calls_of_a_quiet_run()


@pytest.mark.exhaustive
@pytest.mark.parametrize("before", [True, False])
def test_killed_at_any_call_nobody_is_mailed_twice_and_the_totals_add_up(before):
    killed = 0
    for at in range(1, CALLS + 1):
        app = scene()
        made = campaign(app)
        killed += kill_and_deliver_again(app, made, at, before)
        check(app, made)
    assert killed > CALLS * 0.9


@pytest.mark.exhaustive
@settings(max_examples=60, deadline=None)
@given(some.lists(some.tuples(some.integers(1, CALLS), some.booleans()), min_size=2, max_size=5))
def test_killed_several_times(kills):
    app = scene()
    made = campaign(app)
    deliverer = Deliverer(app)
    for at, before in kills:
        deliverer.process = Process(app, Switch(at, before))
        try:
            while deliverer.step():
                pass
        except Killed:
            app.clock.move(seconds=600)
    deliverer.process = app
    deliverer.run(between=lambda: app.clock.move(seconds=130))
    addresses = [mail.to for mail in app.mailer.sent]
    assert len(addresses) == len(set(addresses))
    metrics = {k: int(v) for k, v in activities(the_run(app, made["Id"]))[0]["ExecutionMetrics"].items()}
    assert metrics["ENDPOINT_PRODUCED"] == BATCH
    assert metrics["SEND_ATTEMPTED"] + sum(n for name, n in metrics.items() if name in DROP_METRICS) == BATCH
    assert the_run(app, made["Id"]).state == "COMPLETED"


@pytest.mark.parametrize("failing", ["documents", "files", "sends_queue", "audiences_queue"])
def test_a_store_that_fails_for_a_while_loses_nobody(failing):
    app = scene()
    made = campaign(app)
    getattr(app, failing).failures = [Unavailable("try again")] * 3
    deliverer = Deliverer(app)
    while True:
        try:
            if not deliverer.step():
                break
        except Unavailable:
            app.clock.move(seconds=600)
    deliverer.run(between=lambda: app.clock.move(seconds=130))
    check(app, made)
