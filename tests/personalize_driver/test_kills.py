"""Killed at every call and at random moments, run again: nothing that was finished is done twice."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from personalize.driver import Training
from tests.personalize_driver.fake_personalize import FakePersonalize, Killed
from tests.personalize_driver.scene import Scene


def calls_of_a_whole_run() -> int:
    scene = Scene()
    scene.training().run()
    return len(scene.service.calls)


def kill_at(scene: Scene, index: int, after: bool) -> None:
    first = len(scene.service.calls)

    def kill(call: int, happened: bool) -> None:
        if call - first == index and happened is after:
            raise Killed

    scene.service.kill = kill


def finish(scene: Scene) -> None:
    scene.service.kill = lambda index, after: None
    result = scene.training().run()
    assert result.campaign_arn
    assert set(scene.actions().values()) == {"leave"}


def made_twice(service: FakePersonalize) -> dict[tuple[str, str], int]:
    """What was created more than once under one name, and what was created under a second name."""
    kinds = Counter(kind for kind, _ in service.creations)
    expected = {"solution": 2, "solution_version": 2}
    twice: dict[tuple[str, str], int] = {key: count for key, count in service.creations.items() if count > 1}
    return twice | {(kind, "*"): count for kind, count in kinds.items() if count > expected.get(kind, 1)}


@pytest.mark.exhaustive
@pytest.mark.parametrize("odd", [0, 1])
def test_killed_at_every_single_call(odd: int):
    """Before every other call takes effect, after the rest; the bench kills before and after each."""
    for index in range(odd, calls_of_a_whole_run(), 2):
        scene, after = Scene(), index % 4 > 1
        kill_at(scene, index, after)
        with pytest.raises(Killed):
            scene.training().run()
        finish(scene)
        assert made_twice(scene.service) == {}, f"killed at call {index}"


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(12))
def test_killed_again_and_again_at_random_moments(seed: int):
    luck = random.Random(seed)
    scene = Scene()
    for _ in range(luck.randrange(2, 12)):
        kill_at(scene, luck.randrange(1, 60), luck.random() < 0.5)
        try:
            scene.training().run()
        except Killed:
            scene.time.seconds += luck.choice((0.0, 1.0, 200.0, 4000.0))
    finish(scene)
    assert made_twice(scene.service) == {}


@pytest.mark.parametrize("seed", range(10))
def test_two_runs_at_once_do_no_harm(seed: int):
    """Two loops over one account take turns at random; each sees what the other did only through the service."""
    luck = random.Random(seed)
    scene = Scene()
    runs: list[Training] = [scene.training(), scene.training()]
    executions = [run.execution(run.plan()) for run in runs]
    while not all(execution.finished for execution in executions):
        luck.choice(executions).tick()
        scene.time.seconds += luck.choice((0.5, 5.0, 30.0))
    assert all(one.phase == "done" for execution in executions for one in execution.progress.values())
    assert made_twice(scene.service) == {}
    finish(scene)


@pytest.mark.parametrize("index", range(0, 40, 3))
def test_a_second_run_that_starts_in_the_middle_of_the_first_adopts_its_work(index: int):
    scene = Scene()
    other = Scene(time=scene.time)
    other.service, other.s3 = scene.service, scene.s3
    first = len(scene.service.calls)
    started: list[bool] = []

    def intrude(call: int, happened: bool) -> None:
        if call - first >= index and not happened and not started:
            started.append(True)
            other.training().run()

    scene.service.kill = intrude
    scene.training().run()
    assert started
    assert made_twice(scene.service) == {}


@pytest.mark.exhaustive
def test_killed_while_retraining_after_new_data():
    whole = Scene()
    whole.training().run()
    whole.put("USER_ID,ITEM_ID,TIMESTAMP\n" + "".join(f"u{n % 40},i{n % 3},17{n:08d}\n" for n in range(1100)))
    start = len(whole.service.calls)
    whole.training().run()
    calls = len(whole.service.calls) - start
    body = whole.s3.objects
    for index in range(0, calls, 4):
        scene = Scene()
        scene.training().run()
        scene.s3.objects = dict(body)
        kill_at(scene, index, True)
        with pytest.raises(Killed):
            scene.training().run()
        finish(scene)
        counts = Counter(kind for kind, _ in scene.service.creations)
        assert set(scene.service.creations.values()) == {1}
        assert counts["solution_version"] == 4 and counts["dataset_import_job"] == 2 and counts["campaign"] == 1
