"""The deployed retraining, really run: Step Functions, the function with the driver in its zip, Personalize, the loader.

Runs in the order of this file: each test leaves the account as the next one finds it, the last one as it was.
"""

import csv
import io
import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from engagement.domain.batch_results import UNKNOWN_USER
from scripts.sample_run import wait_until
from scripts.stored_results import declared_provider, results_of, serve_newest

pytestmark = pytest.mark.e2e
KEY = "personalize/interactions.csv"


@pytest.fixture(scope="module")
def machine(kit):
    return kit.outputs["retraining"]["state_machine_arn"]


@pytest.fixture(scope="module")
def original(kit):
    """The data that the kit was trained on; it is put back at the end."""
    s3 = kit.clients.client("s3")
    body = s3.get_object(Bucket=kit.outputs["bucket"], Key=KEY)
    yield body["Body"].read().decode()
    s3.copy_object(
        Bucket=kit.outputs["bucket"], Key=KEY, CopySource={"Bucket": kit.outputs["bucket"], "Key": KEY + ".kept"}
    )


@pytest.fixture(scope="module", autouse=True)
def kept(kit, original):
    bucket = kit.outputs["bucket"]
    kit.clients.client("s3").copy_object(Bucket=bucket, Key=KEY + ".kept", CopySource={"Bucket": bucket, "Key": KEY})
    serve_newest(kit.clients, kit.outputs, declared_provider(kit.outputs), seconds=60)


@pytest.fixture(scope="module")
def told(kit):
    """``told()``: what the topic has told since the last time."""
    sqs = kit.clients.client("sqs")
    url = sqs.create_queue(QueueName="retraining-told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    kit.clients.client("sns").subscribe(
        TopicArn=kit.outputs["retraining"]["topic_arn"], Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
    )

    def read():
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
        for one in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return [json.loads(one["Body"]) for one in found]

    return read


@pytest.fixture
def run(kit, machine):
    """``run(input)``: executions started at the same time, once all have ended: (status, output) of each."""
    states = kit.clients.client("stepfunctions")

    def start(*inputs):
        arns = [
            states.start_execution(stateMachineArn=machine, input=json.dumps(one))["executionArn"]
            for one in inputs or ({},)
        ]

        def ended():
            found = [states.describe_execution(executionArn=arn) for arn in arns]
            return found if all(one["status"] != "RUNNING" for one in found) else None

        found = wait_until(ended, what="the retraining", seconds=180)
        return [(one["status"], json.loads(one.get("output") or "{}")) for one in found]

    return start


@pytest.fixture
def put_data(kit):
    def put(text):
        kit.clients.client("s3").put_object(Bucket=kit.outputs["bucket"], Key=KEY, Body=text.encode())

    return put


def state_of(kit):
    """Versions, batch jobs, the version that the campaign serves, and what serves from the batch."""
    personalize = kit.clients.client("personalize")
    campaign = personalize.describe_campaign(campaignArn=kit.recommender_arn)["campaign"]
    solution = campaign["solutionVersionArn"].rsplit("/", 1)[0]
    update = campaign.get("latestCampaignUpdate") or campaign
    return {
        "versions": sorted(
            one["solutionVersionArn"]
            for one in personalize.list_solution_versions(solutionArn=solution)["solutionVersions"]
        ),
        "jobs": sorted(one["jobName"] for one in personalize.list_batch_inference_jobs()["batchInferenceJobs"]),
        "live": update["solutionVersionArn"],
        "served": results_of(kit.clients, kit.outputs).served(declared_provider(kit.outputs)),
    }


def later(text, rows=200):
    """The data and some of its rows again, a day later: people go on liking what they like."""
    header, *old = list(csv.reader(io.StringIO(text)))
    when = header.index("TIMESTAMP")
    more = [[*row[:when], str(int(row[when]) + 86_400), *row[when + 1 :]] for row in old[-rows:]]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *old, *more])
    return out.getvalue()


def nonsense(text):
    """Everybody likes anything: a model of this knows nothing."""
    header, *old = list(csv.reader(io.StringIO(text)))
    item, luck = header.index("ITEM_ID"), random.Random(1)
    items = sorted({row[item] for row in old})
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(
        [header, *[[*row[:item], luck.choice(items), *row[item + 1 :]] for row in old]]
    )
    return out.getvalue()


