"""What an environment holds that a destroy would lose, and what protects it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from scripts.plan_review.plan_json import Kind, Plan

ENOUGH = 1000


def held_data(clients: Any, outputs: Mapping[str, Any]) -> list[str]:
    """Tables with items, queues with messages, a bucket with objects: one line each. What is gone holds nothing.

    A bucket that was given is not destroyed, nor what is in it.
    """
    return [
        *_tables(clients.client("dynamodb"), outputs.get("tables", {})),
        *_queues(clients.client("sqs"), outputs.get("queues", {})),
        *([] if "bucket" in outputs.get("existing", {}) else _bucket(clients.client("s3"), outputs.get("bucket"))),
    ]


def protections(plan: Plan) -> list[str]:
    """What AWS would refuse half-way: deletion protection of tables, a bucket that may not be emptied."""
    found = []
    for change in plan.changes:
        before = change.before if isinstance(change.before, Mapping) else {}
        if change.kind is Kind.DELETE and before.get("deletion_protection_enabled") is True:
            found.append(f"{change.address} (deletion protection)")
        if change.kind is Kind.DELETE and change.type == "aws_s3_bucket" and before.get("force_destroy") is False:
            found.append(f"{change.address} (may not be emptied: force_destroy is off)")
    return found


def _tables(dynamodb: Any, tables: Mapping[str, str]) -> Iterator[str]:
    for name in tables.values():
        try:
            page = dynamodb.scan(TableName=name, Select="COUNT", Limit=ENOUGH)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            continue
        if page["Count"]:
            yield f"table {name}: {page['Count']:,}{' and more' if 'LastEvaluatedKey' in page else ''} items"


def _queues(sqs: Any, queues: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for name, urls in queues.items():
        for kind, url in (("queue", urls["url"]), ("dead-letter queue of", urls["dead_letter_url"])):
            try:
                answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
            except ClientError as error:
                if "NonExistentQueue" not in error.response["Error"]["Code"]:
                    raise
                continue
            waiting = int(answer["Attributes"]["ApproximateNumberOfMessages"])
            if waiting:
                yield f"{kind} {name}: {waiting:,} messages"


def _bucket(s3: Any, bucket: str | None) -> Iterator[str]:
    """Objects of people; the functions' zip is made again from this repository."""
    if not bucket:
        return
    try:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"MaxItems": ENOUGH})
        count = sum(not item["Key"].startswith("packages/") for page in pages for item in page.get("Contents", []))
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchBucket", "404"):
            raise
        return
    if count:
        yield f"bucket {bucket}: {count:,}{' and more' if count >= ENOUGH else ''} objects"
