"""Campaigns that change, trainings that stop, failures put in by a test, and a server that stays awake."""

import json
import re
import threading
import time
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from personalize.local_service.settings import Settings
from scripts.local_aws.process import LocalAws
from tests.personalize_local.account import Account, sample_csv

pytestmark = pytest.mark.local_aws
LATEST = {"syncWithLatestSolutionVersion": True}


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_a_campaign_is_updated_to_another_version(account):
    made = account.trained_campaign()
    second = account.version(made.solution)
    account.control(step_seconds=0.3)
    try:
        account.personalize.update_campaign(campaignArn=made.campaign, solutionVersionArn=second, minProvisionedTPS=2)
        during = account.describe("Campaign", made.campaign)
        assert during["status"] == "ACTIVE"
        assert during["solutionVersionArn"] == made.version
        assert during["latestCampaignUpdate"]["status"] == "CREATE PENDING"
        assert account.recommended(made.campaign, "user_1")
        with pytest.raises(account.personalize.exceptions.ResourceInUseException, match="is being updated"):
            account.personalize.update_campaign(campaignArn=made.campaign, minProvisionedTPS=3)
    finally:
        account.control(step_seconds=0.02)
    until(lambda: account.describe("Campaign", made.campaign)["latestCampaignUpdate"]["status"] == "ACTIVE")
    after = account.describe("Campaign", made.campaign)
    assert (after["solutionVersionArn"], after["minProvisionedTPS"]) == (second, 2)


def test_a_failed_update_leaves_the_campaign_as_it_was(account):
    made = account.trained_campaign()
    second = account.version(made.solution)
    account.control(fail={"update_campaign": {"reason": "no capacity", "times": 1}})
    account.personalize.update_campaign(campaignArn=made.campaign, solutionVersionArn=second)
    until(lambda: account.describe("Campaign", made.campaign)["latestCampaignUpdate"]["status"] == "CREATE FAILED")
    after = account.describe("Campaign", made.campaign)
    assert after["solutionVersionArn"] == made.version
    assert after["latestCampaignUpdate"]["failureReason"] == "no capacity"
    account.personalize.update_campaign(campaignArn=made.campaign, solutionVersionArn=second)
    until(lambda: account.describe("Campaign", made.campaign)["solutionVersionArn"] == second)


def test_a_campaign_follows_the_latest_version_when_told_to(account):
    made = account.trained_campaign()
    following = account.campaign(made.solution + "/$LATEST", campaignConfig=LATEST)
    assert account.describe("Campaign", following)["solutionVersionArn"] == made.version
    newer = account.version(made.solution)
    assert account.describe("Campaign", following)["solutionVersionArn"] == newer
    assert account.describe("Campaign", made.campaign)["solutionVersionArn"] == made.version
    with pytest.raises(account.personalize.exceptions.InvalidInputException, match="needs campaignConfig"):
        account.campaign(made.solution + "/$LATEST")


def test_a_solution_tells_its_latest_version_and_its_automatic_training(account, trained):
    body = account.describe("Solution", trained.solution)
    assert body["latestSolutionVersion"]["solutionVersionArn"] == trained.version
    assert body["performAutoTraining"] is True
    account.personalize.update_solution(solutionArn=trained.solution, performAutoTraining=False)
    until(lambda: account.describe("Solution", trained.solution)["performAutoTraining"] is False)


def test_metrics_are_the_service_s_and_not_there_before_the_training_is(account):
    group = account.group()
    account.import_text(account.dataset(group), sample_csv())
    solution = account.solution(group)
    account.control(step_seconds=0.5)
    try:
        arn = account.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        with pytest.raises(account.personalize.exceptions.ResourceInUseException, match="CREATE PENDING"):
            account.metrics(arn)
        with pytest.raises(account.personalize.exceptions.ResourceInUseException):
            account.campaign(arn)
    finally:
        account.control(step_seconds=0.02)
    account.wait("SolutionVersion", arn)
    cuts = [
        f"{name}_at_{cut}" for name in ("normalized_discounted_cumulative_gain", "precision") for cut in (5, 10, 25)
    ]
    assert set(account.metrics(arn)) == {"coverage", "mean_reciprocal_rank_at_25", *cuts}


