"""What every ``ports.Runs`` promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engagement.adapters.runs_dynamodb import DynamoRuns
from engagement.domain.run import AudiencePage, Plan, Treatment
from engagement.errors import Forbidden, Unavailable
from tests.aws_faults import Broken, client_error
from tests.aws_tables import make_table
from tests.fakes_sending import FakeRuns

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PLAN = Plan("a" * 32, "c" * 32, "r" * 32, 1, "s" * 32, 1, 0, "2026-11-21T12:00:00.000Z")
FROZEN = replace(PLAN, shards=2, treatments=(Treatment("0", 100, PLAN.run_id, "a@example.org", {"Name": "t"}),))


@pytest.fixture(params=["fake", "dynamodb"])
def runs(request):
    if request.param == "fake":
        return FakeRuns()
    client = request.getfixturevalue("aws")("dynamodb")
    return DynamoRuns(table=make_table(client, "deliveries"), client=client, sleep=lambda seconds: None)


def started(runs):
    runs.create(PLAN)
    runs.start(FROZEN, NOW)
    return runs


def page(shard=0, after="", **more):
    return AudiencePage(**{"key": f"{shard}#{after}", "file": "f", "recipients": 160, "next_after": None, **more})


def test_a_run_is_made_once(runs):
    assert runs.create(PLAN) and not runs.create(replace(PLAN, segment_id="other"))
    run = runs.get(PLAN.run_id)
    assert run.plan == PLAN and run.state == "PENDING" and runs.get("x") is None


def test_a_run_starts_once_with_the_plan_that_won(runs):
    runs.create(PLAN)
    assert runs.start(FROZEN, NOW) and not runs.start(replace(FROZEN, shards=9), NOW)
    run = runs.get(PLAN.run_id)
    assert run.plan == FROZEN and run.state == "RUNNING" and run.started == "2026-11-21T12:00:00.000Z"


def test_runs_of_a_campaign_are_listed_latest_first(runs):
    later = replace(PLAN, run_id="l" * 32, scheduled_start="2026-11-22T12:00:00.000Z")
    other = replace(PLAN, run_id="o" * 32, campaign_id="d" * 32)
    for plan in (PLAN, later, other):
        runs.create(plan)
    assert [run.plan.run_id for run in runs.of_campaign(PLAN.app_id, PLAN.campaign_id)] == [later.run_id, PLAN.run_id]
    assert runs.of_campaign("z", PLAN.campaign_id) == []


def test_a_page_is_counted_once(runs):
    started(runs)
    first = page(counters={"0:ENDPOINT_PRODUCED": 61, "0:ENDPOINT_OPT_OUT": 1})
    assert runs.page(PLAN.run_id, "0#") is None
    assert runs.commit_page(PLAN.run_id, first) == first
    assert runs.commit_page(PLAN.run_id, replace(first, file="other", recipients=1)) == first
    assert runs.page(PLAN.run_id, "0#") == first
    run = runs.get(PLAN.run_id)
    assert run.counters == {"0:ENDPOINT_PRODUCED": 61, "0:ENDPOINT_OPT_OUT": 1}
    assert (run.shards_done, run.batches_made, run.batches_done) == (1, 2, 0)


def test_a_page_that_goes_on_does_not_end_its_shard(runs):
    started(runs)
    runs.commit_page(PLAN.run_id, page(next_after="e9"))
    assert runs.get(PLAN.run_id).shards_done == 0


def test_a_batch_is_counted_once(runs):
    started(runs)
    assert not runs.is_counted(PLAN.run_id, "f#0")
    assert runs.commit_batch(PLAN.run_id, "f#0", {"0:SEND_SUCCESS": 50})
    assert not runs.commit_batch(PLAN.run_id, "f#0", {"0:SEND_SUCCESS": 50})
    assert runs.commit_batch(PLAN.run_id, "f#50", {"0:SEND_SUCCESS": 9, "1:SEND_UNKNOWN": 1})
    run = runs.get(PLAN.run_id)
    assert runs.is_counted(PLAN.run_id, "f#0") and run.batches_done == 2
    assert run.counters == {"0:SEND_SUCCESS": 59, "1:SEND_UNKNOWN": 1}


def test_done_is_every_shard_selected_and_every_batch_counted(runs):
    started(runs)
    steps = [
        lambda: runs.commit_page(PLAN.run_id, page(0)),
        lambda: runs.commit_batch(PLAN.run_id, "f#0", {}),
        lambda: runs.commit_page(PLAN.run_id, page(1, file=None, recipients=0)),
        lambda: runs.commit_batch(PLAN.run_id, "f#50", {}),
    ]
    for step in steps:
        assert not runs.get(PLAN.run_id).is_done
        step()
    assert runs.get(PLAN.run_id).is_done


@pytest.mark.parametrize("state", ["COMPLETED", "CANCELLED"])
def test_a_run_finishes_once(runs, state):
    runs.create(PLAN)
    assert not runs.finish(PLAN.run_id, state, NOW)
    runs.start(FROZEN, NOW)
    assert runs.finish(PLAN.run_id, state, NOW) and not runs.finish(PLAN.run_id, "COMPLETED", NOW)
    run = runs.get(PLAN.run_id)
    assert run.state == state and run.has_ended and run.ended == "2026-11-21T12:00:00.000Z"


def test_an_abandoned_run_keeps_its_reason(runs):
    runs.create(PLAN)
    assert runs.abandon(PLAN.run_id, "CANCELLED", "deleted", NOW)
    assert not runs.abandon(PLAN.run_id, "COMPLETED", "again", NOW) and not runs.start(FROZEN, NOW)
    run = runs.get(PLAN.run_id)
    assert (run.state, run.reason) == ("CANCELLED", "deleted")


def test_the_hold_flag_is_set_and_cleared(runs):
    started(runs)
    runs.hold(PLAN.run_id, "PAUSED")
    assert runs.get(PLAN.run_id).hold == "PAUSED"
    runs.hold(PLAN.run_id, None)
    assert runs.get(PLAN.run_id).hold is None
    runs.hold("unknown", "PAUSED")
    assert runs.get("unknown") is None


def test_counters_that_lie_on_many_items_add_up(runs):
    started(runs)
    for number in range(80):
        assert runs.commit_batch(PLAN.run_id, f"f#{number % 40}", {"0:SEND_SUCCESS": 1}) == (number < 40)
    run = runs.get(PLAN.run_id)
    assert run.batches_done == 40 and run.counters == {"0:SEND_SUCCESS": 40}


def test_a_clash_of_transactions_is_tried_again_and_then_unavailable():
    error = client_error("TransactionCanceledException", CancellationReasons=[{"Code": "TransactionConflict"}])
    pauses = []
    with pytest.raises(Unavailable, match="others keep writing"):
        DynamoRuns(table="t", client=Broken(error), sleep=pauses.append).commit_batch(PLAN.run_id, "f#0", {"a": 1})
    assert len(pauses) == 7


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [("AccessDeniedException", 400, Forbidden), ("InternalServerError", 500, Unavailable)],
)
def test_errors_are_the_engine_s_own(code, status, expected):
    runs = DynamoRuns(table="t", client=Broken(client_error(code, status)), sleep=lambda seconds: None)
    for call in (
        lambda: runs.create(PLAN),
        lambda: runs.get(PLAN.run_id),
        lambda: runs.start(FROZEN, NOW),
        lambda: runs.page(PLAN.run_id, "0#"),
        lambda: runs.of_campaign("a", "c"),
    ):
        with pytest.raises(expected):
            call()
