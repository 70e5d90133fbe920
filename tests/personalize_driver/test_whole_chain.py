"""The whole chain against a service in memory: first run, second run, new data."""

from __future__ import annotations

from personalize.driver import Options
from tests.personalize_driver.scene import Scene, rows


def test_first_run_makes_everything_once_and_answers_with_arns_and_metrics():
    scene = Scene()
    result = scene.training().run()
    assert result.campaign_arn.endswith(":campaign/test-messaging-elements-live")
    assert ":solution/test-messaging-elements/" in result.solution_version_arn
    assert result.metrics["coverage"] == 0.9
    assert set(scene.service.creations.values()) == {1}
    assert ("batch_inference_job", result.plan.steps[-1].name) in scene.service.creations


def test_second_run_changes_nothing():
    scene = Scene()
    scene.training().run()
    before = dict(scene.service.creations)
    assert set(scene.actions().values()) == {"leave"}
    scene.training().run()
    assert scene.service.creations == before


def test_new_rows_are_imported_trained_and_deployed():
    scene = Scene()
    first = scene.training().run()
    scene.put(rows(1500))
    changed = {key: action for key, action in scene.actions().items() if action != "leave"}
    assert changed == {
        "messaging/dataset/interactions/import": "create",
        "messaging/solution/elements.popularity/version": "retrain",
        "messaging/solution/elements/version": "retrain",
        "messaging/solution/elements/evaluation": "check",
        "messaging/solution/elements/campaign/live": "update",
        "messaging/solution/elements/batch/all-users": "create",
    }
    second = scene.training().run()
    assert second.solution_version_arn != first.solution_version_arn
    assert second.campaign_arn == first.campaign_arn
    assert set(scene.actions().values()) == {"leave"}


def test_retraining_when_asked_trains_the_same_data_again():
    scene = Scene()
    scene.training().run()
    asked = Options(retrain=frozenset({"elements"}))
    assert scene.actions(asked)["messaging/solution/elements/version"] == "retrain"
    scene.training(asked).run()
    assert set(scene.actions().values()) == {"leave"}
