"""What the doctor says of things that were given, and when an identity is somebody else's: tables of AWS's answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.doctor import Health
from scripts.environments import is_false, values_in
from scripts.existing_checks import Given, existing_checks, firehose_checks, kinesis_checks, shared_identity_checks
from scripts.plan_review.plan_json import read_plan
from scripts.shared_identity import refusals
from tests.aws_faults import Broken, client_error

pytestmark = pytest.mark.contract

Json = dict[str, Any]
GIVEN = Given(prefix="kit", environment="dev", value_file="dev.tfvars", existing={"bucket": "company-data"})
KEY = "arn:aws:kms:us-east-1:123456789012:key/company"
PERSONALIZE = {
    "Effect": "Allow", "Principal": {"Service": "personalize.amazonaws.com"},
    "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
    "Resource": ["arn:aws:s3:::company-data", "arn:aws:s3:::company-data/personalize/*"],
}  # fmt: skip
NO_PLAIN_HTTP = {
    "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::company-data/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}  # fmt: skip


@pytest.fixture
def bucket(aws):
    """The company's bucket, with nothing that the kit needs."""
    aws("s3").create_bucket(Bucket="company-data")
    return aws("s3")


def found(aws, given: Given = GIVEN) -> dict[str, Any]:
    return {check.name: check for check in existing_checks(aws, given, region="us-east-1")}


def test_a_bare_bucket_is_used_and_its_owner_asked(aws, bucket):
    checks = found(aws)
    assert {name: check.health for name, check in checks.items()} == {
        "data bucket": Health.OK, "data bucket's key": Health.OK, "data bucket's policy": Health.WARN,
        "data bucket's public access": Health.WARN, "data bucket's notices of results": Health.WARN,
        "data bucket's notices of opens and clicks": Health.WARN,
    }  # fmt: skip
    assert all("bring-your-own" in checks[f"data bucket's {one}"].advice for one in ("policy", "notices of results"))


def test_with_what_the_kit_needs_nothing_is_asked(aws, bucket):
    bucket.put_bucket_policy(Bucket="company-data", Policy=json.dumps({"Statement": [PERSONALIZE, NO_PLAIN_HTTP]}))
    blocked = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    bucket.put_public_access_block(Bucket="company-data", PublicAccessBlockConfiguration=dict.fromkeys(blocked, True))
    told = []
    for queue, prefix in (("kit-dev-batch-results", "personalize/output/"), ("kit-dev-mail-events", "ses-events/")):
        aws("sqs").create_queue(QueueName=queue)
        rule = {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}
        arn = f"arn:aws:sqs:us-east-1:123456789012:{queue}"
        told.append({"QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": rule})
    bucket.put_bucket_notification_configuration(
        Bucket="company-data", NotificationConfiguration={"QueueConfigurations": told}
    )
    assert {check.health for check in found(aws).values()} == {Health.OK}


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        ([NO_PLAIN_HTTP], "does not let Personalize s3:ListBucket, s3:GetObject, s3:PutObject"),
        ([PERSONALIZE], "does not refuse plain HTTP"),
        ([{**PERSONALIZE, "Action": "s3:GetObject"}, NO_PLAIN_HTTP], "does not let Personalize s3:ListBucket, s3:PutObject"),
    ],
)  # fmt: skip
def test_what_a_policy_lacks_is_named(aws, bucket, statements, words):
    bucket.put_bucket_policy(Bucket="company-data", Policy=json.dumps({"Statement": statements}))
    check = found(aws)["data bucket's policy"]
    assert (check.health, check.seen) == (Health.WARN, words)


@pytest.mark.parametrize(("own_key", "health"), [(None, Health.FAIL), (KEY, Health.OK), (KEY + "2", Health.FAIL)])
def test_a_bucket_with_a_key_needs_that_key(aws, bucket, own_key, health):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}}
    bucket.put_bucket_encryption(Bucket="company-data", ServerSideEncryptionConfiguration={"Rules": [rule]})
    given = Given(**{**vars(GIVEN), "encryption_key_arn": own_key})
    check = found(aws, given)["data bucket's key"]
    assert check.health is health and ("encryption_key_arn" in check.advice) is (health is Health.FAIL)


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "company-data does not exist"), (403, "of another account"), (301, "is not in us-east-1")],
)
def test_a_bucket_that_cannot_be_used_stops_a_deployment(aws, status, words):
    refused = ClientError(
        {"Error": {"Code": str(status)}, "ResponseMetadata": {"HTTPStatusCode": status}}, "HeadBucket"
    )
    (check,) = existing_checks(lambda name: Broken(refused) if name == "s3" else aws(name), GIVEN, region="us-east-1")
    assert check.health is Health.FAIL and words in check.seen


def test_a_bucket_of_another_region_stops_a_deployment(aws):
    where = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    aws("s3").create_bucket(Bucket="company-data", **where)
    (check,) = existing_checks(aws, GIVEN, region="us-east-1")
    assert check.health is Health.FAIL and "eu-west-1" in check.seen


class Answers:
    """A client whose every call answers the same."""

    def __init__(self, answer: Json) -> None:
        self._answer = answer

    def __getattr__(self, name: str) -> Any:
        return lambda **request: self._answer


def delivery_stream(kind: str, status: str) -> Answers:
    return Answers({"DeliveryStreamDescription": {"DeliveryStreamType": kind, "DeliveryStreamStatus": status}})


