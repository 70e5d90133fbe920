"""The bucket for Terraform's state, against moto."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from scripts.state_bucket import BucketTaken, bucket_name, make_state_bucket, write_backend_file

pytestmark = pytest.mark.contract

NAME = bucket_name("tmk", "123456789012", "eu-west-1")


@pytest.fixture
def s3(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("s3", region_name="eu-west-1")


def run(s3):
    return list(make_state_bucket(s3, name=NAME, region="eu-west-1"))


def test_a_second_run_changes_nothing(s3):
    assert all(step.changed for step in run(s3))
    assert not any(step.changed for step in run(s3))


def test_the_bucket_is_private_versioned_encrypted_and_tls_only(s3):
    run(s3)
    assert all(s3.get_public_access_block(Bucket=NAME)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_versioning(Bucket=NAME)["Status"] == "Enabled"
    assert "SecureTransport" in s3.get_bucket_policy(Bucket=NAME)["Policy"]
    assert s3.get_bucket_location(Bucket=NAME)["LocationConstraint"] == "eu-west-1"


@pytest.mark.parametrize("killed_after", range(6))
def test_a_killed_run_is_finished_by_the_next(s3, killed_after):
    steps = make_state_bucket(s3, name=NAME, region="eu-west-1")
    for _ in range(killed_after):
        next(steps)
    changed = [step.changed for step in run(s3)]
    assert changed == [False] * killed_after + [True] * (6 - killed_after)


def test_stronger_encryption_is_left_alone(s3):
    run(s3)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}}
    s3.put_bucket_encryption(Bucket=NAME, ServerSideEncryptionConfiguration={"Rules": [rule]})
    assert not any(step.changed for step in run(s3))


def test_statements_of_others_stay(s3):
    s3.create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    other = {
        "Sid": "Audit",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteBucket",
        "Resource": f"arn:aws:s3:::{NAME}",
    }
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps({"Version": "2012-10-17", "Statement": [other]}))
    run(s3)
    statements = json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"])["Statement"]
    assert [item["Sid"] for item in statements] == ["Audit", "TlsOnly"]


def test_a_name_that_belongs_to_somebody_else_says_what_to_do():
    class Foreign:
        def head_bucket(self, **_):
            raise ClientError({"Error": {"Code": "403"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "HeadBucket")

    with pytest.raises(BucketTaken, match="--bucket"):
        next(make_state_bucket(Foreign(), name=NAME, region="eu-west-1"))


def test_the_backend_file_is_written_once(tmp_path):
    path = tmp_path / "dev.s3.tfbackend"
    facts = {"bucket": NAME, "region": "eu-west-1", "key": "tmk/dev.tfstate"}
    assert write_backend_file(path, **facts)
    assert not write_backend_file(path, **facts)
    assert "use_lockfile = true" in path.read_text()
