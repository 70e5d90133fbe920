"""One resource's change as a unified diff of its attributes; JSON inside strings is shown as JSON, not as one line."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any

from scripts.plan_review.masking import SENSITIVE, masked, masked_on_both
from scripts.plan_review.plan_json import Change, Kind

LONGEST_VALUE = 400
CONTEXT_LINES = 2
# The shared zip: told once for all functions, not once per function.
CODE_ATTRIBUTES = {"source_code_hash", "s3_object_version", "last_modified", "qualified_arn", "version", "code_sha256"}
PACKAGE_ATTRIBUTES = {"source", "source_hash", "etag", "version_id", "content_base64"}
TAGS = {"tags", "tags_all"}
# Numbers and names that AWS gives; no reviewer asks for them.
GIVEN_BY_AWS = {
    "id", "arn", "unique_id", "create_date", "creation_date", "last_modified", "hosted_zone_id", "owner_id", "uuid",
    "last_processing_result", "state_transition_reason", "bucket_domain_name", "bucket_regional_domain_name",
}  # fmt: skip
# What other resources set and this one only reads back: type -> attribute -> types that set it.
MIRRORED: dict[str, dict[str, tuple[str, ...]]] = {
    "aws_s3_bucket": {
        "acceleration_status": ("aws_s3_bucket_accelerate_configuration",),
        "acl": ("aws_s3_bucket_acl",),
        "cors_rule": ("aws_s3_bucket_cors_configuration",),
        "grant": ("aws_s3_bucket_acl",),
        "lifecycle_rule": ("aws_s3_bucket_lifecycle_configuration",),
        "logging": ("aws_s3_bucket_logging",),
        "policy": ("aws_s3_bucket_policy",),
        "replication_configuration": ("aws_s3_bucket_replication_configuration",),
        "server_side_encryption_configuration": ("aws_s3_bucket_server_side_encryption_configuration",),
        "versioning": ("aws_s3_bucket_versioning",),
        "website": ("aws_s3_bucket_website_configuration",),
    },
    "aws_iam_role": {
        "inline_policy": ("aws_iam_role_policy", "aws_iam_role_policies_exclusive"),
        "managed_policy_arns": ("aws_iam_role_policy_attachment", "aws_iam_policy_attachment"),
    },
    "aws_sqs_queue": {
        "policy": ("aws_sqs_queue_policy",),
        "redrive_policy": ("aws_sqs_queue_redrive_policy",),
        "redrive_allow_policy": ("aws_sqs_queue_redrive_allow_policy",),
    },
    "aws_sns_topic": {"policy": ("aws_sns_topic_policy",)},
}


def sides(change: Change) -> tuple[Any, Any]:
    """Before and after, masked."""
    marks, other = change.before_sensitive, change.after_sensitive
    before = masked_on_both(change.before, marks, other)
    after = masked_on_both(change.after, other, marks, change.unknown)
    return before, after


def changed_attributes(change: Change) -> list[str]:
    """Names of the top-level attributes that differ, without those that the provider will only compute anew."""
    before, after = sides(change)
    if not isinstance(before, dict) or not isinstance(after, dict):
        return []
    raw_before, raw_after = change.before or {}, change.after or {}
    names = [
        name
        for name in sorted(set(before) | set(after))
        if (before.get(name) != after.get(name) or raw_before.get(name) != raw_after.get(name) != before.get(name))
        and not _only_computed(change, name)
    ]
    return [name for name in names if name != "tags_all"] or names


def only_code_changed(change: Change) -> bool:
    """A Lambda function whose zip changed, or the zip itself in its bucket, and nothing else."""
    names = set(changed_attributes(change))
    if change.type == "aws_s3_object":
        return bool(names) and names <= PACKAGE_ATTRIBUTES and str((change.after or {}).get("key")).endswith(".zip")
    return change.type == "aws_lambda_function" and bool(names) and names <= CODE_ATTRIBUTES


def only_tags_changed(change: Change) -> bool:
    """Nothing but tags."""
    names = set(changed_attributes(change))
    return bool(names) and names <= TAGS


def diff_lines(change: Change) -> list[str]:
    """Unified diff, attribute by attribute, without headers; of creates and deletes only what says something."""
    before, after = sides(change)
    if SENSITIVE in (before, after) or (not isinstance(before, dict) and not isinstance(after, dict)):
        return _compared("", before, after)
    old, new = before or {}, after or {}
    if change.kind in (Kind.CREATE, Kind.READ):
        names = [name for name in sorted(new) if not _only_computed(change, name)]
    elif change.kind in (Kind.DELETE, Kind.FORGET):
        names = [name for name in sorted(old) if _says_something(old[name])]
    else:
        names = changed_attributes(change)
    left_out = GIVEN_BY_AWS | set(MIRRORED.get(change.type, ())) if change.kind is not Kind.UPDATE else set()
    if names != ["tags_all"]:
        left_out |= {"tags_all"}
    lines = [line for name in names if name not in left_out for line in _compared(name, old.get(name), new.get(name))]
    return lines + [
        f"! {path}: sensitive value changes" for path in _hidden(before, after, change.before, change.after)
    ]


def _only_computed(change: Change, name: str) -> bool:
    """Nobody set it, and the plan does not say what it will be."""
    unknown = isinstance(change.unknown, dict) and change.unknown.get(name) is True
    left_open = change.kind is Kind.REPLACE and isinstance(change.after, dict) and change.after.get(name) is None
    return (unknown or left_open) and change.is_computed(name)


def _says_something(value: Any) -> bool:
    """Not what an unset argument reads back as."""
    if isinstance(value, dict):
        return any(_says_something(item) for item in value.values())
    if isinstance(value, list):
        return any(_says_something(item) for item in value)
    return value not in (None, "", False, 0)


def _compared(name: str, before: Any, after: Any) -> list[str]:
    """One attribute. Far-apart changes inside it are parted by ``...``; its first line always names it."""
    old, new = _lines(name, before), _lines(name, after)
    if not old or not new:
        return [f"-{line}" for line in old] + [f"+{line}" for line in new]
    lines = list(difflib.unified_diff(old, new, lineterm="", n=CONTEXT_LINES))[2:]
    shown = [" ..." if line.startswith("@@") else line for line in lines]
    if shown and shown[1][1:] in (old[0], new[0]):
        return shown[1:]
    return [f" {new[0]}", *shown] if shown else []


def _hidden(before: Any, after: Any, raw_before: Any, raw_after: Any, path: str = "") -> Iterator[str]:
    """Paths of sensitive values that differ behind the same mask."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() & after.keys()):
            step = f"{path}.{key}" if path else str(key)
            yield from _hidden(before[key], after[key], _at(raw_before, key), _at(raw_after, key), step)
    elif isinstance(before, list) and isinstance(after, list):
        for at, (old, new) in enumerate(zip(before, after)):
            yield from _hidden(old, new, _at(raw_before, at), _at(raw_after, at), f"{path}[{at}]")
    elif raw_before != raw_after and opened(before) == opened(after) and SENSITIVE in str(opened(before)):
        yield path


