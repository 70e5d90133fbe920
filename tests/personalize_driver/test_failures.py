"""What goes wrong is told with its reason and what to do; what does not depend on it still gets done."""

from __future__ import annotations

import pytest

from personalize.driver import DataFault, TrainingFailed
from personalize.driver.advice import advice_for
from personalize.driver.model import Kind
from tests.personalize_driver.scene import KEY, VARIABLES, Scene, rows

FAILURES = [
    (
        "test-messaging-interactions-*",
        "Insufficient privileges for accessing data in S3.",
        "s3:GetObject and s3:ListBucket",
    ),
    ("test-messaging-interactions-*", "The TIMESTAMP column has invalid values", "whole seconds since 1970"),
    (
        "test-messaging-interactions-*",
        "Input csv is missing the following columns: [ITEM_ID]",
        "header must hold every column",
    ),
    ("test-messaging-interactions-*", "Role could not be assumed", "trust personalize.amazonaws.com"),
    (
        "test-messaging-elements-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]*",
        "Dataset has less than 25 users with at least 2 interactions, less than minimum",
        "1,000",
    ),
    ("test-messaging-elements-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]*", "Something new", "it trains anew under a new name"),
    ("test-messaging-elements-live", "Something new", "it continues from here"),
]


ADVICE = [
    (Kind.SCHEMA, "Tag keys that begin with aws: are reserved.", "choose other keys or values under `tags`"),
    (Kind.SOLUTION, "51 tags are more than a resource can have (50).", "choose other keys or values under `tags`"),
    (
        Kind.SOLUTION,
        "1 validation error detected: Value 'x' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must ...",
        "choose other keys or values under `tags`",
    ),
    (
        Kind.SOLUTION,
        "Parameter validation failed:\nInvalid type for parameter solutionConfig.trainingDataConfig."
        "excludedDatasetColumns.INTERACTIONS, value: CAMPAIGN, type: <class 'str'>, valid types: <class 'list'>",
        "a value that the service does not take",
    ),
    (
        Kind.DATASET_GROUP,
        "1 validation error detected: Value 'x' at 'kmsKeyArn' failed to satisfy constraint: Member must satisfy ...",
        "a value that the service does not take",
    ),
    (
        Kind.VERSION,
        "The solution has an event type but the interactions dataset has no EVENT_TYPE column.",
        "need the column EVENT_TYPE in the interactions' schema and source",
    ),
    (
        Kind.VERSION,
        "The solution has an event value threshold but the dataset has no EVENT_VALUE column.",
        "needs the column EVENT_VALUE",
    ),
    (
        Kind.DATASET,
        "The new schema must keep every field of the old one as it is.",
        "give the dataset group a new name",
    ),
    (Kind.DATASET, "Fields that the new schema adds must be nullable.", "a new one must be nullable"),
    (
        Kind.VERSION,
        "The interactions dataset has 100 unique interactions after filtering by event type and event value; "
        "at least 1000 are required.",
        "or drop that threshold",
    ),
    (
        Kind.VERSION,
        "The interactions dataset has 3 users with at least 2 interactions each; at least 25 are required.",
        "add interactions to the source",
    ),
    (Kind.IMPORT, "Input csv is missing the following columns: [TIMESTAMP]. i.csv has [A].", "header must hold every"),
    (Kind.IMPORT, "Input csv is empty: i.csv has no header.", "header must hold every column"),
    (Kind.IMPORT, "No objects found at s3://b/i.csv. Make sure that the path is right.", "look at `source`"),
    (
        Kind.IMPORT,
        "Input csv has rows that do not conform to the dataset schema. Please ensure all required data fields are present "
        "and that they are of the type specified in the schema. i.csv, line 3: 2 fields, 3 expected.",
        "checks them line by line",
    ),
    (
        Kind.FILTER,
        "The filter names the column KIND, which the schema of ITEMS lacks.",
        "mend what the reason names, then `kit train` again",
    ),
    (Kind.IMPORT, "The KMS key cannot be used.", "kms:Decrypt"),
    (Kind.CAMPAIGN, "You have 5 active campaigns; the quota is 5.", "Service Quotas"),
]


@pytest.mark.parametrize(("kind", "reason", "advice"), ADVICE)
def test_each_reason_gets_the_advice_that_can_help(kind: Kind, reason: str, advice: str):
    assert advice in advice_for(kind, reason)


@pytest.mark.parametrize(("name", "reason", "advice"), FAILURES)
def test_a_failed_creation_tells_the_services_reason_and_what_to_do(name: str, reason: str, advice: str):
    scene = Scene(variables={**VARIABLES, "live_campaign": "true"})
    scene.service.failures = {name: [reason] * 2}
    with pytest.raises(TrainingFailed) as told:
        scene.training().run()
    assert reason in str(told.value)
    assert advice in str(told.value)


@pytest.mark.parametrize(("name", "reason", "advice"), FAILURES)
def test_the_next_run_mends_it_and_repeats_nothing_that_succeeded(name: str, reason: str, advice: str):
    scene = Scene()
    scene.service.failures = {name: [reason]}
    try:
        scene.training().run()
    except TrainingFailed as failed:
        assert reason in str(failed)
    assert scene.training().run().campaign_arn
    again = {key: count for key, count in scene.service.creations.items() if count > 1}
    assert again in ({}, {("campaign", "test-messaging-elements-live"): 2})
    assert set(scene.actions().values()) == {"leave"}


