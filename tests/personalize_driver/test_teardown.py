"""Taking away: everything in order, or only what stands idle."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from personalize.driver import Action
from personalize.driver.errors import Denied
from personalize.driver.estimates import Estimates
from personalize.driver.observe import observe
from personalize.driver.teardown import destroy_plan, idle_plan
from personalize.driver.usage import CampaignUsage
from tests.personalize_driver.fake_personalize import Killed
from tests.personalize_driver.scene import BASE, Scene
from tests.personalize_driver.test_kills import kill_at


def destroy(scene: Scene) -> None:
    training = scene.training()
    training.run(destroy_plan(training.declaration, observe(training.api, training.declaration)))


def test_destroy_takes_everything_away_in_order_and_waits():
    scene = Scene(config=BASE)
    scene.training().run()
    destroy(scene)
    kinds = {record["kind"] for record in scene.service._alive()}
    assert kinds <= {"dataset_import_job", "solution_version", "batch_inference_job"}
    training = scene.training()
    assert destroy_plan(training.declaration, observe(training.api, training.declaration)).steps == ()
    assert scene.training().run().campaign_arn, "and it can be made again"


def test_a_schema_that_another_declaration_uses_stays_and_does_not_hold_destroy_up():
    scene = Scene(config=BASE)
    scene.training().run()
    scene.config = BASE.replace("\n  g:\n", "\n  other:\n")
    scene.training().run()
    began = scene.time.seconds
    destroy(scene)
    assert scene.events[-1].state == "left" and "is in use" in scene.events[-1].message
    assert scene.time.seconds - began < 1800
    scene.config = BASE
    assert set(scene.actions().values()) <= {"leave"}, "the other declaration lost nothing"
    destroy(scene)
    assert "schema" not in {record["kind"] for record in scene.service._alive()}


@pytest.mark.parametrize("index", range(0, 36, 3))
def test_destroy_killed_anywhere_goes_on(index: int):
    scene = Scene(config=BASE)
    scene.training().run()
    kill_at(scene, index, True)
    with pytest.raises(Killed):
        destroy(scene)
    scene.service.kill = lambda call, after: None
    destroy(scene)
    training = scene.training()
    assert destroy_plan(training.declaration, observe(training.api, training.declaration)).steps == ()


@pytest.mark.parametrize("index", range(20, 130, 10))
def test_destroy_in_the_middle_of_a_training_stops_it(index: int):
    scene = Scene(config=BASE)
    kill_at(scene, index, True)
    with pytest.raises(Killed):
        scene.training().run()
    scene.service.kill = lambda call, after: None
    destroy(scene)
    training = scene.training()
    assert destroy_plan(training.declaration, observe(training.api, training.declaration)).steps == ()


class FakeCloudWatch:
    def __init__(self, asked: float, fails: bool = False) -> None:
        self.asked, self.fails, self.windows = asked, fails, []

    def get_metric_statistics(self, **arguments: Any) -> dict[str, Any]:
        if self.fails:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetMetricStatistics")
        assert arguments["Namespace"] == "AWS/Personalize" and arguments["Statistics"] == ["Sum"]
        return {"Datapoints": [{"Sum": self.asked}] if arguments["MetricName"] == "GetRecommendations" else []}


@pytest.mark.parametrize(
    ("age", "asked", "action", "words"),
    [
        (90_000, 0.0, Action.DELETE, "nobody asked it for 24 hours; costs 0.54 USD an hour"),
        (90_000, 7.0, Action.LEAVE, "answered 7 requests in 24 hours"),
        (600, 0.0, Action.LEAVE, "is younger than 24 hours"),
    ],
)
def test_idle_campaigns(age: float, asked: float, action: Action, words: str):
    scene = Scene(config=BASE)
    scene.training().run()
    scene.time.seconds += age
    training = scene.training()
    snapshot = observe(training.api, training.declaration)
    plan = idle_plan(
        training.declaration,
        snapshot,
        Estimates.of(snapshot),
        hours=24,
        now=scene.time.now(),
        requests=CampaignUsage(client=FakeCloudWatch(asked)).requests,
    )
    assert [step.action for step in plan.steps] == [action]
    assert words in plan.steps[0].reason
    training.run(plan)
    standing = [record for record in scene.service._alive() if record["kind"] == "campaign"]
    assert bool(standing) is (action is Action.LEAVE)


def test_nothing_is_stopped_on_a_guess():
    usage = CampaignUsage(client=FakeCloudWatch(0, fails=True))
    with pytest.raises(Denied, match="Nothing was stopped"):
        usage.requests("arn", datetime(2026, 1, 1), datetime(2026, 1, 2))
