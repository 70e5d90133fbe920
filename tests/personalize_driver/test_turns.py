"""Turns without memory, as a state machine makes them: each a new process, the service the only state."""

from __future__ import annotations

import pytest

from personalize.driver import Options, Turn
from tests.personalize_driver.scene import Scene, rows


def turns(scene: Scene, options: Options | None = None, *, most: int = 500) -> list[Turn]:
    """Take turns until one says that the job is over."""
    taken: list[Turn] = []
    options = options or Options(since=scene.time.now())
    while not taken or not taken[-1].finished:
        taken.append(scene.training(options).turn())
        assert len(taken) < most, "the job never ends"
        if not taken[-1].finished:
            scene.time.sleep(max(30.0, taken[-1].wait_seconds))
    return taken


def test_turns_reach_the_same_end_as_a_run():
    scene = Scene()
    taken = turns(scene)
    assert not any(turn.failed or turn.refused for turn in taken)
    assert all(turn.wait_seconds > 0 for turn in taken[:-1])
    assert set(scene.service.creations.values()) == {1}
    assert set(scene.actions().values()) == {"leave"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("test-messaging", "kms:Decrypt"),
        ("test-messaging-interactions-*", "kms:Decrypt"),
        ("test-messaging-elements-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]*", "kms:Decrypt"),
        ("test-messaging-elements-live", "kms:Decrypt"),
    ],
)
def test_a_failure_between_turns_ends_the_job_and_the_next_job_tries_again(name: str, words: str):
    scene = Scene()
    scene.service.failures = {name: ["the KMS key is not usable"]}
    last = turns(scene)[-1]
    assert last.failed and any(words in message for message in last.messages.values())
    scene.time.sleep(60)
    assert not turns(scene)[-1].failed
    assert set(scene.actions().values()) == {"leave"}


def test_failed_popularity_does_not_hold_up_the_job():
    scene = Scene()
    scene.service.failures = {"test-messaging-elements-popularity-*": ["broken"] * 50}
    assert not turns(scene)[-1].failed
    made = [name for kind, name in scene.service.creations if kind == "solution_version" and "popularity" in name]
    assert len(made) == 1


def test_asking_for_training_trains_once_in_a_job():
    scene = Scene()
    turns(scene)
    scene.time.sleep(100)
    turns(scene, Options(retrain=frozenset({"all"}), since=scene.time.now()))
    made = [name for kind, name in scene.service.creations if kind == "solution_version" and "popularity" not in name]
    assert len(made) == 2


def test_the_last_turn_names_what_was_made_and_where_the_results_are():
    scene = Scene()
    last = turns(scene)[-1]
    assert last.made[0] == "schema test-interactions" and any("batch inference job" in name for name in last.made)
    (folder,) = last.batches.values()
    assert folder.startswith("s3://data-bucket/personalize/output/recommendations/test-messaging-elements-all-users-")
    scene.time.sleep(100)
    again = turns(scene)
    assert [turn.made for turn in again] == [()] and again[0].batches == last.batches, "and makes nothing twice"


def test_inputs_that_are_not_there_end_the_job():
    scene = Scene()
    scene.s3.objects.clear()
    last = turns(scene)[-1]
    assert last.failed and any("waits for s3://data-bucket" in message for message in last.messages.values())


def test_a_refused_version_is_said_in_the_last_turn():
    scene = Scene()
    turns(scene)
    scene.put(rows(1500))
    metric = "normalized_discounted_cumulative_gain_at_10"
    first = {record["arn"] for record in scene.service.records.values()}
    scene.service.metrics = lambda version: {metric: 0.5 if version["arn"] in first else 0.1}
    last = turns(scene)[-1]
    assert last.refused and not last.failed
    assert any("-80.0% against the version in use" in words for words in last.messages.values())
