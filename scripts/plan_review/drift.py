"""What somebody changed outside Terraform: without what only looks like it, and with what it means.

After every apply Terraform reports differences that nobody made: arguments that were not set read back as empty, and
attributes of one resource that other resources of the same configuration have set (a role's inline policies).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.plan_review.attribute_diff import GIVEN_BY_AWS, MIRRORED, changed_attributes
from scripts.plan_review.data_stores import DATA_STORES
from scripts.plan_review.findings import Finding
from scripts.plan_review.iam_words import read_policy, words
from scripts.plan_review.plan_json import Change, Kind, Plan

# The attribute by which a resource that sets something names the one that it sets it on.
OWNER_KEYS = {"aws_s3_bucket": "bucket", "aws_iam_role": "role", "aws_sqs_queue": "queue_url", "aws_sns_topic": "arn"}


@dataclass(frozen=True)
class Drift:
    """One resource that is not as Terraform left it. ``undone``: this plan brings it back."""

    change: Change
    attributes: tuple[str, ...]
    undone: bool


def drift_of(plan: Plan) -> tuple[Drift, ...]:
    """Real drift of a plan, in its order."""
    planned = {change.address for change in plan.changes if change.kind not in (Kind.NONE, Kind.READ)}
    found = []
    for change in plan.drift:
        names = tuple(name for name in changed_attributes(change) if _is_real(change, name, plan))
        if names or change.kind is Kind.DELETE:
            found.append(Drift(change, names, change.address in planned))
    return tuple(found)


def drift_findings(drift: tuple[Drift, ...], plan: Plan) -> Iterator[Finding]:
    """What drift means for data and access."""
    made_anew = {change.address for change in plan.changes if change.kind is Kind.CREATE}
    for item in drift:
        change = item.change
        if change.kind is Kind.DELETE and change.type in DATA_STORES and change.address in made_anew:
            text = "was deleted outside Terraform and would be made anew, empty: restore it first if its data matters"
            yield Finding("data", change.address, text, True)
        if "inline_policy" in item.attributes and change.type == "aws_iam_role":
            for policy in _foreign_policies(change, plan):
                said = "; ".join(words(statement) for statement in read_policy(policy.get("policy")))
                text = f"inline policy {policy.get('name')} was added outside Terraform and stays: {said}"
                yield Finding("access", change.address, text, True)


def _is_real(change: Change, name: str, plan: Plan) -> bool:
    if name in GIVEN_BY_AWS:
        return False
    before, after = change.before or {}, change.after or {}
    if _settled(before.get(name)) == _settled(after.get(name)):
        return False
    if change.type == "aws_iam_role" and name == "inline_policy":
        return bool(_foreign_policies(change, plan))
    setters = MIRRORED.get(change.type, {}).get(name, ())
    return not any(_sets(other, change) for other in plan.changes if other.type in setters)


def _settled(value: Any) -> Any:
    """The same for everything that an unset argument may read back as."""
    if isinstance(value, Mapping):
        return {key: kept for key, item in value.items() if (kept := _settled(item)) is not None} or None
    if isinstance(value, list):
        return [kept for item in value if (kept := _settled(item)) is not None] or None
    return None if value in ("", False, 0) else value


def _foreign_policies(role: Change, plan: Plan) -> list[Mapping[str, Any]]:
    """Inline policies that the role has got and that no resource of the plan holds."""
    known = {item.get("name") for item in (role.before or {}).get("inline_policy") or ()}
    known |= {
        (other.after or other.before or {}).get("name")
        for other in plan.changes
        if other.type == "aws_iam_role_policy" and _sets(other, role)
    }
    return [item for item in (role.after or {}).get("inline_policy") or () if item.get("name") not in known]


def _sets(other: Change, change: Change) -> bool:
    named = [(side or {}).get(OWNER_KEYS[change.type]) for side in (other.before, other.after)]
    own = [(change.after or change.before or {}).get(key) for key in ("id", "name", "arn", "url")]
    return any(name is not None and name in own for name in named)
