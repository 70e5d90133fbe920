"""What the local AWS holds, by the clients of AWS: names of everything that an environment could leave behind."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import ClientError


class Account:
    """Lists by name; ``of("dev")`` is what belongs to one environment."""

    def __init__(self, endpoint_url: str) -> None:
        self._session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
        self._endpoint_url = endpoint_url

    def client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._endpoint_url)

    def everything(self) -> dict[str, list[str]]:
        """Service -> names of all that is there."""
        pages = self._pages
        return {
            "tables": pages("dynamodb", "list_tables", "TableNames"),
            "queues": [url.rpartition("/")[2] for url in pages("sqs", "list_queues", "QueueUrls")],
            "buckets": [item["Name"] for item in self.client("s3").list_buckets()["Buckets"]],
            "functions": [item["FunctionName"] for item in pages("lambda", "list_functions", "Functions")],
            "roles": [item["RoleName"] for item in pages("iam", "list_roles", "Roles")],
            "log groups": [item["logGroupName"] for item in pages("logs", "describe_log_groups", "logGroups")],
            "streams": self.client("firehose").list_delivery_streams()["DeliveryStreamNames"],
            "apis": [item["Name"] for item in self.client("apigatewayv2").get_apis()["Items"]],
            "configuration sets": self.client("sesv2").list_configuration_sets().get("ConfigurationSets", []),
            "alarms": [item["AlarmName"] for item in pages("cloudwatch", "describe_alarms", "MetricAlarms")],
            "dashboards": [
                item["DashboardName"] for item in self.client("cloudwatch").list_dashboards()["DashboardEntries"]
            ],
            "key aliases": [item["AliasName"] for item in pages("kms", "list_aliases", "Aliases")],
            "event source mappings": [
                item["EventSourceArn"].rpartition(":")[2]
                for item in pages("lambda", "list_event_source_mappings", "EventSourceMappings")
            ],
        }

    def of(self, environment: str) -> dict[str, list[str]]:
        """What carries the environment's name prefix."""
        mark = f"kit-{environment}"
        found = {kind: [name for name in names if mark in name] for kind, names in self.everything().items()}
        return {kind: names for kind, names in found.items() if names}

    def enabled_keys(self) -> list[str]:
        kms = self.client("kms")
        keys = [item["KeyId"] for item in kms.list_keys()["Keys"]]
        return [key for key in keys if kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"]

    def identities(self) -> list[str]:
        return [item["IdentityName"] for item in self.client("sesv2").list_email_identities()["EmailIdentities"]]

    def _pages(self, service: str, operation: str, key: str) -> list[Any]:
        client = self.client(service)
        try:
            if client.can_paginate(operation):
                return [item for page in client.get_paginator(operation).paginate() for item in page.get(key, [])]
            return getattr(client, operation)().get(key, [])
        except ClientError as error:
            raise AssertionError(f"{service} {operation}: {error}") from error