@pytest.mark.parametrize("wait", [0.0, 0.3])
def test_a_training_can_be_stopped(account, wait):
    group = account.group()
    account.import_text(account.dataset(group), sample_csv())
    solution = account.solution(group)
    account.control(step_seconds=0.25)
    try:
        arn = account.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        time.sleep(wait)
        account.personalize.stop_solution_version_creation(solutionVersionArn=arn)
        assert account.describe("SolutionVersion", arn)["status"] == "CREATE STOPPING"
        account.wait("SolutionVersion", arn, expect="CREATE STOPPED")
    finally:
        account.control(step_seconds=0.02)
    with pytest.raises(account.personalize.exceptions.ResourceInUseException):
        account.personalize.stop_solution_version_creation(solutionVersionArn=arn)


def test_update_trains_what_was_trained_in_full(account):
    made = account.trained_campaign(recipe="aws-user-personalization")
    arn = account.version(made.solution, trainingMode="UPDATE")
    assert account.describe("SolutionVersion", arn)["trainingMode"] == "UPDATE"
    other = account.solution(made.group, "aws-user-personalization-v2")
    with pytest.raises(account.personalize.exceptions.InvalidInputException, match="UPDATE is not supported"):
        account.version(other, trainingMode="UPDATE")


@pytest.mark.parametrize(
    "operation,kind,create",
    [
        ("create_dataset_group", "DatasetGroup", lambda a, t: a.personalize.create_dataset_group(name=a.name("g"))),
        (
            "create_solution", "Solution",
            lambda a, t: a.personalize.create_solution(
                name=a.name("s"), datasetGroupArn=t.group, recipeArn="arn:aws:personalize:::recipe/aws-sims"
            ),
        ),
        (
            "create_campaign", "Campaign",
            lambda a, t: a.personalize.create_campaign(name=a.name("c"), solutionVersionArn=t.version),
        ),
        (
            "CreateSolutionVersion", "SolutionVersion",
            lambda a, t: a.personalize.create_solution_version(solutionArn=t.solution),
        ),
    ],
)  # fmt: skip
def test_a_failure_put_in_ends_the_creation_with_its_reason(account, trained, operation, kind, create):
    account.control(fail={operation: {"reason": "put in by a test", "times": 1}})
    answer = create(account, trained)
    (arn,) = (value for name, value in answer.items() if name.endswith("Arn"))
    body = account.wait(kind, arn, expect="CREATE FAILED")
    # The service model gives a solution no failureReason.
    assert body.get("failureReason") == (None if kind == "Solution" else "put in by a test")
    assert account.control()["fail"] == {}


def test_throttling(account):
    account.control(throttle=2)
    for _ in range(2):
        with pytest.raises(ClientError, match="Rate exceeded") as caught:
            account.personalize.list_schemas()
        assert caught.value.response["Error"]["Code"] == "ThrottlingException"
    account.personalize.list_schemas()


def test_calls_are_counted(account):
    before = account.control()["calls"].get("ListSchemas", 0)
    account.personalize.list_schemas()
    assert account.control()["calls"]["ListSchemas"] == before + 1


@pytest.mark.parametrize(
    "settings",
    [
        {"step_seconds": -1},
        {"step_seconds": "fast"},
        {"speed": 1},
        {"quotas": {"x": 1}},
        {"quotas": {"schemas": "many"}},
        {"fail": {"create_campaign": 7}},
        {"fail": {"create_schema": "no"}},
        {"fail": "all"},
        {"throttle": -1},
        {"reset_calls": "yes"},
    ],
)
def test_settings_that_make_no_sense_are_refused(account, settings):
    with pytest.raises(urllib.error.HTTPError) as caught:
        account.control(**settings)
    assert caught.value.code == 400
    assert json.load(caught.value)["message"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("[]", "settings are a JSON object"),
        ("5", "settings are a JSON object"),
        ("null", "settings are a JSON object"),
        ('"fast"', "settings are a JSON object"),
        ("{", "the settings are not JSON"),
        ("\udcff", "the settings are not JSON"),
        ("[" * 5_000, "nested too deep"),
        ('{"fail": {"create_campaign": {"reason": "no", "times": "a"}}}', "times of a failure must be a whole number"),
        ('{"fail": {"create_campaign": {"reason": "no", "times": 0}}}', "times of a failure must be a whole number"),
        ('{"fail": {"create_campaign": {"reason": "no", "times": true}}}', "times of a failure must be a whole number"),
        ('{"fail": {"create_campaign": {"reason": "no", "time": 1}}}', "a failure is a reason"),
        ('{"fail": {"create_campaign": {"times": 1}}}', "a failure is a reason"),
        ('{"fail": null}', "fail must be a JSON object"),
        ('{"quotas": []}', "quotas must be a JSON object"),
    ],
)
def test_an_odd_body_is_refused_with_a_sentence_and_changes_nothing(account, body, words):
    before = account.control()
    url = f"{account.endpoint_url}/_kit/personalize"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url, data=body.encode(errors="surrogateescape"), timeout=5)
    assert caught.value.code == 400
    assert words in json.load(caught.value)["message"]
    assert account.control() == before


