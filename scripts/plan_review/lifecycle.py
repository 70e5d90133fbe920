"""Settings by which AWS itself deletes data after a time: expiry rules of buckets, time to live of tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

# block of a bucket's lifecycle rule -> (the attribute that counts days, what goes)
EXPIRIES = {
    "expiration": ("days", "objects"),
    "noncurrent_version_expiration": ("noncurrent_days", "earlier versions"),
}


def deletes_sooner(type_: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """In words, what is deleted by itself after a change that was not, or was later, before it."""
    if type_ == "aws_s3_bucket_lifecycle_configuration":
        old, new = _expiries(before), _expiries(after)
        for (name, what, applies), days in new.items():
            was = old.get((name, what, applies))
            if was is None or days < was:
                told = f"after {days} days" if days else "by a date"
                text = f" (before: after {was} days)" if was else ""
                yield f"rule {name} deletes {what} {told}{text}"
    if type_ == "aws_dynamodb_table":
        had, has = _time_to_live(before), _time_to_live(after)
        if has and has != had:
            yield f"time to live is on: items are deleted at the time in their attribute {has}"


def _expiries(side: Mapping[str, Any]) -> dict[tuple[str, str, str], int]:
    """(rule, what goes, what the rule applies to) -> days; 0 for a date."""
    found = {}
    for rule in _blocks(side.get("rule")):
        if rule.get("status") == "Disabled":
            continue
        applies = json.dumps([rule.get("filter"), rule.get("prefix") or None], sort_keys=True)
        for block, (counts, what) in EXPIRIES.items():
            for expiry in _blocks(rule.get(block)):
                days = expiry.get(counts)
                if days or expiry.get("date"):
                    found[(str(rule.get("id", "")), what, applies)] = int(days or 0)
    return found


def _time_to_live(side: Mapping[str, Any]) -> str:
    blocks = _blocks(side.get("ttl"))
    return next((str(block.get("attribute_name") or "") for block in blocks if block.get("enabled") is True), "")


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, Mapping)]
