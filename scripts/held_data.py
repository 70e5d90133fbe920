"""What an environment holds that a destroy would lose, and what protects it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from scripts.plan_review.plan_json import Change, Kind, Plan

ENOUGH = 1000


def held_data(clients: Any, plan: Plan) -> list[str]:
    """What the plan deletes and is not empty: tables with items, queues with messages, buckets with objects: one line
    each. What is gone outside Terraform holds nothing.
    """
    going = [change for change in plan.changes if change.kind is Kind.DELETE]
    return [
        *_tables(clients.client("dynamodb"), _values(going, "aws_dynamodb_table", "name")),
        *_queues(clients.client("sqs"), _values(going, "aws_sqs_queue", "url")),
        *_buckets(clients.client("s3"), _values(going, "aws_s3_bucket", "bucket")),
    ]


def _values(changes: Iterable[Change], kind: str, argument: str) -> list[str]:
    return [change.before[argument] for change in changes if change.type == kind and change.before.get(argument)]


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


def _tables(dynamodb: Any, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        try:
            page = dynamodb.scan(TableName=name, Select="COUNT", Limit=ENOUGH)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            continue
        if page["Count"]:
            yield f"table {name}: {page['Count']:,}{' and more' if 'LastEvaluatedKey' in page else ''} items"


def _queues(sqs: Any, urls: Iterable[str]) -> Iterator[str]:
    for url in urls:
        try:
            answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        except ClientError as error:
            if "NonExistentQueue" not in error.response["Error"]["Code"]:
                raise
            continue
        waiting = int(answer["Attributes"]["ApproximateNumberOfMessages"])
        if waiting:
            yield f"queue {url.rpartition('/')[2]}: {waiting:,} messages"


def _buckets(s3: Any, names: Iterable[str]) -> Iterator[str]:
    """Objects of people; the functions' zip is made again from this repository."""
    for name in names:
        try:
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=name, PaginationConfig={"MaxItems": ENOUGH})
            count = sum(not item["Key"].startswith("packages/") for page in pages for item in page.get("Contents", []))
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("NoSuchBucket", "404"):
                raise
            continue
        if count:
            yield f"bucket {name}: {count:,}{' and more' if count >= ENOUGH else ''} objects"
