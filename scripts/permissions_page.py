"""docs/permissions.md: what each role may do, from the policies in the plan."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scripts.mocked_plan import Resource
from scripts.resource_graph import PREFIX

PAGE = Path(__file__).parents[1] / "docs" / "permissions.md"
ACCOUNT = "111122223333"
HEAD = """# Permissions

Made by `make docs` from the plan of an environment with everything switched on; do not edit. Names are without the prefix
`<prefix>-<environment>-`; every ARN is of this account, region and environment. Tests hold the policies against the code:
`tests/terraform/test_function_wiring.py` (actions, tables, queues), `tests/rules/test_least_privilege.py` (files, services).

To change one: `terraform/modules/<slug>/permissions.tf`, then `make docs`.
"""
OF_STREAMS = {"deliver-events"}  # made for the kit's own streams only
OF_EVERY_FUNCTION = {"WriteOwnLogs", "SendTraces", "TakeFromQueue"}
FUNCTIONS = """## Functions

Each has a role of its own that only Lambda can take. Beside what is listed, every function writes its own log group
(`WriteOwnLogs`), sends traces where `operations.tracing` is on (`SendTraces`), and takes from the queue named with it
(`TakeFromQueue`). With a key of your own (`encryption_key_arn`) whoever uses tables or files may use that key through DynamoDB
and S3 (`UseDataKey`); the key's policy has to leave access to IAM.
"""
SERVICES = """## Roles that AWS services take

Each can be taken on behalf of this account only.
"""
EXISTING = """## With streams of your own

What is different where streams are given in place of being made ([bring your own](how-to/bring-your-own.md)). A statement that
stands above under the same name is replaced.
"""
# Run of the mocked plan -> how its part is headed.
WITH_EXISTING = {
    "existing_firehoses": "Firehose, for the engine's events and for SES's",
    "existing_stream_and_bucket": "Kinesis, with a key of your own",
}

Policies = dict[str, tuple[str | None, list[dict[str, Any]]]]


def page(runs: Mapping[str, Iterable[Resource]]) -> str:
    """The whole page, from the runs of the mocked plan (scripts/mocked_plan.py)."""
    policies = _policies(runs["everything"])
    of_functions = {role for role, (_, statements) in policies.items() if _sids(statements) & OF_EVERY_FUNCTION}
    parts = [HEAD, FUNCTIONS]
    parts += [_role(role, *policies[role]) for role in sorted(of_functions)]
    parts += [SERVICES]
    parts += [_role(role, *policies[role]) for role in sorted(policies.keys() - of_functions)]
    parts += [EXISTING]
    parts += [_different(title, policies, _policies(runs[run])) for run, title in WITH_EXISTING.items()]
    return "\n".join(parts)


def _policies(resources: Iterable[Resource]) -> Policies:
    return {
        resource.values["role"].removeprefix(PREFIX): (
            resource.slug,
            json.loads(resource.values["policy"])["Statement"],
        )
        for resource in resources
        if resource.type == "aws_iam_role_policy"
    }


def _different(title: str, policies: Policies, given: Policies) -> str:
    """Statements of each role that only the plan with ``given`` has, wherever the bucket."""
    rows = [
        f"| {role} {_row(statement)}"
        for role in sorted(policies.keys() & given.keys())
        for statement in given[role][1]
        if _row(statement) not in map(_row, policies[role][1])
    ]
    gone = sorted(role for role in policies.keys() - given.keys() if role in OF_STREAMS)
    told = [f"There is no role {', '.join(f'`{role}`' for role in gone)}.\n"] if gone else []
    return "\n".join(
        [f"### {title}\n", *told, "| Role | Statement | May | On |", "| --- | --- | --- | --- |", *rows, ""]
    )


def _sids(statements: list[dict[str, Any]]) -> set[str]:
    return {statement["Sid"] for statement in statements}


def _role(role: str, slug: str | None, statements: list[dict[str, Any]]) -> str:
    queue = [_place(arn) for one in statements if one["Sid"] == "TakeFromQueue" for arn in one["Resource"]]
    taken = f", takes from {queue[0]}" if queue else ""
    rows = [_row(statement) for statement in statements if statement["Sid"] not in OF_EVERY_FUNCTION]
    table = ["| Statement | May | On |", "| --- | --- | --- |", *rows] if rows else ["Nothing else."]
    return "\n".join([f"### {role}\n", f"Of [{slug}](architectures/{slug}.md){taken}.\n", *table, ""])


def _row(statement: dict[str, Any]) -> str:
    actions = ", ".join(f"`{action}`" for action in statement["Action"])
    places = ", ".join(f"`{_place(arn)}`" for arn in statement["Resource"])
    conditions = [
        f"where `{key}` is {' or '.join(f'`{value}`' for value in values)}"
        for test in statement.get("Condition", {}).values()
        for key, values in test.items()
    ]
    return f"| {statement['Sid']} | {actions} | {' '.join([places, *conditions])} |"


def _place(arn: str) -> str:
    """Without partition, region, account and prefix: ``table/endpoints``, ``data bucket/segments/*``."""
    if arn == "*":
        return "everything (see the module's comment)"
    service, _, rest = re.sub(r"^arn:aws:", "", arn).partition(":")
    thing = rest.partition(":")[2].partition(":")[2]
    if service == "s3":
        return thing.replace(f"{PREFIX}data-{ACCOUNT}", "data bucket").replace("company-data", "data bucket")
    kind = {"sqs": "queue ", "kms": "" if "company" in thing else "token "}.get(service, "")
    thing = thing.replace(f"{PREFIX}*", "<prefix>-<environment>-*").replace(PREFIX, "")
    return kind + thing.replace("key/tokens", "key")
