"""Where the results of batch inference are, by declaration and by what lies in the bucket."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engagement.domain.batch_results_message import files_of
from engagement.queue_records import parsed
from scripts.deployment import recommender_of, source_line
from scripts.stored_results import ask_to_load, declared_provider, failed_jobs, newest_generation

BUCKET = "data"
URI = f"s3://{BUCKET}/personalize/output/news/"
ROLE = "arn:aws:iam::111122223333:role/kit-dev-personalize"


@pytest.fixture
def s3(aws):
    client = aws("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def put(s3, *keys):
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=f"personalize/output/{key}", Body=key.encode())


def test_the_declaration_names_the_provider():
    outputs = {"bucket": BUCKET, "personalize_role_arn": ROLE, "name_prefix": "kit-dev"}
    assert declared_provider(outputs) == f"s3://{BUCKET}/personalize/output/recommendations/"


def test_nothing_there(s3):
    put(s3, "news/job-1/users.jsonl.errors", "news-input/users.jsonl", "other/job-1/users.out")
    assert newest_generation(s3, URI) is None


class Listing:
    """An S3 client that lists objects written at given times, a page for each."""

    def __init__(self, **days):
        self._days = days

    def get_paginator(self, operation):
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket, Prefix):
        for key, day in self._days.items():
            written = datetime(2026, 1, day, tzinfo=UTC)
            yield {"Contents": [{"Key": f"{Prefix}{key}", "ETag": '"e"', "LastModified": written}]}
        yield {}


def test_the_newest_job_with_all_its_files():
    s3 = Listing(**{"job-2/a.out": 2, "job-9/a.out": 1, "job-2/b.out": 3, "job-2/b.errors": 4, "by-hand.out": 2})
    newest = newest_generation(s3, URI)
    assert newest.name == "job-2"
    assert [file["key"].rsplit("/", 1)[-1] for file in newest.files] == ["a.out", "b.out"]
    assert newest.files[0] == {
        "bucket": BUCKET, "key": "personalize/output/news/job-2/a.out", "etag": "e", "at": 1767312000000,
    }  # fmt: skip
    assert newest_generation(s3, URI.rstrip("/")) == newest


def test_results_of_a_failed_job_are_passed_over():
    s3 = Listing(**{"job-1/a.out": 1, "job-2/a.out": 2, "job-3/a.out": 3})
    account = Account(s3, jobs=[("job-3", "CREATE FAILED"), ("job-2", "ACTIVE"), ("job-1", "STOP FAILED")])
    failed = failed_jobs(account)
    assert failed == {"job-1", "job-3"}
    assert newest_generation(s3, URI, but=failed).name == "job-2"
    assert newest_generation(s3, URI, but={*failed, "job-2"}) is None


def test_the_loader_is_asked_in_its_own_words(aws, s3):
    put(s3, "news/job-1/a.out")
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="batch-results")["QueueUrl"]
    ask_to_load(sqs, url, newest_generation(s3, URI).files)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    (file,) = files_of(parsed(message["Body"], {}))
    assert (file["bucket"], file["key"]) == (BUCKET, "personalize/output/news/job-1/a.out")


class Account:
    """An environment whose clients are given; Personalize has these campaigns and batch jobs."""

    def __init__(self, s3, *campaigns, jobs=()):
        self._s3 = s3
        self._jobs = [{"jobName": name, "status": status} for name, status in jobs]
        self._campaigns = [
            {"name": name, "status": status, "campaignArn": f"arn:campaign/{name}"} for name, status in campaigns
        ]

    def clients(self, outputs=None):
        return self

    def client(self, service):
        return self._s3 if service == "s3" else self

    def get_paginator(self, operation):
        assert operation in ("list_campaigns", "list_batch_inference_jobs")
        return self

    def paginate(self):
        yield {"campaigns": self._campaigns, "batchInferenceJobs": self._jobs}


OUTPUTS = {
    "bucket": BUCKET, "personalize_role_arn": ROLE, "name_prefix": "kit-dev", "tables": {"recommendations": "t"},
}  # fmt: skip
STORED = f"s3://{BUCKET}/personalize/output/recommendations/"


@pytest.mark.parametrize(
    ("campaigns", "results", "jobs", "chosen"),
    [
        ([("kit-dev-live", "ACTIVE")], True, [], "arn:campaign/kit-dev-live"),
        ([("kit-prod-live", "ACTIVE"), ("kit-dev-live", "DELETE PENDING")], True, [], STORED),
        ([], True, [("job-1", "ACTIVE")], STORED),
        ([], True, [("job-1", "CREATE FAILED")], None),
        ([], False, [], None),
    ],
)
def test_batch_results_are_wired_unless_a_live_campaign_stands(campaigns, results, jobs, chosen):
    account = Account(Listing(**({"job-1/a.out": 1} if results else {})), *campaigns, jobs=jobs)
    assert recommender_of(account, OUTPUTS, None) == chosen
    assert recommender_of(account, OUTPUTS, "s3://mine/") == "s3://mine/"


def test_without_the_architecture_there_are_no_stored_results():
    outputs = {**OUTPUTS, "tables": {}}
    assert recommender_of(Account(Listing(**{"job-1/a.out": 1})), outputs, None) is None


def test_a_live_campaign_says_what_it_costs_by_the_hour():
    assert "USD an hour even when nobody asks" in source_line("arn:aws:personalize:us-east-1:1:campaign/x")
    assert "nothing by the hour" in source_line(STORED)
