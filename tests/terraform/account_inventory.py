"""What an account of the local AWS holds, by kind: to see that a destroy leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scripts.local_aws.process import LocalAws
from tests.local_aws.aws_clients import clients_of


def inventory(aws: LocalAws) -> dict[str, list[str]]:
    """Kind -> names; kinds that are empty are left out. KMS keys that wait for their deletion do not count."""
    client = clients_of(aws)
    kms = client("kms")
    keys = [key["KeyId"] for key in kms.list_keys()["Keys"]]
    found: dict[str, list[str]] = {
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "functions": _names(client("lambda").list_functions()["Functions"], "FunctionName"),
        "event sources": _names(client("lambda").list_event_source_mappings()["EventSourceMappings"], "UUID"),
        "tables": client("dynamodb").list_tables()["TableNames"],
        "buckets": _names(client("s3").list_buckets()["Buckets"], "Name"),
        "roles": _names(client("iam").list_roles()["Roles"], "RoleName"),
        "log groups": _names(client("logs").describe_log_groups()["logGroups"], "logGroupName"),
        "alarms": _names(_all(client("cloudwatch"), "describe_alarms", "MetricAlarms"), "AlarmName"),
        "dashboards": _names(client("cloudwatch").list_dashboards()["DashboardEntries"], "DashboardName"),
        "streams": client("firehose").list_delivery_streams()["DeliveryStreamNames"],
        "apis": _names(client("apigatewayv2").get_apis()["Items"], "Name"),
        "configuration sets": client("sesv2").list_configuration_sets()["ConfigurationSets"],
        "identities": _names(client("sesv2").list_email_identities()["EmailIdentities"], "IdentityName"),
        "keys": [key for key in keys if kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion"],
        "aliases": _names(kms.list_aliases()["Aliases"], "AliasName"),
    }
    return {kind: sorted(names) for kind, names in found.items() if names}


def _names(items: list[dict[str, Any]], name: str) -> list[str]:
    return [item[name] for item in items]


def _all(client: Any, operation: str, key: str) -> list[dict[str, Any]]:
    pages: Callable[[], Any] = client.get_paginator(operation).paginate
    return [item for page in pages() for item in page[key]]
