"""What a plan says when the declaration, the data or the account changed; and that doing it leaves nothing to do."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from engagement.domain import batch_results
from personalize.driver import Action, DataFault, Options, TrainingFailed
from personalize.driver.estimates import load_prices
from personalize.driver.printed_tables import longest_chain, plan_json, summary
from tests.personalize_driver.scene import BASE, KEY, VARIABLES, Scene, rows


def trained(config: str = BASE) -> Scene:
    scene = Scene(config=config)
    scene.training().run()
    assert set(scene.actions().values()) <= {"leave"}
    return scene


def changes(scene: Scene, options: Options | None = None) -> dict[str, str]:
    return {key: action for key, action in scene.actions(options).items() if action != "leave"}


CHANGED = [
    (
        "more TPS",
        ("{live: true}", "{live: true, min_tps: 3}"),
        {"g/solution/s/campaign/live": "update"},
    ),
    (
        "exploration",
        ("{live: true}", "{live: true, exploration: {explorationWeight: 0.5}}"),
        {"g/solution/s/campaign/live": "update"},
    ),
    ("not live", ("{live: true}", "{live: false}"), {"g/solution/s/campaign/live": "delete"}),
    ("as it is", ("{live: true}", "{live: as-is}"), {}),
    ("filter", ('("a")', '("b")'), {"g/filter/new": "replace"}),
    (
        "another recipe: the new solution is trained beside the old, which goes after the switch",
        ("user-personalization-v2", "popularity-count"),
        {
            "g/solution/s": "create",
            "g/solution/s/version": "create",
            "g/solution/s/evaluation": "check",
            "g/solution/s/campaign/live": "update",
            "g/leftover/t-g-s": "delete",
        },
    ),
    (
        "automatic training",
        ("evaluation: {", "retrain: {every_days: 2, by: service}\n        evaluation: {"),
        {"g/solution/s": "update"},
    ),
    (
        "a column more: a new schema beside the old, the dataset is switched",
        ("TIMESTAMP: long}", "TIMESTAMP: long, PLACE: 'string, nullable'}"),
        {"schema/interactions": "create", "g/dataset/interactions": "update"},
    ),
    (
        "a second campaign",
        ("campaigns: {", "campaigns: {second: {live: true}, "),
        {"g/solution/s/campaign/second": "create"},
    ),
]


@pytest.mark.parametrize(("name", "change", "expected"), CHANGED, ids=[case[0] for case in CHANGED])
def test_a_changed_declaration(name: str, change: tuple[str, str], expected: dict[str, str]):
    scene = trained()
    assert change[0] in BASE
    scene.config = BASE.replace(*change)
    assert changes(scene) == expected
    scene.training().run()
    assert changes(scene) == {}, "doing the plan leaves nothing to do"


def test_a_changed_filter_makes_the_results_that_it_filters_anew():
    batch = """batch_inference: {all: {output: "s3://${bucket}/out/", filter: new}}
        campaigns: {"""
    scene = trained(BASE.replace("campaigns: {", batch))
    scene.config = scene.config.replace('("a")', '("b")')
    assert changes(scene) == {"g/filter/new": "replace", "g/solution/s/batch/all": "create"}
    scene.training().run()
    assert changes(scene) == {}


def test_a_column_that_a_standing_dataset_would_lose_is_told_before_anything_is_done():
    scene = Scene(config=BASE.replace("TIMESTAMP: long}", "TIMESTAMP: long, PLACE: 'string, nullable'}"))
    header, *lines = rows().splitlines()
    scene.put("\n".join([f"{header},PLACE", *(f"{line},here" for line in lines)]) + "\n")
    scene.training().run()
    count = len(scene.service.creations)
    scene.config = BASE
    with pytest.raises(DataFault, match=r"no longer has PLACE.*keeps every column"):
        scene.training().run()
    assert len(scene.service.creations) == count


def test_why_a_version_is_trained_anew():
    typed = BASE.replace("TIMESTAMP: long}", "TIMESTAMP: long, EVENT_TYPE: string}")
    scene = Scene(config=typed.replace("recipe: aws", "events: {click: {weight: 1.0}}\n        recipe: aws"))
    header, *lines = rows().splitlines()
    scene.put("\n".join([f"{header},EVENT_TYPE", *(f"{line},click" for line in lines)]) + "\n")
    scene.training().run()
    assert changes(scene) == {}
    scene.config = scene.config.replace("weight: 1.0", "weight: 0.5")
    plan = scene.training().plan()
    assert [plan.step(key).reason for key in ("g/solution/s", "g/solution/s/version")] == [
        "what it is trained with changed", "what it is trained with changed",
    ]  # fmt: skip
    scene.training().run()
    scene.put("\n".join([f"{header},EVENT_TYPE", *(f"{line},click" for line in lines[:1100])]) + "\n")
    assert scene.training().plan().step("g/solution/s/version").reason == "new data"


def test_back_to_the_first_recipe_trains_again_and_cleans_up():
    scene = trained()
    scene.config = BASE.replace("user-personalization-v2", "popularity-count")
    scene.training().run()
    scene.config = BASE
    scene.training().run()
    assert changes(scene) == {}
    scene.time.seconds += 100
    alive = [r["name"] for r in scene.service._alive() if r["kind"] == "solution"]
    assert alive == ["t-g-s"]


def test_what_is_not_declared_is_left_and_only_pruned_when_asked():
    scene = trained()
    scene.config = BASE.replace("    filters:\n      new:", "    filters:\n      other:")
    plan = scene.training().plan()
    left = plan.step("g/leftover/t-g-new")
    assert left is not None and left.action is Action.LEAVE and "--prune" in left.reason
    assert changes(scene, Options(prune=True)) == {"g/filter/other": "create", "g/leftover/t-g-new": "delete"}
    scene.training(Options(prune=True)).run()
    assert changes(scene, Options(prune=True)) == {}


def test_the_source_changed_and_changed_back():
    scene = trained()
    first = scene.s3.objects[("data-bucket", KEY)]
    scene.put(rows(2000))
    scene.training().run()
    scene.s3.objects[("data-bucket", KEY)] = first
    plan = scene.training().plan()
    step = plan.step("g/dataset/interactions/import")
    assert step is not None and (step.action, step.name[-3:], step.reason) == (
        Action.CREATE,
        "-r2",
        "the source changed back",
    )
    scene.training().run()
    assert changes(scene) == {}


def test_an_import_that_somebody_else_made_after_the_last_change_counts():
    scene = trained()
    dataset = next(arn for arn in scene.service.records if ":dataset/" in arn)
    scene.put(rows(2000))
    scene.time.seconds += 10
    scene.service.create_dataset_import_job(
        jobName="by-hand",
        datasetArn=dataset,
        dataSource={"dataLocation": f"s3://data-bucket/{KEY}"},
        roleArn=VARIABLES["role_arn"],
    )
    plan = scene.training().plan()
    step = plan.step("g/dataset/interactions/import")
    assert step is not None and (step.action, step.name) == (Action.WAIT, "by-hand")
    scene.training().run()
    assert changes(scene) == {}
    assert not any(kind == "dataset_import_job" and "r2" in name for kind, name in scene.service.creations)


def test_a_version_that_automatic_training_made_counts():
    scene = trained()
    scene.put(rows(2000))
    training = scene.training()
    plan = training.plan()
    scene.service.failures = {"t-g-s-*": ["stop here"]}
    with pytest.raises(TrainingFailed):
        training.run(plan)
    solution = next(arn for arn in scene.service.records if arn.endswith(":solution/t-g-s"))
    scene.service.create_solution_version(solutionArn=solution, trainingMode="FULL")
    scene.time.seconds += 5000
    assert changes(scene) == {"g/solution/s/evaluation": "check", "g/solution/s/campaign/live": "update"}


def test_a_source_that_is_not_there_yet_is_waited_for():
    scene = Scene(config=BASE)
    body = scene.s3.objects.pop(("data-bucket", KEY))
    scene.s3.buckets.clear()
    plan = scene.training().plan()
    gated = {step.key for step in plan.steps if step.gated}
    assert gated == {
        "g/dataset/interactions/import",
        "g/solution/s/version",
        "g/solution/s/evaluation",
        "g/solution/s/campaign/live",
    }
    ends = scene.time.seconds + 2000
    original = scene.time.sleep

    def sleep(seconds: float) -> None:
        original(seconds)
        if scene.time.seconds > ends and not scene.s3.buckets:
            scene.s3.buckets.add("data-bucket")
            scene.s3.objects[("data-bucket", KEY)] = body

    training = scene.training(wait_for_inputs=5000.0)
    training.sleep = sleep
    assert training.run().campaign_arn
    assert set(scene.service.creations.values()) == {1}
    made_before = [op for op, _ in scene.service.calls[: len(scene.service.calls) // 4] if op.startswith("create")]
    assert "create_dataset" in made_before, "what needs no data is made meanwhile"


def test_a_source_that_never_comes_ends_the_run_and_says_what_is_missing():
    scene = Scene(config=BASE)
    scene.s3.objects.clear()
    with pytest.raises(
        TrainingFailed, match=r"waits for s3://data-bucket/personalize/interactions.csv.*--wait-for-inputs"
    ):
        scene.training(wait_for_inputs=300.0).run()
    assert Counter(kind for kind, _ in scene.service.creations)["dataset"] == 1


def test_several_groups_and_solutions_train_at_the_same_time():
    two = BASE.replace(
        "dataset_groups:\n", "dataset_groups:\n" + BASE.split("dataset_groups:\n")[1].replace("  g:", "  h:")
    )
    two = two.replace(
        "        campaigns:", "        batch_inference: {b: {output: 's3://data-bucket/o/'}}\n        campaigns:"
    )
    scene = Scene(config=two)
    began = scene.time.seconds
    scene.training().run()
    alone = Scene(config=BASE)
    alone_began = alone.time.seconds
    alone.training().run()
    assert scene.time.seconds - began < 1.2 * (alone.time.seconds - alone_began)


def test_prices_and_durations_come_from_the_list_and_from_the_account():
    scene = Scene()
    plan = scene.training().plan()
    version = plan.step("messaging/solution/elements/version")
    campaign = plan.step("messaging/solution/elements/campaign/live")
    batch = plan.step("messaging/solution/elements/batch/all-users")
    assert version and campaign and batch
    assert version.price.once == pytest.approx(1.2 * 0.002)
    assert version.price.basis == "1,200 interactions"
    assert campaign.price.hourly == pytest.approx(0.54)
    assert batch.price.once == pytest.approx(0.03 * 0.15)
    assert version.seconds == 6600
    assert longest_chain(plan) == pytest.approx(60 + 60 + 900 + 6600 + 2 + 1800)
    assert "dated 2025-06-30: check them" in summary(plan, load_prices())
    scene.training().run()
    scene.put(rows(3000))
    again = scene.training().plan().step("messaging/solution/elements/version")
    assert again is not None and again.seconds == 3600


def test_the_plan_as_json_says_everything_that_the_table_says():
    told = plan_json(Scene().training().plan(), load_prices())
    assert told["changes"] == 11
    first = told["steps"][0]
    assert first == {
        "key": "schema/interactions",
        "kind": "schema",
        "name": "test-interactions",
        "action": "create",
        "reason": "does not exist",
        "arn": None,
        "after": [],
        "waits_for_input": False,
        "price": {"once": 0.0, "hourly": 0.0, "basis": ""},
        "expected_seconds": 1.0,
    }


def test_planning_writes_nothing():
    scene = Scene()
    scene.training().plan()
    assert {operation.split("_")[0] for operation, _ in scene.service.calls} <= {"list", "describe"}
    assert scene.s3.uploads == []


def test_the_batch_input_lists_every_user_once():
    scene = Scene()
    scene.training().run()
    key = next(key for _, key in scene.s3.objects if key.endswith(".jsonl"))
    lines = scene.s3.objects[("data-bucket", key)][0].decode().splitlines()
    assert len(lines) == len(set(lines)) == 30 + 1
    assert lines[0] == '{"userId": "user_0"}'
    assert lines[-1] == json.dumps({"userId": batch_results.UNKNOWN_USER}), "what everybody likes is asked for too"


def test_each_batch_job_writes_to_a_folder_of_its_own():
    scene = Scene()
    result = scene.training().run()
    (job,) = [record for record in scene.service.records.values() if record["kind"] == "batch_inference_job"]
    (folder,) = result.batches.values()
    assert folder == f"s3://data-bucket/personalize/output/recommendations/{job['jobName']}/"
    assert job["jobOutput"]["s3DataDestination"]["path"] == folder
    assert scene.training().run().batches == result.batches, "and later runs know where it is"


def test_a_local_file_is_uploaded_once(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(rows(1300))
    scene = Scene(variables={**VARIABLES, "live_campaign": "true", "interactions_file": str(path)})
    scene.s3.objects.clear()
    scene.training().run()
    scene.training().run()
    assert scene.s3.uploads == [KEY]
    without_file = {key: value for key, value in scene.variables.items() if key != "interactions_file"}
    scene.variables = without_file
    assert set(scene.actions().values()) == {"leave"}, "the same bytes read from S3 are the same source"


@pytest.mark.parametrize("word", ["all", "s", "g/s"])
def test_a_solution_is_trained_anew_when_it_is_named(word: str):
    assert "retrain" in changes(trained(), Options(retrain=frozenset({word}))).values()


@pytest.mark.parametrize("word", ["ss", "g", "g/x", "ALL"])
def test_a_solution_that_is_not_declared_is_no_success(word: str):
    with pytest.raises(DataFault, match=f"no solution '{word}'"):
        trained().training(Options(retrain=frozenset({word}))).plan()
