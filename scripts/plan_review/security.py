"""What a plan does to data, access, exposure, encryption, event sources and alarms, as findings in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scripts.plan_review.access import access, grants_on_what_exists, open_to_all
from scripts.plan_review.attribute_diff import only_tags_changed
from scripts.plan_review.data_stores import DATA_STORES, GUARDS
from scripts.plan_review.findings import Finding
from scripts.plan_review.iam_words import read_policy, words
from scripts.plan_review.lifecycle import deletes_sooner
from scripts.plan_review.masking import SENSITIVE
from scripts.plan_review.plan_json import Change, Kind, Plan
from scripts.plan_review.two_sides import (
    GONE,
    OWNER_NAMES,
    OWNER_TYPES,
    WRITES,
    is_unknown,
    items_of,
    raw_sides,
    shown_sides,
    told,
)  # fmt: skip

ENCRYPTION_ATTRIBUTES = (
    "kms_key_id", "kms_key_arn", "kms_master_key_id", "sqs_managed_sse_enabled", "server_side_encryption",
    "encryption_type", "kms_key_identifier", "storage_encrypted", "encrypted", "encryption_configuration", "rule",
    "enable_key_rotation", "delivery_options", "minimum_protocol_version", "viewer_protocol_policy",
    "at_rest_encryption_enabled", "transit_encryption_enabled",
)  # fmt: skip
ENCRYPTED_BY_RULE = {"aws_s3_bucket_server_side_encryption_configuration"}
EVENT_SOURCES = {
    "aws_lambda_event_source_mapping", "aws_s3_bucket_notification", "aws_cloudwatch_event_rule",
    "aws_cloudwatch_event_target", "aws_scheduler_schedule", "aws_sns_topic_subscription",
    "aws_sesv2_configuration_set_event_destination", "aws_ses_receipt_rule", "aws_pipes_pipe",
    "aws_ses_event_destination", "aws_ses_active_receipt_rule_set", "aws_cloudwatch_log_subscription_filter",
    "aws_dynamodb_kinesis_streaming_destination", "aws_lambda_function_event_invoke_config",
}  # fmt: skip
ALARMS = {"aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm", "aws_budgets_budget"}
# Arguments that switch something on, and the values by which it works. They stand at the top or in a block.
SWITCHES = {"enabled", "is_enabled", "state", "desired_state", "sending_enabled", "eventbridge"}
WORKS = (True, "ENABLED", "RUNNING")
# Blocks of a bucket's notification, each one a receiver; and the kinds of events that a destination is sent.
RECEIVERS = ("lambda_function", "queue", "topic")
# Settings whose values have an order: what is further right is safer.
SAFER = (
    ("NONE", "KMS"), ("AES256", "aws:kms", "aws:kms:dsse"), ("OPTIONAL", "REQUIRE"), ("Disabled", "Suspended", "Enabled"),
    ("DISABLED", "ENABLED"), ("INACTIVE", "ACTIVE"), ("allow-all", "redirect-to-https", "https-only"),
    ("SSLv3", "TLSv1", "TLSv1_2016", "TLSv1.1_2016", "TLSv1.2_2018", "TLSv1.2_2019", "TLSv1.2_2021"),
    ("TLS_1_0", "TLS_1_2"),
)  # fmt: skip
# Saves requests to KMS and protects nothing.
NO_PROTECTION = {"bucket_key_enabled"}
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
    found += grants_on_what_exists(plan)
    return found


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
    before, after = shown_sides(change)
    raw_before, raw_after = raw_sides(change)
    for (type_, name), guard in GUARDS.items():
        old, new = raw_before.get(name), raw_after.get(name)
        gone = bool(old) and new in (None, "", []) and not is_unknown(change, name)
        if change.type == type_ and change.kind is Kind.UPDATE and (gone or _weaker(old, new)):
            yield Finding(
                "data", change.address, f"{guard} gets weaker: {told(before, name)} -> {told(after, name)}", True
            )
    if change.type == "aws_s3_bucket_versioning" and change.kind is Kind.DELETE:
        yield Finding("data", change.address, "versioning goes away: what is overwritten or deleted is lost", True)
    if change.type == "aws_sqs_queue_redrive_policy" and change.kind is Kind.DELETE:
        yield Finding("data", change.address, "the dead-letter queue goes away: messages that fail are then lost", True)
    if change.kind in (Kind.UPDATE, Kind.REPLACE):
        hidden = any(SENSITIVE in str(side.get(name)) for side in (before, after) for name in ("rule", "ttl"))
        for text in deletes_sooner(change.type, raw_before, raw_after):
            yield Finding("data", change.address, "a rule deletes data sooner" if hidden else text, True)
    if change.kind in WRITES and raw_after.get("force_destroy") is True and raw_before.get("force_destroy") is not True:
        yield Finding("data", change.address, "force_destroy: a later destroy empties it without asking")


PUBLIC_ACCESS_BLOCKS = {"aws_s3_bucket_public_access_block": "bucket", "aws_s3_account_public_access_block": "account"}
OPENS = ("publicly_accessible", "associate_public_ip_address", "map_public_ip_on_launch", "assign_public_ip")


def exposure(change: Change) -> Iterator[Finding]:
    before, after = raw_sides(change)
    if change.type in PUBLIC_ACCESS_BLOCKS:
        if change.kind is Kind.DELETE:
            whose = PUBLIC_ACCESS_BLOCKS[change.type]
            yield Finding("exposure", change.address, f"the {whose}'s public access block goes away", True)
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
            shown = shown_sides(change)[1]
            route = shown.get("route_key") or shown.get("http_method") or ""
            yield Finding("exposure", change.address, f"answers without authorisation: {route}".strip(": "), True)
    for statement in open_to_all(change):
        yield Finding("exposure", change.address, f"open to anybody on the internet: {words(statement)}", True)
    if any(after.get(name) is True and before.get(name) is not True for name in OPENS):
        yield Finding("exposure", change.address, "becomes reachable from the internet", True)
    acl = str(after.get("acl", "")) if after.get("acl") != before.get("acl") else ""
    if change.type in ("aws_s3_bucket_acl", "aws_s3_bucket") and acl.startswith(("public", "authenticated-read")):
        yield Finding("exposure", change.address, f"the bucket's ACL is {acl}", True)
    if change.type == "aws_s3_bucket_acl":
        grants = str(after.get("access_control_policy"))
        if any(f"groups/global/{everybody}" in grants for everybody in ("AllUsers", "AuthenticatedUsers")):
            yield Finding("exposure", change.address, "the bucket's ACL grants access to everybody", True)
    if "egress" in change.type:
        return
    opened = OPEN_NETWORKS & set(_networks(after)) - set(_networks(before))
    if opened and after.get("type", "ingress") == "ingress":
        yield Finding("exposure", change.address, f"lets in {', '.join(sorted(opened))}", True)


def encryption(change: Change) -> Iterator[Finding]:
    before, after = shown_sides(change)
    if change.type in ENCRYPTED_BY_RULE and change.kind is Kind.DELETE:
        yield Finding("encryption", change.address, "the bucket's encryption setting goes away", True)
    if change.kind not in (Kind.UPDATE, Kind.REPLACE):
        return
    raw_before, raw_after = raw_sides(change)
    for name in ENCRYPTION_ATTRIBUTES:
        if name == "rule" and change.type not in ENCRYPTED_BY_RULE:
            continue
        left_open = change.kind is Kind.REPLACE and after.get(name) is None and change.is_computed(name)
        if (
            _settled(raw_before.get(name)) != _settled(raw_after.get(name))
            and not is_unknown(change, name)
            and not left_open
        ):
            old, new = raw_before.get(name), raw_after.get(name)
            weaker = (bool(old) and not new) or _weaker(old, new)
            text = f"{name}: {told(before, name)} -> {told(after, name)}"
            yield Finding("encryption", change.address, text, weaker)


def events(change: Change) -> Iterator[Finding]:
    before, after = raw_sides(change)
    if change.kind in (Kind.UPDATE, Kind.REPLACE):
        concurrency = "reserved_concurrent_executions"
        if after.get(concurrency) == 0 and before.get(concurrency) != 0:
            yield Finding("events", change.address, "the function may not run any more (0 concurrent executions)", True)
        if change.type not in EVENT_SOURCES and _stopped(
            _only(before, "sending_options"), _only(after, "sending_options")
        ):
            yield Finding("events", change.address, "sending is switched off", True)
    if change.type not in EVENT_SOURCES:
        return
    if change.kind is Kind.DELETE:
        yield Finding("events", change.address, "goes away: what it delivered is no longer processed", True)
    elif change.kind in (Kind.UPDATE, Kind.REPLACE) and (text := _stopped(before, after)):
        yield Finding("events", change.address, text, True)
    elif change.kind is Kind.REPLACE:
        yield Finding("events", change.address, "is replaced: events may be missed or seen twice meanwhile")
    elif change.kind is Kind.UPDATE and not only_tags_changed(change):
        yield Finding("events", change.address, "changes how events are delivered")


def alarms(change: Change) -> Iterator[Finding]:
    if change.type not in ALARMS:
        return
    before, after = shown_sides(change)
    if change.kind is Kind.DELETE:
        yield Finding("alarms", change.address, "alarm removed: nobody is told any more")
    elif change.kind is Kind.UPDATE:
        if before.get("actions_enabled") is True and after.get("actions_enabled") is False:
            yield Finding("alarms", change.address, "alarm is silenced")
        whom_before, still = (set(map(str, items_of(side.get("alarm_actions")))) for side in (before, after))
        if whom_before - still and not is_unknown(change, "alarm_actions"):
            whom = ", ".join(sorted(whom_before - still)) if still else "nobody any more"
            yield Finding("alarms", change.address, f"alarm no longer tells {whom}" if still else f"alarm tells {whom}")
        for name in ("threshold", "limit_amount", "evaluation_periods"):
            if before.get(name) != after.get(name):
                yield Finding("alarms", change.address, f"{name}: {told(before, name)} -> {told(after, name)}")


Judge = Callable[[Change], Iterator[Finding]]
JUDGES: tuple[Judge, ...] = (data_loss, access, exposure, encryption, events, alarms)


def policies_in_words(policy: Any) -> list[str]:
    """Every statement of one policy in words (for permission tables)."""
    return [words(statement) for statement in read_policy(policy)]


def _weaker(before: Any, after: Any) -> bool:
    """Turned off, lowered, or (lists of settings) any inner switch turned off. 0 days of log retention is for ever."""
    if isinstance(before, bool) or isinstance(after, bool):
        return bool(before) and not after
    if isinstance(before, int | float) and isinstance(after, int | float):
        return (before == 0 and after > 0) or (0 < after < before)
    if isinstance(before, list):
        return bool(before) and (not after or any(_weaker(old, new) for old, new in zip(before, items_of(after))))
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return any(_weaker(before[key], after.get(key)) for key in before if key not in NO_PROTECTION)
    for order in SAFER:
        if before in order:
            return after is None or (after in order and order.index(after) < order.index(before))
    return False


def _stopped(before: Any, after: Any) -> str:
    """What of an event source works before and not after, in words; "" where nothing stops."""
    if isinstance(before, list) and isinstance(after, list):
        return next((text for old, new in zip(before, after) if (text := _stopped(old, new))), "")
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return ""
    for name, old in before.items():
        new = after.get(name)
        if name in SWITCHES and old in WORKS and new not in WORKS and new is not None:
            return "is switched off"
        if name in RECEIVERS and isinstance(old, list) and len(items_of(new)) < len(old):
            return (
                f"{len(old) - len(items_of(new))} of its receivers ({name}) goes away: it is told of nothing any more"
            )
        types = (
            [set(map(str, items_of(item))) for item in (old, new)] if name == "matching_event_types" else [set(), set()]
        )
        gone = types[0] - types[1]
        if gone:
            return f"{', '.join(sorted(gone))} no longer delivered"
        if text := _stopped(old, new):
            return text
    return ""


def _only(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return {name: values.get(name)}


def _settled(value: Any) -> Any:
    """Unset arguments read back as empty: no difference. Nor is there one within a block that is switched off."""
    if isinstance(value, Mapping) and value.get("enabled") is False:
        return None
    if isinstance(value, list) and all(_settled(item) is None for item in value):
        return None
    return None if value in ("", {}, False) else value


def _networks(values: Mapping[str, Any]) -> Iterator[str]:
    for name in ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"):
        value = values.get(name) or []
        yield from [value] if isinstance(value, str) else map(str, items_of(value))
    for rule in items_of(values.get("ingress")):
        if isinstance(rule, Mapping):
            yield from _networks(rule)