@pytest.mark.parametrize(
    ("firehose", "health", "words"),
    [
        (delivery_stream("DirectPut", "ACTIVE"), Health.OK, "takes records"),
        (delivery_stream("DirectPut", "CREATING"), Health.FAIL, "CREATING"),
        (delivery_stream("KinesisStreamAsSource", "ACTIVE"), Health.FAIL, "KinesisStreamAsSource"),
        (Broken(client_error("ResourceNotFoundException")), Health.FAIL, "there is no delivery stream clicks"),
    ],
)
def test_a_delivery_stream_has_to_take_records(firehose, health, words):
    (check,) = firehose_checks(firehose, "firehose_arn", "arn:aws:firehose:us-east-1:1:deliverystream/clicks")
    assert check.health is health and words in check.seen and bool(check.advice) is (health is Health.FAIL)


def data_stream(status: str, **more: str) -> Answers:
    return Answers({"StreamDescriptionSummary": {"StreamStatus": status, **more}})


@pytest.mark.parametrize(
    ("kinesis", "key", "health", "words"),
    [
        (data_stream("ACTIVE"), None, Health.OK, "takes records"),
        (data_stream("ACTIVE", EncryptionType="KMS", KeyId="alias/aws/kinesis"), None, Health.OK, "takes records"),
        (data_stream("ACTIVE", EncryptionType="KMS", KeyId=KEY), KEY, Health.OK, "takes records"),
        (data_stream("ACTIVE", EncryptionType="KMS", KeyId=KEY), None, Health.FAIL, "is encrypted with"),
        (data_stream("DELETING"), None, Health.FAIL, "DELETING"),
        (Broken(client_error("ResourceNotFoundException")), None, Health.FAIL, "there is no stream clicks"),
    ],
)
def test_a_data_stream_has_to_take_records_and_its_key_to_be_known(kinesis, key, health, words):
    given = {"kinesis_arn": "arn:aws:kinesis:us-east-1:1:stream/clicks", **({"kinesis_key_arn": key} if key else {})}
    (check,) = kinesis_checks(kinesis, given)
    assert check.health is health and words in check.seen


def identity(**tags: str) -> Answers:
    return Answers({"Tags": [{"Key": name, "Value": value} for name, value in tags.items()]})


NOT_THERE = Broken(client_error("NotFoundException", 404))
OWN = identity(project="kit", environment="dev", managed_by="terraform")
OTHERS = identity(project="kit", environment="prod", managed_by="terraform")


@pytest.mark.parametrize(
    ("ses", "create", "words"),
    [
        (NOT_THERE, True, None),
        (OWN, True, None),
        (OTHERS, False, None),
        (OTHERS, True, "made by the environment prod: set create_identity = false in dev.tfvars"),
        (identity(), True, "not made by this environment: set create_identity = false"),
        (NOT_THERE, False, "create_identity = true"),
    ],
)
def test_an_identity_that_somebody_else_owns_is_shared_and_not_made_again(ses, create, words):
    given = Given(**{**vars(GIVEN), "create_identity": create})
    checks = list(shared_identity_checks(ses, "news@example.org", given))
    assert [check.health for check in checks] == ([Health.FAIL] if words else [])
    assert all(words in check.advice and "news@" not in check.seen + check.advice for check in checks)


@pytest.mark.parametrize(
    ("ses", "actions", "refused"),
    [
        (OTHERS, ["create"], True),
        (identity(), ["create"], True),
        (OWN, ["create"], False),
        (NOT_THERE, ["create"], False),
        (OTHERS, ["no-op"], False),
        (Broken(client_error("AccessDeniedException", 403)), ["create"], False),
    ],
)
def test_a_plan_that_would_make_an_identity_of_others_is_refused(ses, actions, refused):
    tags = {"project": "kit", "environment": "dev"}
    change = {"actions": actions, "before": None, "after": {"email_identity": "example.org", "tags_all": tags}}
    plan = read_plan({
        "format_version": "1.2",
        "resource_changes": [
            {"address": "module.email_channel.aws_sesv2_email_identity.this[0]", "type": "aws_sesv2_email_identity",
             "mode": "managed", "name": "this", "change": change}
        ],
    })  # fmt: skip
    said = refusals(plan, ses, "dev.tfvars")
    assert [("example.org" in one and "create_identity = false in dev.tfvars" in one) for one in said] == [
        True
    ] * refused


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ('region = "us-east-1"\n', {}),
        ('existing = { bucket = "a" }\n', {"bucket": "a"}),
        ('existing = {\n  bucket      = "a" # theirs\n  kinesis_arn = "arn:x"\n}\n', {"bucket": "a", "kinesis_arn": "arn:x"}),
        ('# existing = { bucket = "a" }\n', {}),
        ('existing = {\n  # bucket = "b"\n  firehose_arn = "f"\n}\n', {"firehose_arn": "f"}),
    ],
)  # fmt: skip
def test_a_map_of_a_value_file_is_read(tmp_path: Path, text: str, given: Json):
    file = tmp_path / "dev.tfvars"
    file.write_text(text)
    assert values_in(file, "existing") == given


def test_a_switch_of_a_value_file_is_read(tmp_path: Path):
    file = tmp_path / "dev.tfvars"
    file.write_text("create_identity = false # shared\n")
    assert is_false(file, "create_identity") and not is_false(file, "other")
