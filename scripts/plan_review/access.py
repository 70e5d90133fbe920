"""Who may do what after a plan: policies statement by statement, trust, attachments, credentials, who may invoke."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.plan_review.findings import Finding
from scripts.plan_review.iam_words import Statement, compare, read_policy, trouble, trust_trouble, trust_words, words
from scripts.plan_review.lifecycle import deletes_sooner
from scripts.plan_review.masking import SENSITIVE
from scripts.plan_review.plan_json import Change, Kind, Plan
from scripts.plan_review.policy_documents import POLICY_ATTRIBUTES
from scripts.plan_review.two_sides import (
    OWNER_NAMES,
    OWNER_TYPES,
    WRITES,
    is_unknown,
    items_of,
    raw_sides,
    shown_sides,
    told,
)


def access(change: Change) -> Iterator[Finding]:
    before, after = shown_sides(change)
    for name in POLICY_ATTRIBUTES:
        if change.type == "aws_s3_bucket" and change.is_computed(name):
            continue  # only read back; aws_s3_bucket_policy is judged
        if change.kind in WRITES and is_unknown(change, name):
            if change.is_computed(name):
                continue  # nobody gave one: AWS's own default
            text = f"{name} is not known before the apply: read it in the configuration"
            yield Finding("access", change.address, text, change.kind is not Kind.CREATE)
        elif SENSITIVE in (before.get(name), after.get(name)):
            if raw_sides(change)[0].get(name) != raw_sides(change)[1].get(name):
                text = f"{name} is marked as sensitive and changes: read it in the configuration"
                yield Finding("access", change.address, text, change.kind is not Kind.DELETE)
        elif before.get(name) or after.get(name):
            yield from _policy_findings(change, name, before.get(name), after.get(name))
    if change.type == "aws_iam_role":
        yield from _inside_a_role(change, before, after)
    if change.type in NEW_CREDENTIALS and change.kind in (Kind.CREATE, Kind.REPLACE):
        yield Finding(
            "access", change.address, f"a new {NEW_CREDENTIALS[change.type]}, which works until removed", True
        )
    if change.type.endswith("_policy_attachment") and change.kind in WRITES:
        arn = str(after.get("policy_arn") or "a policy that is not known before the apply")
        broad = arn.endswith(("Access", "/PowerUserAccess"))
        yield Finding("access", change.address, f"attaches {arn}", broad)
    if change.type == "aws_lambda_permission" and change.kind in WRITES:
        yield from _invocation(change, after)


NEW_CREDENTIALS = {"aws_iam_access_key": "access key", "aws_iam_user_login_profile": "console password"}


def _inside_a_role(change: Change, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Finding]:
    """What a role's own arguments hold: its boundary, inline policies, managed policies."""
    boundary = "permissions_boundary"
    if change.kind in WRITES and before.get(boundary) and before.get(boundary) != after.get(boundary):
        text = f"permissions boundary: {told(before, boundary)} -> {told(after, boundary)}"
        yield Finding("access", change.address, text, True)
    if change.kind in WRITES and not change.is_computed("inline_policy"):
        old, new = (
            {
                item.get("name"): item.get("policy")
                for item in items_of(side.get("inline_policy"))
                if isinstance(item, Mapping)
            }
            for side in (before, after)
        )
        for name in dict.fromkeys([*old, *new]):
            yield from _policy_findings(change, "inline_policy", old.get(name), new.get(name))
    if change.kind in WRITES and not change.is_computed("managed_policy_arns"):
        had = items_of(before.get("managed_policy_arns"))
        for arn in items_of(after.get("managed_policy_arns")):
            if arn not in had:
                broad = change.kind is not Kind.CREATE or str(arn).endswith(("Access", "/PowerUserAccess"))
                yield Finding("access", change.address, f"attaches {arn}", broad)


def _policy_findings(change: Change, name: str, before: Any, after: Any) -> Iterator[Finding]:
    change_of_policy = compare(before, after)
    trust = name == "assume_role_policy"
    label = "trust: " if trust else ""
    for statement in change_of_policy.added:
        text = trust_words(statement) if trust else words(statement)
        doubts = trust_trouble(statement) if trust else trouble(statement)
        wider = change.kind is not Kind.CREATE and words(statement) in change_of_policy.wider
        notes = doubts + (["wider than before"] if wider else [])
        yield Finding(
            "access", change.address, f"+ {label}{text}" + (f" [{'; '.join(notes)}]" if notes else ""), bool(notes)
        )
    for statement in change_of_policy.removed:
        lifted = any(text.endswith(words(statement, verb="")) for text in change_of_policy.wider)
        note = " [no longer forbidden]" if statement.effect == "Deny" and lifted else ""
        gone = trust_words(statement) if trust else words(statement)
        yield Finding("access", change.address, f"- {label}{gone}{note}", bool(note))


def _invocation(change: Change, after: Mapping[str, Any]) -> Iterator[Finding]:
    principal = str(after.get("principal", ""))
    bounded = after.get("source_arn") or after.get("source_account") or is_unknown(change, "source_arn")
    doubts = []
    if principal == "*":
        doubts.append("anybody on the internet")
    elif principal.isdigit() or principal.startswith("arn:"):
        doubts.append("another account or its users")
    elif not bounded and principal.endswith(".amazonaws.com"):
        doubts.append("any account may make the service call it: set source_arn or source_account")
    text = f"+ {principal} may {after.get('action', 'invoke')} on {after.get('function_name') or 'the function'}"
    yield Finding("access", change.address, text + (f" [{'; '.join(doubts)}]" if doubts else ""), bool(doubts))


def open_to_all(change: Change) -> list[Statement]:
    """Statements of a resource's new policy that let in everybody. A sensitive policy is not told here."""
    before, after = shown_sides(change)
    return [
        statement
        for name in POLICY_ATTRIBUTES
        if name != "assume_role_policy" and not (change.type == "aws_s3_bucket" and change.is_computed(name))
        for statement in compare(before.get(name), after.get(name)).added
        if "anybody on the internet" in trouble(statement)
    ]


GRANTEES = {"aws_iam_role_policy": "role", "aws_iam_user_policy": "user", "aws_iam_group_policy": "group"}


def grants_on_what_exists(plan: Plan) -> Iterator[Finding]:
    """New policies and settings on what this plan does not create: somebody who is there may do more, data may go."""
    made = {
        str(after[key])
        for change in plan.changes
        if change.type in OWNER_TYPES and change.before is None and isinstance(after := change.after, Mapping)
        for key in ("id", "arn", "name", "url", "bucket", "function_name")
        if after.get(key)
    }
    for change in plan.changes:
        before, after = shown_sides(change)
        replaced = change.kind is Kind.REPLACE and change.type.endswith("_policy_attachment")
        if change.kind is not Kind.CREATE and not replaced:
            continue
        grantee = next((key for type_, key in GRANTEES.items() if change.type.startswith(type_)), None)
        if grantee and after.get(grantee) and str(after[grantee]) not in made:
            yield Finding("access", change.address, f"a {grantee} that exists may do more: {after[grantee]}", True)
        owner = next((str(after[key]) for key in OWNER_NAMES if after.get(key)), None)
        if grantee or owner is None or owner in made:
            continue
        for name in POLICY_ATTRIBUTES:
            if change.type not in OWNER_TYPES and any(item.effect == "Allow" for item in read_policy(after.get(name))):
                yield Finding("access", change.address, f"who may use what exists: more than before on {owner}", True)
        for text in deletes_sooner(change.type, before, after):
            yield Finding("data", change.address, text, True)