def test_failed_popularity_does_not_fail_the_training():
    scene = Scene()
    scene.service.failures = {"test-messaging-elements-popularity-*": ["broken"]}
    result = scene.training().run()
    assert result.campaign_arn
    assert result.comparisons[0].popularity == {}


def test_throttled_calls_are_repeated():
    scene = Scene()
    scene.service.refusals = [
        (operation, code, "slow down")
        for operation in ("create_schema", "create_solution", "describe_solution_version", "create_campaign")
        for code in ("ThrottlingException", "TooManyRequestsException")
    ]
    assert scene.training().run().campaign_arn
    assert scene.service.refusals == []
    assert set(scene.service.creations.values()) == {1}


def test_quota_that_our_own_work_fills_is_waited_for():
    scene = Scene()
    scene.service.refusals = [("create_solution_version", "LimitExceededException", "5 versions in progress")] * 3
    assert scene.training().run().campaign_arn
    assert scene.service.refusals == []


def test_quota_that_nothing_of_ours_fills_is_told_with_what_to_do():
    scene = Scene()
    scene.service.refusals = [("create_campaign", "LimitExceededException", "More than 5 campaigns")] * 1000
    with pytest.raises(TrainingFailed, match=r"(?s)More than 5 campaigns.*Service Quotas"):
        scene.training().run()


def test_a_missing_permission_is_told():
    scene = Scene()
    scene.service.refusals = [("create_dataset_group", "AccessDeniedException", "not authorized")]
    with pytest.raises(TrainingFailed, match="not authorized"):
        scene.training().run()


def test_a_resource_that_somebody_deletes_while_we_wait_is_told():
    scene = Scene()

    def vanish(call: int, after: bool) -> None:
        operation, arguments = scene.service.calls[call]
        if operation == "describe_campaign" and after is False:
            scene.service.records.pop(arguments["campaignArn"], None)

    scene.service.kill = vanish
    with pytest.raises(TrainingFailed, match=r"vanished.*deleted it"):
        scene.training().run()


def test_too_little_data_is_told_before_anything_is_made():
    scene = Scene()
    scene.put(rows(400, users=20))
    with pytest.raises(DataFault) as told:
        scene.training().run()
    assert "has 400 interactions; Personalize trains from 1,000 on: add at least 600 rows" in str(told.value)
    assert "has 20 users with at least 2 interactions (of 20 users); Personalize needs 25" in str(told.value)
    assert not scene.service.creations


def test_malformed_rows_are_told_with_line_and_column_before_anything_is_made():
    scene = Scene()
    scene.put(rows() + "user_1,item_2,1700000000000\nuser_2,item_3\n")
    with pytest.raises(DataFault) as told:
        scene.training().run()
    assert f"{KEY}, line 1202, column 3 (TIMESTAMP): '1700000000000' looks like milliseconds" in str(told.value)
    assert f"{KEY}, line 1203: has 2 fields, the header 3" in str(told.value)
    assert not scene.service.creations


def test_a_bucket_without_policy_is_told_before_anything_is_made_or_uploaded():
    scene = Scene()
    scene.s3.policy = None
    training = scene.training()
    training.plan()
    assert "data-bucket has no policy that lets personalize.amazonaws.com read it" in training.faults()
    with pytest.raises(DataFault, match=r"has no policy that lets.*`kit deploy`"):
        scene.training().run()
    assert not scene.service.creations
    scene.s3.policy = {"Statement": [{"Effect": "Allow", "Principal": {"Service": ["personalize.amazonaws.com"]}}]}
    scene.training().run()
    scene.s3.policy = None
    again = scene.training()
    again.plan()
    assert again.faults() == "", "what is imported needs it no more"


def test_a_dataset_group_that_failed_is_replaced():
    scene = Scene()
    scene.service.failures = {"test-messaging": ["kms key not usable"]}
    with pytest.raises(TrainingFailed, match="kms"):
        scene.training().run()
    assert scene.actions()["messaging"] == "replace"
    assert scene.training().run().campaign_arn
    assert scene.service.creations[("dataset_group", "test-messaging")] == 2


def test_independent_chains_go_on_when_one_fails():
    scene = Scene()
    scene.service.failures = {"test-messaging-elements-popularity": ["no"], "test-messaging-elements-live": ["no"]}
    with pytest.raises(TrainingFailed, match="campaign test-messaging-elements-live"):
        scene.training().run()
    assert any(kind == "batch_inference_job" for kind, _ in scene.service.creations)


def test_a_role_that_terraform_has_not_made_yet_is_waited_for():
    scene = Scene()
    refusal = ("create_dataset_import_job", "InvalidInputException", "The role could not be assumed")
    scene.service.refusals = [refusal] * 4
    assert scene.training(wait_for_inputs=600.0).run().campaign_arn
    scene = Scene()
    scene.service.refusals = [refusal]
    with pytest.raises(TrainingFailed, match=r"trust personalize\.amazonaws\.com"):
        scene.training().run()
