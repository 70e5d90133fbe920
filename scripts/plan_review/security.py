"""What a plan does to data, access, exposure, encryption, event sources and alarms, as findings in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scripts.plan_review.attribute_diff import only_tags_changed
from scripts.plan_review.data_stores import DATA_STORES, GUARDS
from scripts.plan_review.findings import Finding
from scripts.plan_review.iam_words import compare, read_policy, trouble, who, words
from scripts.plan_review.masking import masked
from scripts.plan_review.plan_json import Change, Kind, Plan
from scripts.plan_review.policy_documents import POLICY_ATTRIBUTES

WRITES = {Kind.CREATE, Kind.UPDATE, Kind.REPLACE}
GONE = {Kind.DELETE, Kind.REPLACE}
ENCRYPTION_ATTRIBUTES = (
    "kms_key_id", "kms_key_arn", "kms_master_key_id", "sqs_managed_sse_enabled", "server_side_encryption",
    "encryption_type", "kms_key_identifier", "storage_encrypted", "encrypted", "encryption_configuration", "rule",
)  # fmt: skip
ENCRYPTED_BY_RULE = {"aws_s3_bucket_server_side_encryption_configuration"}
EVENT_SOURCES = {
    "aws_lambda_event_source_mapping", "aws_s3_bucket_notification", "aws_cloudwatch_event_rule",
    "aws_cloudwatch_event_target", "aws_scheduler_schedule", "aws_sns_topic_subscription",
    "aws_sesv2_configuration_set_event_destination", "aws_ses_receipt_rule", "aws_pipes_pipe",
}  # fmt: skip
ALARMS = {"aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm", "aws_budgets_budget"}
OPEN_NETWORKS = {"0.0.0.0/0", "::/0"}


def findings(plan: Plan) -> list[Finding]:
    """All findings, in the order of the plan."""
    found: list[Finding] = []
    owners = _owners_that_go(plan)
    for change in plan.changes:
        whole = _goes_as_a_whole(change, owners)
        for judge in JUDGES:
            if not (whole and judge in (access, exposure, encryption)):
                found += judge(change)
    found += _grants_to_existing_roles(plan)
    return found


# What settings and policies belong to, and the attributes by which they name it.
OWNER_TYPES = {
    "aws_s3_bucket", "aws_iam_role", "aws_iam_user", "aws_iam_group", "aws_sqs_queue", "aws_sns_topic", "aws_kms_key",
    "aws_lambda_function",
}  # fmt: skip
OWNER_NAMES = ("bucket", "role", "user", "group", "queue_url", "arn", "key_id", "function_name")


def _owners_that_go(plan: Plan) -> set[str]:
    """Names of the owners that the plan deletes."""
    sides = [change.before for change in plan.changes if change.kind is Kind.DELETE and change.type in OWNER_TYPES]
    keys = ("id", "arn", "name", "url", "bucket", "function_name")
    return {str(side[key]) for side in sides if isinstance(side, Mapping) for key in keys if side.get(key)}


def _goes_as_a_whole(change: Change, owners: set[str]) -> bool:
    """With a thing go its own policy and settings: who might use it, and how safely, is no news any more."""
    if change.kind is not Kind.DELETE:
        return False
    before = change.before if isinstance(change.before, Mapping) else {}
    named = [str(before[name]) for name in OWNER_NAMES if before.get(name)]
    return change.type in OWNER_TYPES or change.type in DATA_STORES or any(name in owners for name in named)


def data_loss(change: Change) -> Iterator[Finding]:
    if change.type in DATA_STORES and change.kind in GONE:
        verb = "is deleted" if change.kind is Kind.DELETE else "is replaced"
        yield Finding("data", change.address, f"{verb}: loses {DATA_STORES[change.type]}", True)
    if change.type in DATA_STORES and change.kind is Kind.FORGET:
        yield Finding("data", change.address, "leaves Terraform's care and stays in the account")
    before, after = _values(change)
    for (type_, name), guard in GUARDS.items():
        if change.type == type_ and change.kind is Kind.UPDATE and _weaker(before.get(name), after.get(name)):
            yield Finding(
                "data", change.address, f"{guard} gets weaker: {_told(before, name)} -> {_told(after, name)}", True
            )
    if change.kind in WRITES and after.get("force_destroy") is True and before.get("force_destroy") is not True:
        yield Finding("data", change.address, "force_destroy: a later destroy empties it without asking")


def access(change: Change) -> Iterator[Finding]:
    before, after = _values(change)
    for name in POLICY_ATTRIBUTES:
        if change.type == "aws_s3_bucket":
            continue  # its `policy` is only read back; aws_s3_bucket_policy is judged
        if change.kind in WRITES and _unknown(change, name):
            if change.is_computed(name):
                continue  # nobody gave one: AWS's own default
            text = f"{name} is not known before the apply: read it in the configuration"
            yield Finding("access", change.address, text, change.kind is Kind.UPDATE)
        elif before.get(name) or after.get(name):
            yield from _policy_findings(change, name, before.get(name), after.get(name))
    if change.type.endswith("_policy_attachment") and change.kind in WRITES:
        arn = str(after.get("policy_arn") or "a policy that is not known before the apply")
        broad = arn.endswith(("Access", "/PowerUserAccess"))
        yield Finding("access", change.address, f"attaches {arn}", broad)
    if change.type == "aws_lambda_permission" and change.kind in WRITES:
        yield from _invocation(change, after)


def _policy_findings(change: Change, name: str, before: Any, after: Any) -> Iterator[Finding]:
    change_of_policy = compare(before, after)
    trust = name == "assume_role_policy"
    label = "trust: " if trust else ""
    for statement in change_of_policy.added:
        if trust:
            text = f"may be assumed by {who(statement.principals) or 'nobody'}"
            doubts = [d for d in trouble(statement) if "internet" in d]
            doubts += (
                ["another account or its users"] if any(p.startswith("AWS:") for p in statement.principals) else []
            )
        else:
            text, doubts = words(statement), trouble(statement)
        wider = change.kind is not Kind.CREATE and words(statement) in change_of_policy.wider
        notes = doubts + (["wider than before"] if wider else [])
        yield Finding(
            "access", change.address, f"+ {label}{text}" + (f" [{'; '.join(notes)}]" if notes else ""), bool(notes)
        )
    for statement in change_of_policy.removed:
        lifted = any(text.endswith(words(statement, verb="")) for text in change_of_policy.wider)
        note = " [no longer forbidden]" if statement.effect == "Deny" and lifted else ""
        gone = f"no longer assumed by {who(statement.principals)}" if trust else words(statement)
        yield Finding("access", change.address, f"- {label}{gone}{note}", bool(note))


def _invocation(change: Change, after: Mapping[str, Any]) -> Iterator[Finding]:
    principal = str(after.get("principal", ""))
    bounded = after.get("source_arn") or after.get("source_account") or _unknown(change, "source_arn")
    doubts = []
    if principal == "*":
        doubts.append("anybody on the internet")
    elif not bounded and principal.endswith(".amazonaws.com"):
        doubts.append("any account may make the service call it: set source_arn or source_account")
    text = f"+ {principal} may {after.get('action', 'invoke')} on {after.get('function_name') or 'the function'}"
    yield Finding("access", change.address, text + (f" [{'; '.join(doubts)}]" if doubts else ""), bool(doubts))


def exposure(change: Change) -> Iterator[Finding]:
    before, after = _values(change)
    if change.type == "aws_s3_bucket_public_access_block":
        if change.kind is Kind.DELETE:
            yield Finding("exposure", change.address, "the bucket's public access block goes away", True)
        off = [
            name
            for name, value in after.items()
            if name.startswith(("block_", "ignore_", "restrict_")) and value is False
        ]
        if change.kind in WRITES and off:
            yield Finding("exposure", change.address, f"public access is possible: {', '.join(sorted(off))} off", True)
    if change.kind not in WRITES:
        return
    for name in ("authorization_type", "authorization"):
        if after.get(name) == "NONE" and before.get(name) != "NONE":
            route = after.get("route_key") or after.get("http_method") or ""
            yield Finding("exposure", change.address, f"answers without authorisation: {route}".strip(": "), True)
    if after.get("publicly_accessible") is True and before.get("publicly_accessible") is not True:
        yield Finding("exposure", change.address, "becomes reachable from the internet", True)
    if change.type == "aws_s3_bucket_acl" and str(after.get("acl", "")).startswith("public"):
        yield Finding("exposure", change.address, f"the bucket's ACL is {after['acl']}", True)
    opened = OPEN_NETWORKS & set(_networks(after)) - set(_networks(before))
    if opened and after.get("type", "ingress") == "ingress":
        yield Finding("exposure", change.address, f"lets in {', '.join(sorted(opened))}", True)


def encryption(change: Change) -> Iterator[Finding]:
    before, after = _values(change)
    if change.type in ENCRYPTED_BY_RULE and change.kind is Kind.DELETE:
        yield Finding("encryption", change.address, "the bucket's encryption setting goes away", True)
    if change.kind is not Kind.UPDATE:
        return
    for name in ENCRYPTION_ATTRIBUTES:
        if name == "rule" and change.type not in ENCRYPTED_BY_RULE:
            continue
        if name in before and before[name] != after.get(name) and not _unknown(change, name):
            weaker = (bool(before[name]) and not after.get(name)) or _weaker(before[name], after.get(name))
            text = f"{name}: {_told(before, name)} -> {_told(after, name)}"
            yield Finding("encryption", change.address, text, weaker)


def events(change: Change) -> Iterator[Finding]:
    if change.type not in EVENT_SOURCES:
        return
    before, after = _values(change)
    if change.kind is Kind.DELETE:
        yield Finding("events", change.address, "goes away: what it delivered is no longer processed", True)
    elif change.kind is Kind.REPLACE:
        yield Finding("events", change.address, "is replaced: events may be missed or seen twice meanwhile")
    elif change.kind is Kind.UPDATE and not only_tags_changed(change):
        stopped = any(_stops(before.get(name), after.get(name)) for name in ("enabled", "state"))
        text = "is switched off" if stopped else "changes how events are delivered"
        yield Finding("events", change.address, text, stopped)


def alarms(change: Change) -> Iterator[Finding]:
    if change.type not in ALARMS:
        return
    before, after = _values(change)
    if change.kind is Kind.DELETE:
        yield Finding("alarms", change.address, "alarm removed: nobody is told any more")
    elif change.kind is Kind.UPDATE:
        if before.get("actions_enabled") is True and after.get("actions_enabled") is False:
            yield Finding("alarms", change.address, "alarm is silenced")
        if before.get("alarm_actions") and not after.get("alarm_actions"):
            yield Finding("alarms", change.address, "alarm tells nobody any more")
        for name in ("threshold", "limit_amount", "evaluation_periods"):
            if before.get(name) != after.get(name):
                yield Finding("alarms", change.address, f"{name}: {_told(before, name)} -> {_told(after, name)}")


Judge = Callable[[Change], Iterator[Finding]]
JUDGES: tuple[Judge, ...] = (data_loss, access, exposure, encryption, events, alarms)


def policies_in_words(policy: Any) -> list[str]:
    """Every statement of one policy in words (for permission tables)."""
    return [words(statement) for statement in read_policy(policy)]


def _grants_to_existing_roles(plan: Plan) -> Iterator[Finding]:
    """A new policy on a role that this plan does not create lets somebody do more who is already there."""
    new_roles = {
        (change.after or {}).get("name")
        for change in plan.changes
        if change.type == "aws_iam_role" and change.before is None
    }
    for change in plan.changes:
        grants = change.type.startswith("aws_iam_role_policy") and change.kind is Kind.CREATE
        role = (change.after or {}).get("role") if grants else None
        if role and role not in new_roles:
            yield Finding("access", change.address, f"a role that exists may do more: {role}", True)


def _values(change: Change) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Before and after without what is sensitive."""
    before = masked(change.before, change.before_sensitive)
    after = masked(change.after, change.after_sensitive)
    return before if isinstance(before, Mapping) else {}, after if isinstance(after, Mapping) else {}