def test_a_recommender_of_a_domain(account):
    group = account.group(domain="ECOMMERCE")
    account.import_text(account.dataset(group), sample_csv())
    arn = account.personalize.create_recommender(
        name=account.name("recommender"), datasetGroupArn=group,
        recipeArn="arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you",
    )["recommenderArn"]  # fmt: skip
    body = account.wait("Recommender", arn)
    assert "coverage" in body["modelMetrics"]
    answer = account.runtime.get_recommendations(recommenderArn=arn, userId="user_1", numResults=2)
    assert len(answer["itemList"]) == 2
    account.personalize.stop_recommender(recommenderArn=arn)
    account.wait("Recommender", arn, expect="INACTIVE")
    with pytest.raises(account.runtime.exceptions.ResourceNotFoundException, match="INACTIVE"):
        account.runtime.get_recommendations(recommenderArn=arn, userId="user_1")
    account.personalize.start_recommender(recommenderArn=arn)
    account.wait("Recommender", arn)
    with pytest.raises(account.personalize.exceptions.InvalidInputException, match="does not belong to the domain"):
        account.personalize.create_recommender(
            name=account.name("recommender"), datasetGroupArn=account.group(),
            recipeArn="arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you",
        )  # fmt: skip


def test_pace_failures_and_quotas_are_set_before_it_starts(tmp_path, monkeypatch):
    monkeypatch.setenv("PERSONALIZE_STEP_SECONDS", "0")
    monkeypatch.setenv(
        "PERSONALIZE_SETTINGS", '{"fail": {"create_dataset_group": {"reason": "on strike", "times": 1}}}'
    )
    with LocalAws.start(tmp_path / "run") as running:
        account = Account(running.endpoint_url)
        arn = account.personalize.create_dataset_group(name="first")["datasetGroupArn"]
        account.wait("DatasetGroup", arn, expect="CREATE FAILED")
        assert (
            account.personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]["failureReason"]
            == "on strike"
        )
        account.group()


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("PERSONALIZE_STEP_SECONDS", "fast", "PERSONALIZE_STEP_SECONDS=fast"),
        ("PERSONALIZE_STEP_SECONDS", "-1", "from 0 to 3600"),
        ("PERSONALIZE_SETTINGS", "{", "PERSONALIZE_SETTINGS="),
        ("PERSONALIZE_SETTINGS", "[1]", "PERSONALIZE_SETTINGS="),
        ("PERSONALIZE_SETTINGS", '{"fail": {"create_castle": "no"}}', "create_castle"),
    ],
)
def test_a_wrong_setting_is_named(variable, value, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        Settings.from_environment({variable: value})


def test_the_port_answers_while_a_large_training_runs_and_ends_at_once(tmp_path):
    """80,000 rows of 900 items: import and training take seconds; health answers all the while, and then all ends."""
    rows = [f"u{n * 7_919 % 2_000},i{(n * 31 + n // 2_000) % 900},{1_700_000_000 + n}" for n in range(80_000)]
    with LocalAws.start(tmp_path / "run", settings={"PERSONALIZE_STEP_SECONDS": "0"}) as running:
        account = Account(running.endpoint_url)
        group = account.group()
        slowest, done = [0.0], threading.Event()

        def knock():
            while not done.is_set():
                started = time.monotonic()
                urllib.request.urlopen(f"{running.endpoint_url}/_kit/health", timeout=10).close()
                slowest[0] = max(slowest[0], time.monotonic() - started)
                time.sleep(0.02)

        knocking = threading.Thread(target=knock)
        knocking.start()
        try:
            account.import_text(account.dataset(group), "\n".join(["USER_ID,ITEM_ID,TIMESTAMP", *rows]))
            solution = account.solution(group)
            account.version(solution)
            account.personalize.create_solution_version(solutionArn=solution)
        finally:
            done.set()
            knocking.join()
        assert slowest[0] < 2.0
        started = time.monotonic()
    assert time.monotonic() - started < 5, "the server did not end while a training ran"
