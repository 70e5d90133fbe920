"""Batch jobs through S3: the service's file formats, line by line, and files with bad lines."""

import json

import pytest

from personalize.sample_data import SampleSize, favourites
from tests.personalize_local.account import ROLE, csv_of, sample_csv, schema_text

pytestmark = pytest.mark.local_aws


def run(account, version, lines, *, job="BatchInferenceJob", expect="ACTIVE", key=None, **options):
    """Run a job; answers its description and the JSON lines of each file that it wrote."""
    key = key or account.name("lines") + ".json"
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    source, folder = account.put(text, key=key), account.name("out")
    create = {
        "BatchInferenceJob": account.personalize.create_batch_inference_job,
        "BatchSegmentJob": account.personalize.create_batch_segment_job,
    }[job]
    answer = create(
        jobName=account.name("batch"), solutionVersionArn=version, roleArn=ROLE,
        jobInput={"s3DataSource": {"path": source}},
        jobOutput={"s3DataDestination": {"path": f"s3://{account.bucket}/{folder}/"}}, **options,
    )  # fmt: skip
    body = account.wait(job, answer[job[0].lower() + job[1:] + "Arn"], expect=expect)
    return body, {name.removeprefix(folder + "/"): rows for name, rows in account.objects(folder + "/").items()}


def test_recommendations_for_every_line(account, trained):
    loved = favourites(SampleSize())
    body, files = run(
        account, trained.version, [{"userId": user} for user in loved], key="in/people.json", numResults=3
    )
    assert list(files) == ["people.json.out"]
    rows = files["people.json.out"]
    assert [row["input"]["userId"] for row in rows] == list(loved)
    assert [row["output"]["recommendedItems"][0] for row in rows] == list(loved.values())
    assert all(len(row["output"]["scores"]) == 3 and row["error"] is None for row in rows)
    assert body["numResults"] == 3


def test_a_batch_answers_what_the_campaign_answers(account, trained):
    _, files = run(account, trained.version, [{"userId": "user_2"}, {"userId": "nobody"}])
    (rows,) = files.values()
    for row in rows:
        live = account.recommended(trained.campaign, row["input"]["userId"])
        assert row["output"]["recommendedItems"] == live


def test_bad_lines_are_told_and_the_others_answered(account, trained):
    lines = [{"userId": "user_1"}, "not json", {"user": "x"}, '["list"]', {"userId": 7}, {"userId": "user_2"}]
    _, files = run(account, trained.version, lines, key="mixed.json")
    assert set(files) == {"mixed.json.out", "mixed.json.errors"}
    errors = [row["error"] for row in files["mixed.json.out"]]
    assert errors == [
        None, "the line is not a JSON object", "userId is missing or not a text", "the line is not a JSON object",
        "userId is missing or not a text", None,
    ]  # fmt: skip
    assert len(files["mixed.json.errors"]) == 4


def test_a_ranking_in_a_batch(account):
    made = account.trained_campaign(recipe="aws-personalized-ranking")
    loved = favourites(SampleSize())["user_6"]
    _, files = run(
        account, made.version, [{"userId": "user_6", "itemList": ["NEWS", "EVENTS", loved]}, {"userId": "user_6"}]
    )
    rows = next(rows for name, rows in files.items() if name.endswith(".out"))
    assert rows[0]["output"]["recommendedItems"][0] == loved
    assert len(rows[0]["output"]["scores"]) == len(rows[0]["output"]["recommendedItems"])
    assert "itemList" in rows[1]["error"]


def test_similar_items_and_popular_items_have_no_scores(account):
    for recipe, line in (("aws-sims", {"itemId": "NEWS"}), ("aws-popularity-count", {"userId": "user_1"})):
        made = account.trained_campaign(recipe=recipe)
        _, files = run(account, made.version, [line])
        (rows,) = files.values()
        assert list(rows[0]["output"]) == ["recommendedItems"]
        assert rows[0]["output"]["recommendedItems"]


