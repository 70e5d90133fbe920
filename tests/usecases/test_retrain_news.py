"""A retraining when opens and clicks came back: enough of them are reason to train although no file changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engagement.ports import LastTrained, TrainingTurn
from engagement.usecases.retrain import TRAINED, UNCHANGED, retrain_turn
from tests.fakes import FakeApp
from tests.fakes_recommendations import FakeTrainer

STARTED = datetime(2026, 11, 20, 11, 59, tzinfo=UTC)
TRAINED_AT = STARTED - timedelta(days=7)
WORKING = TrainingTurn(finished=False, wait_seconds=7)
NOTHING = TrainingTurn(finished=True)


def millis(moment):
    return int(moment.timestamp() * 1000)


def scene(*turns, least="10", fed=(), solutions=("messaging/elements",)):
    app = FakeApp(LEAST_NEW_EVENTS=least)
    app.trainer = FakeTrainer(*turns, trained=[LastTrained(one, "kit-messaging", TRAINED_AT) for one in solutions])
    for number, (at, count) in enumerate(fed):
        app.feedback_log.record("kit-messaging", millis(at), f"file {number}", count)
    return app


AFTER = TRAINED_AT + timedelta(hours=1)


@pytest.mark.parametrize(
    ("fed", "least", "asked"),
    [
        ([], "10", ()),
        ([(AFTER, 9)], "10", ()),
        ([(AFTER, 4), (AFTER, 6)], "10", ("messaging/elements",)),
        ([(TRAINED_AT - timedelta(hours=1), 5000)], "10", ()),
        ([(TRAINED_AT - timedelta(hours=1), 5000), (AFTER, 9)], "10", ()),
        ([(AFTER, 5000)], "0", ()),
    ],
)
def test_only_what_came_since_the_last_training_counts(fed, least, asked):
    app = scene(WORKING, fed=fed, least=least)
    retrain_turn(app, "first", STARTED, {})
    assert app.trainer.asked == [(STARTED, asked)]


def test_what_was_asked_for_is_asked_for_once():
    app = scene(WORKING, fed=[(AFTER, 10)])
    state = retrain_turn(app, "first", STARTED, {"retrain": ["messaging/elements"]})
    assert state["retrain"] == ["messaging/elements"]


def test_later_turns_go_on_with_what_the_first_one_found():
    done = TrainingTurn(finished=True, made=("solution version v2",))
    app = scene(WORKING, done, fed=[(AFTER, 12)])
    state = retrain_turn(app, "first", STARTED, {})
    app.trainer.trained = [LastTrained("messaging/elements", "kit-messaging", STARTED)]  # the new version
    state = retrain_turn(app, "first", STARTED, state)
    assert [asked for _, asked in app.trainer.asked] == [("messaging/elements",)] * 2
    assert state["outcome"] == TRAINED and "12 opens and clicks" in state["message"]


def test_the_next_execution_has_nothing_to_do():
    app = scene(NOTHING, fed=[(AFTER, 12)])
    app.trainer.trained = [LastTrained("messaging/elements", "kit-messaging", STARTED)]
    assert retrain_turn(app, "second", STARTED + timedelta(days=7), {})["outcome"] == UNCHANGED
    assert [asked for _, asked in app.trainer.asked] == [()]


def test_each_solution_counts_by_itself():
    app = scene(WORKING, fed=[(AFTER, 12)], solutions=("messaging/elements",))
    app.trainer.trained = [
        *app.trainer.trained,
        LastTrained("messaging/other", "kit-messaging", AFTER + timedelta(days=1)),
    ]
    retrain_turn(app, "first", STARTED, {})
    assert app.trainer.asked == [(STARTED, ("messaging/elements",))]
