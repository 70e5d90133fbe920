"""Where the results of batch inference are, by declaration and by what lies in the bucket."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engagement.domain.batch_results_message import files_of
from engagement.queue_records import parsed
from scripts.stored_results import ask_to_load, declared_provider, newest_generation

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


def test_the_loader_is_asked_in_its_own_words(aws, s3):
    put(s3, "news/job-1/a.out")
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="batch-results")["QueueUrl"]
    ask_to_load(sqs, url, newest_generation(s3, URI).files)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    (file,) = files_of(parsed(message["Body"], {}))
    assert (file["bucket"], file["key"]) == (BUCKET, "personalize/output/news/job-1/a.out")
