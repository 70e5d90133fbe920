"""Is what was given in place of being made (``existing`` in a value file) fit for it? Only reads.

The kit changes nothing about a bucket that is not its own, so what it needs there is looked for here and asked of its owner.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from personalize.local_service.bucket_policy import allows
from scripts.doctor import Check, Health, guarded
from scripts.shared_identity import advice, belongs_to_others, owner_of

Json = dict[str, Any]
PAGE = "docs/how-to/bring-your-own.md"
ASK = f"ask its owner to add it: {PAGE}"
RESULTS = "personalize/output/"
# Queue, what it is told of, what happens without.
NOTICES = (
    ("batch-results", "of results", "`kit wire` and retraining load results all the same; for those made elsewhere"),
    (
        "mail-events",
        "of opens and clicks",
        "the recommender learns nothing of them without (or set feedback.enabled = false)",
    ),
)
# What Personalize does, and where; "" is the bucket itself.
OF_PERSONALIZE = {
    "s3:ListBucket": "",
    "s3:GetObject": "/personalize/interactions.csv",
    "s3:PutObject": f"/{RESULTS}x",
}
AWS_OWN_KEY = "alias/aws/kinesis"


@dataclass(frozen=True)
class Given:
    """What a value file says; ``existing`` as in terraform/variables.tf."""

    prefix: str
    environment: str
    value_file: str
    identity: str | None = None
    create_identity: bool = True
    encryption_key_arn: str | None = None
    existing: Mapping[str, str] = field(default_factory=dict)


def existing_checks(client: Callable[[str], Any], given: Given, *, region: str) -> Iterator[Check]:
    """Everything that ``given`` names."""
    if given.identity:
        identity = given.identity
        yield from guarded("SES identity", lambda: shared_identity_checks(client("sesv2"), identity, given))
    if "bucket" in given.existing:
        account = client("sts").get_caller_identity()["Account"]
        yield from guarded("data bucket", lambda: bucket_checks(client("s3"), given, region=region, account=account))
    for key in ("firehose_arn", "ses_firehose_arn"):
        if key in given.existing:
            arn = given.existing[key]
            yield from guarded(key, lambda key=key, arn=arn: firehose_checks(client("firehose"), key, arn))  # type: ignore[misc]
    if "kinesis_arn" in given.existing:
        yield from guarded("kinesis_arn", lambda: kinesis_checks(client("kinesis"), given.existing))


def shared_identity_checks(ses: Any, identity: str, given: Given) -> Iterator[Check]:
    """Nothing is said of an identity that is this environment's own, or that will be."""
    owner = owner_of(ses, identity)
    if given.create_identity and belongs_to_others(owner, project=given.prefix, environment=given.environment):
        yield Check("SES identity", Health.FAIL, f"{_hidden(identity)} is there already", advice(
            _hidden(identity), owner or {}, given.value_file))  # fmt: skip
    elif not given.create_identity and owner is None:
        yield Check("SES identity", Health.FAIL, f"SES knows no identity {_hidden(identity)}", (
            "verify it in SES, or let this environment make it: create_identity = true"))  # fmt: skip


def bucket_checks(s3: Any, given: Given, *, region: str, account: str) -> Iterator[Check]:
    """There, ours to use, and with what the kit needs of it."""
    bucket = given.existing["bucket"]
    try:
        seen = s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        why = {404: "does not exist", 301: f"is not in {region}", 403: "is of another account, or may not be seen"}
        what = f"{bucket} {why.get(status, f'cannot be looked at (status {status})')}"
        yield Check("data bucket", Health.FAIL, what, f"name a bucket of this account in {region}: existing.bucket")
        return
    place = seen["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", region)
    if place != region:
        advised = f"Personalize reads buckets of its own region only: name one in {region}"
        yield Check("data bucket", Health.FAIL, f"{bucket} is in {place}", advised)
        return
    yield Check("data bucket", Health.OK, f"{bucket} is used as it is")
    yield from guarded("data bucket's key", lambda: _key_checks(s3, bucket, given))
    yield from guarded("data bucket's policy", lambda: _policy_checks(s3, bucket, account))
    yield from guarded("data bucket's public access", lambda: _public_access_checks(s3, bucket))
    yield from guarded("data bucket's notices", lambda: _notice_checks(s3, bucket, given))