def _at(value: Any, key: Any) -> Any:
    try:
        return value[key]
    except (KeyError, IndexError, TypeError):
        return None


def _lines(name: str, value: Any) -> list[str]:
    item = _without_empty(opened(value))
    if item in (None, "", [], {}):
        return []
    lines = json.dumps(item, indent=2, ensure_ascii=False, sort_keys=True).split("\n")
    return [_clipped(line) for line in [f"{name} = {lines[0]}" if name else lines[0], *lines[1:]]]


def opened(value: Any) -> Any:
    """Policies, state machines and dashboards are JSON inside strings: open them, so that a diff shows lines."""
    if isinstance(value, str) and value[:1] in "{[" and value[-1:] in "}]":
        try:
            return masked(json.loads(value), None)
        except ValueError:
            return value
    if isinstance(value, list):
        return [opened(item) for item in value]
    if isinstance(value, dict):
        return {key: opened(item) for key, item in value.items()}
    return value


def _without_empty(value: Any) -> Any:
    """Nested arguments that nobody set are left out."""
    if isinstance(value, dict):
        kept = {key: _without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, "", [], {})}
    return [_without_empty(item) for item in value] if isinstance(value, list) else value


def _clipped(line: str) -> str:
    return line if len(line) <= LONGEST_VALUE else f"{line[:LONGEST_VALUE]} ... ({len(line):,} characters)"
