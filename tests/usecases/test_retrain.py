"""A retraining, turn by turn: what it waits for, what it answers at the end, and that twice is once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engagement.domain.batch_results import ResultFile
from engagement.errors import BadRequest, TooManyRequests
from engagement.ports import StoredObject, TrainingTurn
from engagement.usecases.retrain import (
    ALREADY_RUNNING,
    FAILED,
    LEASE_BETWEEN_TURNS_SECONDS,
    LEASE_SECONDS,
    LOADING_PATIENCE_SECONDS,
    REFUSED,
    TRAINED,
    UNCHANGED,
    retrain_turn,
)
from tests.fakes import FakeApp
from tests.fakes_recommendations import FakeTrainer

STARTED = datetime(2026, 11, 20, 11, 59, tzinfo=UTC)
FOLDER = "s3://data/personalize/output/news/job-2/"
FILE = ResultFile("s3://data/personalize/output/news", "job-2")
OLDER = ResultFile(FILE.provider, "job-1")
WORKING = TrainingTurn(finished=False, wait_seconds=7)
DONE = TrainingTurn(finished=True, made=("solution version v2",), results=(FOLDER,))


@pytest.fixture
def app():
    app = FakeApp()
    app.files.objects[("data", "personalize/output/news/job-2/users.jsonl.out")] = b"{}"
    app.files.objects[("data", "personalize/output/news/job-2/users.jsonl.errors")] = b"{}"
    return app


def take(app, *turns, state=None, execution="first"):
    """One turn; ``turns`` is what the trainer says."""
    if turns:
        app.trainer = FakeTrainer(*turns)
    return retrain_turn(app, execution, STARTED, state or {})


def loaded(app, file, at=1):
    folder = f"personalize/output/news/{file.generation}/"
    for one in list(app.files.list(folder, bucket="data")) or [StoredObject(f"{folder}gone.out", 1, "e")]:
        if one.key.endswith(".out"):
            app.batch_results.mark_loaded(file, one.key, one.etag, users=1, faulty=0, at=at)
    app.batch_results.serve(file, at)


def test_turn_by_turn_until_the_results_serve(app):
    state = take(app, WORKING, state={"retrain": ["all"]})
    assert state == {"retrain": ["all"], "finished": False, "wait_seconds": 7}
    state = take(app, DONE, state=state)
    assert not state["finished"] and state["asked"]
    (message,) = app.batch_results_queue.messages
    assert message["key"] == "personalize/output/news/job-2/users.jsonl.out"
    state = take(app, state=state)
    assert len(app.batch_results_queue.messages) == 1, "the loader is asked once"
    loaded(app, FILE)
    state = take(app, state=state)
    assert (state["finished"], state["outcome"]) == (True, TRAINED)
    assert "solution version v2" in state["message"] and FOLDER in state["message"] and len(state["subject"]) < 100
    assert app.trainer.asked == [(STARTED, ("all",))] * 3


def test_nothing_to_do_tells_nothing_and_changes_nothing(app):
    loaded(app, FILE)
    before = dict(app.batch_results.serving)
    assert take(app, TrainingTurn(finished=True, results=(FOLDER,)))["outcome"] == UNCHANGED
    assert app.batch_results.serving == before and app.batch_results_queue.messages == []


def test_after_a_roll_back_the_earlier_results_serve_again(app):
    loaded(app, FILE, at=1)
    loaded(app, ResultFile(FILE.provider, "job-3"), at=2)
    take(app, DONE)
    assert app.batch_results.served(FILE.provider).current == "job-2"


def test_earlier_results_serve_again_only_when_all_of_their_files_are_loaded(app):
    loaded(app, FILE, at=1)
    loaded(app, ResultFile(FILE.provider, "job-3"), at=2)
    app.files.objects[("data", "personalize/output/news/job-2/more.jsonl.out")] = b"{}"
    assert not take(app, DONE)["finished"]
    assert app.batch_results.served(FILE.provider).current == "job-3"
    assert len(app.batch_results_queue.messages) == 2, "both files are asked for"


def test_results_that_serve_for_long_are_renewed(app):
    loaded(app, FILE)
    app.batch_results.until = app.clock.now().timestamp() + 86400
    assert take(app, TrainingTurn(finished=True, results=(FOLDER,)))["outcome"] == UNCHANGED
    assert [message["again"] for message in app.batch_results_queue.messages] == [True]


def test_a_failure_says_why_and_shows_no_address(app):
    failed = TrainingTurn(finished=True, failed=True, messages=("import: 'jane@example.org' is no number\n  Do: mend",))
    state = take(app, failed)
    assert state["outcome"] == FAILED and "is no number\n  Do: mend" in state["message"]
    assert "@" not in state["message"]
    assert take(app, DONE, execution="second")["finished"] is False, "the next one is not held up"


def test_a_refused_version_is_told_and_the_old_results_serve_on(app):
    loaded(app, OLDER)
    state = take(app, TrainingTurn(finished=True, refused=True, made=("solution version v2",), messages=("0.1 < 0.2",)))
    assert state["outcome"] == REFUSED and "0.1 < 0.2" in state["message"]
    assert app.batch_results.served(FILE.provider).current == "job-1"


def test_two_at_once(app):
    take(app, WORKING, execution="arn:first")
    other = take(app, WORKING, execution="arn:second")
    assert other["outcome"] == ALREADY_RUNNING and other["finished"] and "first" in other["message"]
    assert app.trainer.asked == []
    assert take(app, WORKING, execution="arn:first")["finished"] is False


def test_an_execution_that_was_stopped_between_turns_holds_nobody_up_for_long(app):
    waits = take(app, WORKING, execution="first")["wait_seconds"]
    app.clock.move(seconds=waits)
    assert take(app, WORKING, execution="second")["outcome"] == ALREADY_RUNNING, "it may come at any moment"
    app.clock.move(seconds=LEASE_BETWEEN_TURNS_SECONDS + 1)
    assert take(app, WORKING, execution="second")["finished"] is False


def test_so_does_one_that_waits_for_the_loader(app):
    waits = take(app, DONE, execution="first")["wait_seconds"]
    app.clock.move(seconds=waits + LEASE_BETWEEN_TURNS_SECONDS + 1)
    assert take(app, DONE, execution="second")["finished"] is False


def test_nobody_comes_between_while_a_turn_lasts(app):
    class Slow(FakeTrainer):
        def turn(self, since, retrain):
            app.clock.move(seconds=600)
            self.other = take(app, execution="second")
            return WORKING

    app.trainer = slow = Slow()
    take(app, execution="first")
    assert slow.other["outcome"] == ALREADY_RUNNING


def test_a_function_that_died_in_a_turn_holds_nobody_up_for_ever(app):
    with pytest.raises(TooManyRequests):
        take(app, TooManyRequests("slow down"), execution="first")
    app.clock.move(seconds=LEASE_SECONDS + 1)
    assert take(app, WORKING, execution="second")["finished"] is False


def test_results_that_nobody_loads_end_it(app):
    since = app.clock.now() - timedelta(seconds=LOADING_PATIENCE_SECONDS + 1)
    state = take(app, DONE, state={"asked": True, "loading_since": since.isoformat()})
    assert state["outcome"] == FAILED and "dead letters" in state["message"]


def test_what_may_work_later_is_raised_and_repeated(app):
    with pytest.raises(TooManyRequests):
        take(app, TooManyRequests("slow down"))
    assert take(app, WORKING)["finished"] is False


@pytest.mark.parametrize("retrain", ["all", [1], {"all": True}])
def test_an_odd_input_is_refused(app, retrain):
    with pytest.raises(BadRequest, match="retrain"):
        take(app, WORKING, state={"retrain": retrain})
