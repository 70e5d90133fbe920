"""docs/permissions.md: what each role may do, from the policies in the plan."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
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


def page(resources: Iterable[Resource]) -> str:
    """The whole page."""
    policies = {
        resource.values["role"].removeprefix(PREFIX): (
            resource.slug,
            json.loads(resource.values["policy"])["Statement"],
        )
        for resource in resources
        if resource.type == "aws_iam_role_policy"
    }
    of_functions = {role for role, (_, statements) in policies.items() if _sids(statements) & OF_EVERY_FUNCTION}
    parts = [HEAD, FUNCTIONS]
    parts += [_role(role, *policies[role]) for role in sorted(of_functions)]
    parts += [SERVICES]
    parts += [_role(role, *policies[role]) for role in sorted(policies.keys() - of_functions)]
    return "\n".join(parts)


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
        return thing.replace(f"{PREFIX}data-{ACCOUNT}", "data bucket")
    kind = {"sqs": "queue ", "kms": "token "}.get(service, "")
    thing = thing.replace(f"{PREFIX}*", "<prefix>-<environment>-*").replace(PREFIX, "")
    return kind + thing.replace("key/tokens", "key")
