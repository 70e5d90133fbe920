"""The S3 bucket that holds Terraform's state: made once per account: private, versioned, encrypted, TLS only.

State locking is Terraform's own (``use_lockfile``), so no table is needed. Every setting is read first and written only
when it differs: a second run says "as it should be" and changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

Json = dict[str, Any]
KEEP_OLD_STATES_DAYS = 180
BLOCK = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}
LIFECYCLE = {
    "Rules": [
        {
            "ID": "old-states",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": KEEP_OLD_STATES_DAYS},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }
    ]
}


class BucketTaken(Exception):
    """The bucket's name belongs to another account; the message says what to do."""


@dataclass(frozen=True)
class Done:
    """One setting of the bucket and whether this run had to change it."""

    what: str
    changed: bool


def bucket_name(prefix: str, account: str, region: str) -> str:
    """Unique in AWS by account and region, the same on every run."""
    return f"{prefix}-terraform-state-{account}-{region}"


def make_state_bucket(s3: Any, *, name: str, region: str) -> Iterator[Done]:
    """Bring the bucket to what state needs, one ``Done`` at a time.

    Raises BucketTaken when the name belongs to somebody else, ClientError for what AWS refuses.
    """
    yield Done(f"bucket {name} in {region}", _create(s3, name, region))
    yield Done("public access blocked", _set(
        lambda: s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"], BLOCK,
        lambda: s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=BLOCK),
    ))  # fmt: skip
    yield Done("every version of the state kept", _set(
        lambda: s3.get_bucket_versioning(Bucket=name).get("Status"), "Enabled",
        lambda: s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"}),
    ))  # fmt: skip
    yield Done("encrypted at rest", _set(
        lambda: _algorithm(s3.get_bucket_encryption(Bucket=name)), "AES256",
        lambda: s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=ENCRYPTION),
        also_right=("aws:kms", "aws:kms:dsse"),
    ))  # fmt: skip
    yield Done("TLS only", _add_statement(s3, name, tls_only(name)))
    yield Done(f"old versions kept {KEEP_OLD_STATES_DAYS} days", _set(
        lambda: [rule["ID"] for rule in s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]], ["old-states"],
        lambda: s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration=LIFECYCLE),
    ))  # fmt: skip


def tls_only(name: str) -> Json:
    """The statement of a bucket policy that refuses plain HTTP."""
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _add_statement(s3: Any, name: str, statement: Json) -> bool:
    """Add one statement to the bucket's policy and leave the others as they are."""
    try:
        policy = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
            raise
        policy = {"Version": "2012-10-17", "Statement": []}
    if statement in policy["Statement"]:
        return False
    others = [item for item in policy["Statement"] if item.get("Sid") != statement["Sid"]]
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({**policy, "Statement": [*others, statement]}))
    return True


def write_backend_file(path: Path, *, bucket: str, region: str, key: str, path_style: bool = False) -> bool:
    """Write the partial backend configuration of one environment; answers whether it changed.

    ``path_style`` for a local AWS, which has no host name for each bucket.
    """
    text = (
        "# Made by `kit bootstrap`; used by `terraform init -backend-config`.\n"
        f'bucket       = "{bucket}"\nkey          = "{key}"\nregion       = "{region}"\n'
        "encrypt      = true\nuse_lockfile = true\n"
    ) + ("use_path_style = true\n" if path_style else "")
    if path.exists() and path.read_text("utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


def _create(s3: Any, name: str, region: str) -> bool:
    try:
        s3.head_bucket(Bucket=name)
        return False
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("403", "AccessDenied"):
            raise BucketTaken(
                f"bucket {name} exists and is not yours to read: another account owns it, or this role lacks "
                "s3:ListBucket on it; give another name with --bucket"
            ) from error
        if code not in ("404", "NoSuchBucket", "NotFound"):
            raise
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        s3.create_bucket(Bucket=name, **place)
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
        return False
    return True


def _set(read: Callable[[], Any], wanted: Any, write: Callable[[], Any], also_right: tuple[str, ...] = ()) -> bool:
    try:
        current = read()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        current = None
    if current == wanted or current in also_right:
        return False
    write()
    return True


def _algorithm(answer: Json) -> str | None:
    rules = answer["ServerSideEncryptionConfiguration"]["Rules"]
    return rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] if rules else None
