"""The two sides of a change as judges read them: masked to tell, raw to decide; and what owns settings and policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.plan_review.plan_json import Change, Kind

WRITES = {Kind.CREATE, Kind.UPDATE, Kind.REPLACE}
GONE = {Kind.DELETE, Kind.REPLACE}
# What settings and policies belong to, and the attributes by which they name it.
OWNER_TYPES = {
    "aws_s3_bucket", "aws_iam_role", "aws_iam_user", "aws_iam_group", "aws_sqs_queue", "aws_sns_topic", "aws_kms_key",
    "aws_lambda_function",
}  # fmt: skip
OWNER_NAMES = ("bucket", "role", "user", "group", "queue_url", "arn", "key_id", "function_name", "resource_arn")


def shown_sides(change: Change) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Before and after without what is sensitive; {} where a side is not there."""
    before, after = change.shown
    return before if isinstance(before, Mapping) else {}, after if isinstance(after, Mapping) else {}


def raw_sides(change: Change) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Before and after as they are, to decide with; nothing of it is ever shown."""
    before = change.before if isinstance(change.before, Mapping) else {}
    return before, change.after if isinstance(change.after, Mapping) else {}


def items_of(value: Any) -> list[Any]:
    """The items of a list; none where something else stands, such as the mask of a sensitive one."""
    return value if isinstance(value, list) else []


def is_unknown(change: Change, name: str) -> bool:
    return isinstance(change.unknown, Mapping) and change.unknown.get(name) is True


def told(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if name == "retention_in_days":
        return f"{value} days" if value else "for ever"
    return in_words(value)


def in_words(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(in_words, value)) or "off"
    if isinstance(value, Mapping):
        parts = [f"{key} {in_words(item)}" for key, item in value.items() if item not in (None, "", [], {})]
        return ", ".join(parts) or "off"
    return "off" if value in (None, "", False) else "on" if value is True else str(value)
