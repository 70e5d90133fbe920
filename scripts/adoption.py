"""Things that exist but are not in the state, because the answer to their creation was lost: how to take them over.

A run that is killed together with its Terraform, or a network that breaks between AWS and Terraform, leaves them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from scripts.terraform_cli import Diagnostic

Json = dict[str, Any]
EXISTS = re.compile(r"already ?exists|AlreadyOwnedByYou|ResourceInUse|already in use", re.IGNORECASE)
# type -> what `terraform import` takes, by the resource's own arguments (the provider's pages, "Import")
IMPORT_IDS = {
    "aws_cloudwatch_log_group": "{name}",
    "aws_cloudwatch_metric_alarm": "{alarm_name}",
    "aws_dynamodb_table": "{name}",
    "aws_iam_role": "{name}",
    "aws_iam_role_policy": "{role}:{name}",
    "aws_kms_alias": "{name}",
    "aws_lambda_function": "{function_name}",
    "aws_s3_bucket": "{bucket}",
    "aws_scheduler_schedule": "{group_name}/{name}",
    "aws_sesv2_configuration_set": "{configuration_set_name}",
    "aws_sesv2_configuration_set_event_destination": "{configuration_set_name}|{event_destination_name}",
    "aws_sesv2_email_identity": "{email_identity}",
}

SHARED_IDENTITY = (
    "\nAn SES identity that another environment made is shared, not taken over: set create_identity = false instead."
)


def how_to_adopt(diagnostics: tuple[Diagnostic, ...], plan: Json) -> str:
    """``import`` blocks for what exists already, to be reviewed like any change; "" where nothing does."""
    there = [one.address for one in diagnostics if EXISTS.search(f"{one.summary} {one.detail}") and one.address]
    if not there:
        return ""
    planned = {item["address"]: item for item in plan.get("resource_changes") or ()}
    blocks = "\n".join(_block(address, planned.get(address, {})) for address in sorted(set(there)))
    return (
        "\n\nSome of it exists already, but not in the state: a killed run made it, or somebody else. If it is this "
        "environment's own, take it over: put this into terraform/imports.tf, plan, deploy, delete the file.\n"
        + blocks
        + (SHARED_IDENTITY if any("aws_sesv2_email_identity" in address for address in there) else "")
    )


def _block(address: str, planned: Mapping[str, Any]) -> str:
    values = (planned.get("change") or {}).get("after") or {}
    try:
        found = IMPORT_IDS[planned["type"]].format_map({name: value for name, value in values.items() if value})
    except KeyError:
        found = "<its id: see the provider's page of this type>"
    return f'  import {{\n    to = {address}\n    id = "{found}"\n  }}'
