"""Evaluation before a switch, refusal, roll-back, history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from personalize.config.declaration import Evaluation
from personalize.driver import Options
from personalize.driver.errors import Refused
from personalize.driver.history import version_history
from personalize.driver.observe import observe
from personalize.driver.roll_back import find_roll_back, mark_rolled_back, restore, rolled_back_versions
from personalize.driver.version_comparison import compare
from tests.personalize_driver.scene import Scene, rows

NDCG = "normalized_discounted_cumulative_gain_at_10"
CASES: list[tuple[float | None, float | None, float | None, bool, bool, str]] = [
    (0.50, None, None, False, True, "0.5000"),
    (0.50, None, 0.30, False, True, "better than popularity (0.3000)"),
    (0.50, 0.52, 0.30, False, True, "-3.8% against the version in use"),
    (0.50, 0.53, 0.30, False, False, "refused"),
    (0.50, 0.53, 0.30, True, True, "accepted because of --accept-worse"),
    (0.30, 0.30, 0.30, False, True, "not better than popularity"),
    (None, 0.30, 0.30, False, True, "gives no"),
    (0.30, 0.00, None, False, True, "0.3000"),
]


def metrics(value: float | None) -> Mapping[str, float]:
    return {} if value is None else {NDCG: value}


@pytest.mark.parametrize(("new", "old", "popular", "accept_worse", "accepted", "words"), CASES)
def test_compare(new: Any, old: Any, popular: Any, accept_worse: bool, accepted: bool, words: str):
    comparison = compare(
        Evaluation(margin=0.05),
        solution="s",
        version="v",
        candidate=metrics(new),
        previous=metrics(old),
        popularity=metrics(popular),
        accept_worse=accept_worse,
    )
    assert comparison.accepted is accepted
    assert words in comparison.message


def worsening(scene: Scene) -> None:
    """Each later version of the solution scores half of the one before."""

    def score(version: dict[str, Any]) -> dict[str, float]:
        same = [r["arn"] for r in scene.service.records.values() if r.get("solutionArn") == version["solutionArn"]]
        same = [arn for arn in same if scene.service.records[arn]["kind"] == "solution_version"]
        return {NDCG: 0.5 / 2 ** same.index(version["arn"]), "coverage": 0.9}

    scene.service.metrics = score


def test_a_worse_version_is_trained_but_not_deployed():
    scene = Scene()
    worsening(scene)
    first = scene.training().run()
    scene.put(rows(1500))
    second = scene.training().run()
    assert second.solution_version_arn == first.solution_version_arn
    assert second.held == ("messaging/solution/elements/evaluation",)
    assert scene.states("messaging/solution/elements/campaign/live")[-1] == "held"
    assert not any(operation == "update_campaign" for operation, _ in scene.service.calls)


def test_the_plan_says_that_the_worse_version_stays_out_and_accept_worse_takes_it():
    scene = Scene()
    worsening(scene)
    first = scene.training().run()
    scene.put(rows(1500))
    scene.training().run()
    plan = scene.training().plan()
    assert {str(step.action) for step in plan.steps} == {"leave"}
    step = plan.step("messaging/solution/elements/evaluation")
    assert step is not None and "-50.0% against the version in use (0.5000; margin 5%)" in step.reason
    assert scene.training().run().held
    taken = scene.training(Options(accept_worse=True)).run()
    assert taken.solution_version_arn != first.solution_version_arn
    assert not taken.held
    assert set(scene.actions().values()) == {"leave"}


def two_versions() -> tuple[Scene, str, str]:
    scene = Scene()
    first = scene.training().run().solution_version_arn
    scene.put(rows(1500))
    return scene, first, scene.training().run().solution_version_arn


def serving(scene: Scene) -> str:
    campaign = next(r for r in scene.service.records.values() if r["kind"] == "campaign")
    return str(campaign.get("change", campaign)["solutionVersionArn"])


def roll_back(scene: Scene, to: str = "") -> None:
    training = scene.training()
    snapshot = observe(training.api, training.declaration)
    mark_rolled_back(training.api, find_roll_back(training.declaration, snapshot, to=to), scene.time.now())


def test_roll_back_serves_the_earlier_version_and_later_runs_keep_to_it():
    scene, first, second = two_versions()
    assert serving(scene) == second
    roll_back(scene)
    changed = {key: action for key, action in scene.actions().items() if action != "leave"}
    assert changed == {
        "messaging/solution/elements/evaluation": "check",
        "messaging/solution/elements/campaign/live": "update",
        "messaging/solution/elements/batch/all-users": "create",
    }
    result = scene.training().run()
    assert serving(scene) == first == result.solution_version_arn
    assert set(scene.actions().values()) == {"leave"}


def test_after_a_roll_back_new_data_brings_a_new_version_into_use():
    scene, first, second = two_versions()
    roll_back(scene)
    scene.training().run()
    scene.put(rows(1700))
    third = scene.training().run().solution_version_arn
    assert third not in (first, second)
    assert serving(scene) == third


def test_going_back_leaves_new_data_to_the_next_run_which_is_measured_against_what_was_gone_back_to():
    scene = Scene()
    worsening(scene)
    first = scene.training().run().solution_version_arn
    scene.put(rows(1500))
    scene.training(Options(accept_worse=True)).run()
    roll_back(scene)
    scene.put(rows(1700))
    back = scene.training(Options(keep_data=True))
    step = back.plan().step("messaging/dataset/interactions/import")
    assert step is not None and step.reason == "new data waits for the next run"
    assert back.run().solution_version_arn == first == serving(scene)
    result = scene.training().run()
    assert result.held == ("messaging/solution/elements/evaluation",)
    assert serving(scene) == first == result.solution_version_arn


def test_new_data_right_after_a_roll_back_is_measured_against_the_version_gone_back_to():
    scene = Scene()
    worsening(scene)
    scene.training().run()
    scene.put(rows(1500))
    scene.training(Options(accept_worse=True)).run()
    roll_back(scene)
    scene.put(rows(1700))
    assert scene.training().run().held == ("messaging/solution/elements/evaluation",)


def test_undoing_a_roll_back():
    scene, _, second = two_versions()
    roll_back(scene)
    scene.training().run()
    training = scene.training()
    versions = rolled_back_versions(training.declaration, observe(training.api, training.declaration))
    assert len(versions) == 1
    restore(training.api, versions)
    scene.training().run()
    assert serving(scene) == second


@pytest.mark.parametrize("to", ["", "no-such-version"])
def test_roll_back_needs_an_earlier_version(to: str):
    scene = Scene()
    scene.training().run()
    with pytest.raises(Refused, match=r"earlier usable version|no usable version no-such-version"):
        roll_back(scene, to)


def test_history_lists_versions_newest_first_with_metrics_and_who_serves():
    scene, first, second = two_versions()
    roll_back(scene)
    scene.training().run()
    training = scene.training()
    records = version_history(training.declaration, observe(training.api, training.declaration), training.metrics)
    assert [record.arn for record in records] == [second, first]
    assert [record.rolled_back for record in records] == [True, False]
    assert [record.serves for record in records] == [(), ("test-messaging-elements-live",)]
    assert records[1].metrics[NDCG] == 0.5
