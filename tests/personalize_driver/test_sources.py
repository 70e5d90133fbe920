"""The S3 side, the same cases on the client in memory and on moto's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from personalize.config.declaration import Dataset
from personalize.driver.sources import S3Files, Source
from tests.personalize_driver.fake_s3 import FakeS3

pytestmark = pytest.mark.contract


@pytest.fixture(params=["fake", "moto"])
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "fake":
        yield FakeS3(policy=None)
        return
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t")
        s3.create_bucket(Bucket="data-bucket")
        yield s3


def dataset(source: str = "s3://data-bucket/i.csv", file: str = "") -> Dataset:
    return Dataset("interactions", "n", "INTERACTIONS", "interactions", source, file)


def put(client: Any, key: str, body: bytes) -> None:
    client.put_object(Bucket="data-bucket", Key=key, Body=body)


def test_a_fingerprint_changes_with_the_bytes_and_only_with_them(client: Any):
    files = S3Files(client=client)
    put(client, "i.csv", b"one")
    first = files.look(dataset())
    put(client, "i.csv", b"one")
    assert files.look(dataset()).fingerprint == first.fingerprint != ""
    assert (first.size, first.missing) == (3, "")
    put(client, "i.csv", b"two")
    assert files.look(dataset()).fingerprint != first.fingerprint


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("s3://data-bucket/none.csv", "s3://data-bucket/none.csv"),
        ("s3://no-such-bucket/i.csv", "s3://no-such-bucket/i.csv"),
        ("s3://data-bucket/folder/", "an object below s3://data-bucket/folder/"),
        ("s3://no-such-bucket/folder/", "s3://no-such-bucket/folder/"),
    ],
)
def test_what_is_not_there_is_named(client: Any, source: str, missing: str):
    found = S3Files(client=client).look(dataset(source))
    assert (found.fingerprint, found.missing) == ("", missing)


def test_a_folder_counts_all_its_objects(client: Any):
    files = S3Files(client=client)
    put(client, "f/1.csv", b"a")
    put(client, "f/2.csv", b"bb")
    put(client, "other.csv", b"ccc")
    first = files.look(dataset("s3://data-bucket/f/"))
    assert first.size == 3
    assert [(n, b"".join(p)) for n, p in files.streams(first)] == [
        ("s3://data-bucket/f/1.csv", b"a"),
        ("s3://data-bucket/f/2.csv", b"bb"),
    ]
    put(client, "f/3.csv", b"d")
    assert files.look(dataset("s3://data-bucket/f/")).fingerprint != first.fingerprint


def test_a_local_file_is_uploaded_when_it_differs_and_reads_as_the_same_source(client: Any, tmp_path: Path):
    files = S3Files(client=client)
    path = tmp_path / "mine.csv"
    path.write_bytes(b"one")
    local = files.look(dataset(file=str(path)))
    assert files.upload(local) is True
    assert files.upload(local) is False
    assert files.look(dataset()).fingerprint == local.fingerprint
    path.write_bytes(b"two")
    assert files.upload(files.look(dataset(file=str(path)))) is True
    assert b"".join(next(files.streams(Source("s3://data-bucket/i.csv")))[1]) == b"two"


@pytest.mark.parametrize(
    ("source", "file", "missing"),
    [
        ("s3://no-such-bucket/i.csv", "mine.csv", "the bucket no-such-bucket"),
        ("s3://data-bucket/i.csv", "none.csv", "none.csv"),
    ],
)
def test_a_local_file_waits_for_itself_and_for_its_bucket(
    client: Any, tmp_path: Path, source: str, file: str, missing: str
):
    (tmp_path / "mine.csv").write_bytes(b"one")
    found = S3Files(client=client).look(dataset(source, str(tmp_path / file)))
    assert found.fingerprint == "" and missing in found.missing


@pytest.mark.parametrize(
    ("principal", "allowed"),
    [
        ({"Service": "personalize.amazonaws.com"}, True),
        ({"Service": ["firehose.amazonaws.com", "personalize.amazonaws.com"]}, True),
        ("*", True),
        ({"Service": "firehose.amazonaws.com"}, False),
    ],
)
def test_whether_the_bucket_lets_the_service_read(client: Any, principal: Any, allowed: bool):
    files = S3Files(client=client)
    assert files.lets_personalize_read("data-bucket") is False
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    if isinstance(client, FakeS3):
        client.policy = policy
    else:
        client.put_bucket_policy(Bucket="data-bucket", Policy=json.dumps(policy))
    assert files.lets_personalize_read("data-bucket") is allowed
