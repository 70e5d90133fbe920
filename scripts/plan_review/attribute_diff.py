"""One resource's change as a unified diff of its attributes; JSON inside strings is shown as JSON, not as one line."""

from __future__ import annotations

import difflib
import json
from typing import Any

from scripts.plan_review.masking import masked
from scripts.plan_review.plan_json import Change

LONGEST_VALUE = 400
# The shared zip: told once for all functions, not once per function.
CODE_ATTRIBUTES = {"source_code_hash", "s3_object_version", "last_modified", "qualified_arn", "version", "code_sha256"}
NOISE = {"tags_all", "id", "arn"}


def sides(change: Change) -> tuple[Any, Any]:
    """Before and after, masked."""
    before = masked(change.before, change.before_sensitive)
    after = masked(change.after, change.after_sensitive, change.unknown)
    return before, after


def changed_attributes(change: Change) -> list[str]:
    """Names of the top-level attributes that differ."""
    before, after = sides(change)
    if not isinstance(before, dict) or not isinstance(after, dict):
        return []
    raw_before, raw_after = change.before or {}, change.after or {}
    names = sorted(set(before) | set(after))
    return [
        name
        for name in names
        if before.get(name) != after.get(name) or raw_before.get(name) != raw_after.get(name) != before.get(name)
    ]


def only_code_changed(change: Change) -> bool:
    """A Lambda function whose zip changed and nothing else."""
    names = set(changed_attributes(change))
    return change.type == "aws_lambda_function" and bool(names) and names <= CODE_ATTRIBUTES


def diff_lines(change: Change, *, context: int = 2) -> list[str]:
    """Unified diff without file headers; empty values are left out of creates and deletes."""
    before, after = sides(change)
    old = _lines(before, drop_empty=True)
    new = _lines(after, drop_empty=True)
    lines = list(difflib.unified_diff(old, new, lineterm="", n=context))[2:]
    hidden = _hidden_changes(change)
    return [line for line in lines if not line.startswith("@@")] + hidden


def _hidden_changes(change: Change) -> list[str]:
    """Sensitive values that differ show the same mask on both sides; say that they change."""
    before, after = sides(change)
    if not isinstance(before, dict) or not isinstance(after, dict):
        return []
    raw_before, raw_after = change.before or {}, change.after or {}
    return [
        f"! {name}: sensitive value changes"
        for name in sorted(set(before) & set(after))
        if before[name] == after[name] and raw_before.get(name) != raw_after.get(name)
    ]


def _lines(value: Any, *, drop_empty: bool) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, dict):
        return json.dumps(_opened(value), indent=2, ensure_ascii=False, sort_keys=True).split("\n")
    lines: list[str] = []
    for name in sorted(value):
        item = _opened(value[name])
        if name in NOISE or (drop_empty and item in (None, "", [], {})):
            continue
        text = json.dumps(item, indent=2, ensure_ascii=False, sort_keys=True)
        first, *rest = text.split("\n")
        lines += [_clipped(f"{name} = {first}"), *(_clipped(line) for line in rest)]
    return lines


def _opened(value: Any) -> Any:
    """Policies, state machines and dashboards are JSON inside strings: open them, so that a diff shows lines."""
    if isinstance(value, str) and value[:1] in "{[" and value[-1:] in "}]":
        try:
            return masked(json.loads(value), None)
        except ValueError:
            return value
    if isinstance(value, list):
        return [_opened(item) for item in value]
    if isinstance(value, dict):
        return {key: _opened(item) for key, item in value.items()}
    return value


def _clipped(line: str) -> str:
    return line if len(line) <= LONGEST_VALUE else f"{line[:LONGEST_VALUE]} ... ({len(line):,} characters)"
