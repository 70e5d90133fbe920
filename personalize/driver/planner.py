"""From what is declared and what is found to a plan; pure: the same two give the same plan."""

from __future__ import annotations

from dataclasses import replace

from personalize.config.declaration import DatasetGroup
from personalize.driver.facts import Facts, settle
from personalize.driver.model import Action, Found, Kind, Plan, Step
from personalize.driver.plan_data import plan_datasets, plan_schemas
from personalize.driver.plan_serving import plan_filters, plan_leftovers, plan_trackers
from personalize.driver.plan_training import plan_solutions


def make_plan(facts: Facts) -> Plan:
    """Every step of the declaration, each after what it needs."""

    steps: list[Step] = list(plan_schemas(facts))
    for group in facts.declaration.groups:
        head = _plan_group(facts, group)
        steps.append(head)
        steps += plan_datasets(facts, group, head)
        steps += plan_trackers(facts, group, head)
        steps += plan_filters(facts, group, head)
        steps += plan_solutions(facts, group, head, steps)
        steps += plan_leftovers(facts, group, head, steps)
    return Plan(tuple(steps))


def _plan_group(facts: Facts, group: DatasetGroup) -> Step:
    request: dict[str, object] = {"name": group.name, "tags": facts.tags()}
    for member, value in (
        ("domain", group.domain),
        ("kmsKeyArn", group.kms_key_arn),
        ("roleArn", group.kms_role_arn),
    ):
        if value:
            request[member] = value
    found = facts.snapshot.named(Kind.DATASET_GROUP, group.name)
    step = Step(
        group.key,
        Kind.DATASET_GROUP,
        group.name,
        Action.CREATE,
        "",
        request=request,
        seconds=facts.estimates.seconds(Kind.DATASET_GROUP),
    )
    planned = settle(step, found)
    if found and planned.action is Action.LEAVE and (wrong := _unchangeable(found, group)):
        reason = f"exists with another {wrong}, which the service cannot change; choose another name or destroy it"
        return replace(planned, reason=reason)
    return planned


def _unchangeable(found: Found, group: DatasetGroup) -> str:
    pairs = {"domain": group.domain, "kmsKeyArn": group.kms_key_arn}
    return ", ".join(member for member, value in pairs.items() if (found.detail.get(member) or "") != value)