def test_a_filter_with_values_in_each_line(account):
    group = account.group()
    account.import_text(account.dataset(group), sample_csv())
    items = account.dataset(group, schema_text("Items", ITEM_ID="string", KIND="string"), "ITEMS")
    kinds = [("NEWS", "read"), ("EVENTS", "go"), ("DONATE", "pay"), ("GET_INVOLVED", "go"), ("MEMBER_BENEFITS", "read")]
    account.import_text(items, csv_of("ITEM_ID,KIND", kinds))
    arn = account.personalize.create_filter(
        name=account.name("filter"),
        datasetGroupArn=group,
        filterExpression="INCLUDE ItemID WHERE Items.KIND IN ($KIND)",
    )["filterArn"]
    account.wait("Filter", arn)
    version = account.version(account.solution(group))
    lines = [{"userId": "user_1", "filterValues": {"KIND": '"go"'}}, {"userId": "user_1"}]
    _, files = run(account, version, lines, filterArn=arn)
    rows = next(rows for name, rows in files.items() if name.endswith(".out"))
    assert set(rows[0]["output"]["recommendedItems"]) == {"EVENTS", "GET_INVOLVED"}
    assert "lacks a value for $KIND" in rows[1]["error"]


def test_segments_of_users_by_item(account):
    made = account.personalize, account.group()
    group = made[1]
    account.import_text(account.dataset(group), sample_csv())
    version = account.version(account.solution(group, "aws-item-affinity"))
    lines = [{"itemId": "NEWS"}, {"itemId": "UNKNOWN"}]
    _, files = run(account, version, lines, job="BatchSegmentJob", numResults=4, key="items.json")
    rows = files["items.json.out"]
    fans = {user for user, item in favourites(SampleSize()).items() if item == "NEWS"}
    found = rows[0]["output"]["recommendedUsers"]
    assert len(found) == 4
    assert set(found) <= fans if len(fans) >= 4 else fans <= set(found)
    assert rows[1]["error"] == "the item is not known"
    with pytest.raises(account.personalize.exceptions.InvalidInputException, match="can't be used for batch inference"):
        run(account, version, [{"userId": "user_1"}])


def test_segments_of_users_by_attribute(account):
    group = account.group()
    account.import_text(account.dataset(group), sample_csv())
    items = account.dataset(group, schema_text("Items", ITEM_ID="string", KIND="string"), "ITEMS")
    account.import_text(items, csv_of("ITEM_ID,KIND", [("NEWS", "read"), ("EVENTS", "go"), ("DONATE", "pay")]))
    version = account.version(account.solution(group, "aws-item-attribute-affinity"))
    line = {"itemAttributes": 'ITEMS.KIND = "read"'}
    _, files = run(
        account, version, [line, {"itemAttributes": "ITEMS.COLOUR = 1"}], job="BatchSegmentJob", numResults=3
    )
    rows = next(rows for name, rows in files.items() if name.endswith(".out"))
    assert rows[0]["itemAttributes"] == line["itemAttributes"]
    loved = favourites(SampleSize())
    assert loved[rows[0]["output"]["recommendedUsers"][0]] == "NEWS"
    assert "no column COLOUR" in rows[1]["error"]


def test_a_batch_without_write_permission_fails(account, trained):
    closed = account.new_bucket(readable=False)
    source = account.put(json.dumps({"userId": "user_1"}))
    arn = account.personalize.create_batch_inference_job(
        jobName=account.name("batch"), solutionVersionArn=trained.version, roleArn=ROLE,
        jobInput={"s3DataSource": {"path": source}}, jobOutput={"s3DataDestination": {"path": f"s3://{closed}/out/"}},
    )["batchInferenceJobArn"]  # fmt: skip
    assert "s3:PutObject" in account.wait("BatchInferenceJob", arn, expect="CREATE FAILED")["failureReason"]


@pytest.mark.parametrize("lines", [[], [""]])
def test_an_empty_file_fails(account, trained, lines):
    body, _ = run(account, trained.version, lines, expect="CREATE FAILED")
    assert "has no lines" in body["failureReason"]


def test_an_export_holds_what_was_imported(account):
    dataset = account.dataset(account.group())
    account.import_text(dataset, sample_csv())
    name = account.name("export")
    arn = account.personalize.create_dataset_export_job(
        jobName=name, datasetArn=dataset, ingestionMode="ALL", roleArn=ROLE,
        jobOutput={"s3DataDestination": {"path": f"s3://{account.bucket}/exports/"}},
    )["datasetExportJobArn"]  # fmt: skip
    account.wait("DatasetExportJob", arn)
    body = account.s3.get_object(Bucket=account.bucket, Key=f"exports/{name}.csv")["Body"].read().decode()
    assert body == sample_csv()