def _unknown(change: Change, name: str) -> bool:
    return isinstance(change.unknown, Mapping) and change.unknown.get(name) is True


def _told(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if name == "retention_in_days":
        return f"{value} days" if value else "for ever"
    return _in_words(value)


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(_in_words, value)) or "off"
    if isinstance(value, Mapping):
        parts = [f"{key} {_in_words(item)}" for key, item in value.items() if item not in (None, "", [], {})]
        return ", ".join(parts) or "off"
    return "off" if value in (None, "", False) else "on" if value is True else str(value)


def _weaker(before: Any, after: Any) -> bool:
    """Turned off, lowered, or (lists of settings) any inner switch turned off. 0 days of log retention is for ever."""
    if isinstance(before, bool) or isinstance(after, bool):
        return bool(before) and not after
    if isinstance(before, int | float) and isinstance(after, int | float):
        return (before == 0 and after > 0) or (0 < after < before)
    if isinstance(before, list):
        return bool(before) and (not after or any(_weaker(old, new) for old, new in zip(before, after)))
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return any(_weaker(before[key], after.get(key)) for key in before)
    return before in ("Enabled", "ENABLED") and after != before


def _stops(before: Any, after: Any) -> bool:
    return before in (True, "ENABLED") and after in (False, "DISABLED")


def _networks(values: Mapping[str, Any]) -> Iterator[str]:
    for name in ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"):
        value = values.get(name) or []
        yield from [value] if isinstance(value, str) else value
    for rule in values.get("ingress") or []:
        if isinstance(rule, Mapping):
            yield from _networks(rule)