def _key_checks(s3: Any, bucket: str, given: Given) -> Iterator[Check]:
    found = _or_nothing(
        lambda: s3.get_bucket_encryption(Bucket=bucket), "ServerSideEncryptionConfigurationNotFoundError"
    )
    rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    keys = {rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID", "") for rule in rules} - {""}
    foreign = [key for key in keys if not key.endswith("alias/aws/s3") and not _same_key(key, given.encryption_key_arn)]
    if foreign:
        advised = (
            f"set encryption_key_arn to its ARN in {given.value_file}: functions and Personalize may not use it else"
        )
        yield Check("data bucket's key", Health.FAIL, f"encrypted with {foreign[0]}", advised)
    else:
        yield Check("data bucket's key", Health.OK, "nothing stands in the way")


def _same_key(key: str, given: str | None) -> bool:
    return given is not None and key.rpartition("/")[2] == given.rpartition("/")[2]


def _policy_checks(s3: Any, bucket: str, account: str) -> Iterator[Check]:
    found = _or_nothing(lambda: s3.get_bucket_policy(Bucket=bucket), "NoSuchBucketPolicy")
    policy = json.loads(found.get("Policy", '{"Statement": []}'))
    arn, facts = f"arn:aws:s3:::{bucket}", {"aws:SourceAccount": account, "aws:SecureTransport": "true"}
    lacking = [
        action
        for action, place in OF_PERSONALIZE.items()
        if not allows(policy, action=action, resource=arn + place, facts=facts)
    ]
    if lacking:
        seen = f"does not let Personalize {', '.join(lacking)}"
        yield Check("data bucket's policy", Health.WARN, seen, f"only needed to train recommenders; {ASK}")
    if not _refuses_plain_http(policy):
        yield Check("data bucket's policy", Health.WARN, "does not refuse plain HTTP", ASK)
    elif not lacking:
        yield Check("data bucket's policy", Health.OK, "lets Personalize in, refuses plain HTTP")


def _refuses_plain_http(policy: Json) -> bool:
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    return any(
        statement["Effect"] == "Deny"
        and str(statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport", "")).lower() == "false"
        for statement in statements
    )


def _public_access_checks(s3: Any, bucket: str) -> Iterator[Check]:
    found = _or_nothing(lambda: s3.get_public_access_block(Bucket=bucket), "NoSuchPublicAccessBlockConfiguration")
    blocks = found.get("PublicAccessBlockConfiguration", {})
    if len(blocks) == 4 and all(blocks.values()):
        yield Check("data bucket's public access", Health.OK, "blocked")
    else:
        advised = "ask its owner to block all four kinds: people's addresses will lie in it"
        yield Check("data bucket's public access", Health.WARN, "not blocked by the bucket itself", advised)


def _notice_checks(s3: Any, bucket: str, given: Given) -> Iterator[Check]:
    found = s3.get_bucket_notification_configuration(Bucket=bucket)
    told = {one["QueueArn"].rpartition(":")[2] for one in found.get("QueueConfigurations", [])}
    for name, of_what, without in NOTICES:
        queue = f"{given.prefix}-{given.environment}-{name}"
        if queue in told:
            yield Check(f"data bucket's notices {of_what}", Health.OK, f"tells {queue}")
        else:
            advised = f"{without}, after the deployment {ASK}"
            yield Check(f"data bucket's notices {of_what}", Health.WARN, f"does not tell {queue}", advised)


def firehose_checks(firehose: Any, key: str, arn: str) -> Iterator[Check]:
    """There, and open to records that are put on it."""
    name = arn.rpartition("/")[2]
    found = _or_nothing(
        lambda: firehose.describe_delivery_stream(DeliveryStreamName=name), "ResourceNotFoundException"
    ).get("DeliveryStreamDescription")
    if found is None:
        yield Check(key, Health.FAIL, f"there is no delivery stream {name}", "make it, or leave it out of `existing`")
    elif found["DeliveryStreamType"] != "DirectPut":
        advised = (
            "it takes records from its source only: give the Kinesis stream that it reads from as existing.kinesis_arn"
        )
        yield Check(key, Health.FAIL, f"{name} is of type {found['DeliveryStreamType']}", advised)
    elif found["DeliveryStreamStatus"] != "ACTIVE":
        yield Check(key, Health.FAIL, f"{name} is {found['DeliveryStreamStatus']}", "wait until it is ACTIVE")
    else:
        yield Check(key, Health.OK, f"{name} takes records")


def kinesis_checks(kinesis: Any, existing: Mapping[str, str]) -> Iterator[Check]:
    """There, and its key known."""
    name = existing["kinesis_arn"].rpartition("/")[2]
    found = _or_nothing(
        lambda: kinesis.describe_stream_summary(StreamName=name), "ResourceNotFoundException"
    ).get("StreamDescriptionSummary")  # fmt: skip
    if found is None:
        yield Check("kinesis_arn", Health.FAIL, f"there is no stream {name}", "make it, or leave it out of `existing`")
        return
    key = found.get("KeyId", AWS_OWN_KEY) if found.get("EncryptionType") == "KMS" else AWS_OWN_KEY
    if not key.endswith(AWS_OWN_KEY) and not _same_key(key, existing.get("kinesis_key_arn")):
        advised = "add the key's ARN as existing.kinesis_key_arn: functions may not put records else"
        yield Check("kinesis_arn", Health.FAIL, f"{name} is encrypted with {key}", advised)
    elif found["StreamStatus"] not in ("ACTIVE", "UPDATING"):
        yield Check("kinesis_arn", Health.FAIL, f"{name} is {found['StreamStatus']}", "wait until it is ACTIVE")
    else:
        yield Check("kinesis_arn", Health.OK, f"{name} takes records")


def _or_nothing(read: Callable[[], Json], *codes: str) -> Json:
    """What AWS answers; {} where it says by one of these codes that there is nothing."""
    try:
        return read()
    except ClientError as error:
        if error.response["Error"]["Code"] not in codes:
            raise
        return {}


def _hidden(identity: str) -> str:
    """A domain as it is; of an address only the domain, as in the doctor's other lines."""
    local, at, domain = identity.rpartition("@")
    return f"...@{domain}" if at and local else domain
