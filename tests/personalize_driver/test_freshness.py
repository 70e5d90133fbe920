"""When solutions were trained last, as the retraining asks before it decides."""

from __future__ import annotations

from personalize.driver import Options, last_trained
from tests.personalize_driver.scene import Scene


def test_nothing_was_trained_before_the_first_training():
    assert last_trained(Scene().training()) == []


def test_the_newest_version_counts_and_the_baseline_does_not():
    scene = Scene()
    scene.training().run()
    (first,) = last_trained(scene.training())
    assert (first.solution, first.group) == ("messaging/elements", "test-messaging")
    scene.time.sleep(1000)
    scene.training(Options(retrain=frozenset({first.solution}))).run()
    (again,) = last_trained(scene.training())
    assert again.at > first.at


def test_a_failed_version_does_not_count():
    scene = Scene()
    scene.training().run()
    (first,) = last_trained(scene.training())
    scene.time.sleep(1000)
    scene.service.failures = {"test-messaging-elements-*-r2": ["no capacity"] * 9}
    scene.training(Options(retrain=frozenset({"all"}), since=scene.time.now())).turn()
    scene.time.sleep(10_000)
    assert last_trained(scene.training()) == [first]


def test_without_an_event_tracker_nobody_asks():
    scene = Scene()
    scene.training().run()
    scene.variables["event_tracker"] = "false"
    assert last_trained(scene.training()) == []
    assert scene.actions()["messaging/leftover/test-messaging-mail"] == "leave", "one that stands is left alone"