def test_without_new_data_nothing_changes_and_nobody_is_told(kit, run, told):
    before = state_of(kit)
    ((status, output),) = run()
    assert (status, output["outcome"]) == ("SUCCEEDED", "UNCHANGED")
    assert state_of(kit) == before and told() == []


def test_a_schedule_starts_it(kit, machine):
    """The local environment has no schedule of its own: this one has the target of the module's, and a nearer time."""
    states, scheduler = kit.clients.client("stepfunctions"), kit.clients.client("scheduler")
    before = states.list_executions(stateMachineArn=machine)["executions"]
    soon = datetime.now(UTC) + timedelta(seconds=1)
    scheduler.create_schedule(
        Name="retrain-soon",
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={"Arn": machine, "RoleArn": kit.outputs["engine_role_arn"], "Input": json.dumps({"retrain": []})},
    )

    def ended():
        new = states.list_executions(stateMachineArn=machine)["executions"][: -len(before) or None]
        return new if new and all(one["status"] != "RUNNING" for one in new) else None

    (one,) = wait_until(ended, what="the scheduled retraining", seconds=90)
    found = states.describe_execution(executionArn=one["executionArn"])
    assert (found["status"], json.loads(found["output"])["outcome"]) == ("SUCCEEDED", "UNCHANGED")
    assert json.loads(found["input"]) == {"retrain": []}


def test_new_data_is_trained_compared_inferred_loaded_and_told(kit, run, told, original, put_data):
    before = state_of(kit)
    put_data(later(original))
    ((status, output),) = run()
    assert (status, output["outcome"]) == ("SUCCEEDED", "TRAINED"), output
    after = state_of(kit)
    assert len(after["versions"]) == len(before["versions"]) + 1 and after["live"] != before["live"]
    (job,) = set(after["jobs"]) - set(before["jobs"])
    assert (after["served"].current, after["served"].previous) == (job, before["served"].current)
    assert results_of(kit.clients, kit.outputs).items_of(declared_provider(kit.outputs), [UNKNOWN_USER])
    (message,) = told()
    assert message["Subject"] == "Retraining is done" and job in message["Message"]
    ((status, output),) = run()
    assert (status, output["outcome"]) == ("SUCCEEDED", "UNCHANGED")
    assert state_of(kit) == after and told() == []


def test_two_at_once_train_once(kit, run, told):
    before = state_of(kit)
    ended = run({"retrain": ["all"]}, {"retrain": ["all"]})
    assert {status for status, _ in ended} == {"SUCCEEDED"}
    assert sorted(output["outcome"] for _, output in ended) == ["ALREADY_RUNNING", "TRAINED"]
    assert len(state_of(kit)["versions"]) == len(before["versions"]) + 1
    assert len(told()) == 1


def test_a_worse_version_is_trained_and_not_used(kit, run, told, original, put_data):
    before = state_of(kit)
    put_data(nonsense(original))
    ((status, output),) = run()
    assert (status, output["outcome"]) == ("SUCCEEDED", "REFUSED"), output
    after = state_of(kit)
    assert (after["live"], after["served"], after["jobs"]) == (before["live"], before["served"], before["jobs"])
    (message,) = told()
    assert "worse" in message["Subject"] and "normalized_discounted" in message["Message"]


def test_bad_data_fails_with_its_line_and_what_serves_goes_on_serving(kit, run, told, original, put_data):
    before = state_of(kit)
    put_data(original + "jane@example.org,NEWS,soon\n")
    ((status, _),) = run()
    assert status == "FAILED"
    assert state_of(kit) == before
    (message,) = told()
    line = original.count("\n") + 1
    assert message["Subject"] == "Retraining failed" and f"line {line}" in message["Message"]
    assert "jane@" not in message["Message"]


def test_an_input_that_makes_no_sense_breaks_off_and_is_told(run, told):
    ((status, _),) = run({"retrain": "everything"})
    assert status == "FAILED"
    (message,) = told()
    assert message["Subject"] == "Retraining broke off"


def test_good_data_mends_everything(kit, run, put_data, original):
    before = state_of(kit)
    put_data(later(original, 300))
    ((status, output),) = run()
    after = state_of(kit)
    assert (status, output["outcome"]) == ("SUCCEEDED", "TRAINED"), output
    assert after["live"] != before["live"] and after["served"].previous == before["served"].current
