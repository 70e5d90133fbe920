"""Leases in DynamoDB: one item each, taken by a conditional write, free again when its time is over."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from engagement.adapters.aws_client import aws_client, translated
from engagement.ports import Json

LOST = "ConditionalCheckFailedException"


class DynamoLeases:
    """ports.Leases."""

    def __init__(self, *, table: str, client: Any = None) -> None:
        self._table, self._given = table, client

    @cached_property
    def _client(self) -> Any:
        return self._given or aws_client("dynamodb")

    def take(self, name: str, holder: str, now: datetime, seconds: int) -> str | None:
        until = int(now.timestamp()) + seconds
        try:
            self._client.put_item(
                TableName=self._table,
                Item={**_key(name), "holder": {"S": holder}, "until": {"N": str(until)}, "expires": {"N": str(until)}},
                ConditionExpression="attribute_not_exists(pk) OR holder = :holder OR #until < :now",
                ExpressionAttributeNames={"#until": "until"},
                ExpressionAttributeValues={":holder": {"S": holder}, ":now": {"N": str(int(now.timestamp()))}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == LOST:
                return error.response.get("Item", {}).get("holder", {}).get("S", "somebody else")
            raise translated(error, "DynamoDB PutItem") from error
        return None

    def release(self, name: str, holder: str) -> None:
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=_key(name),
                ConditionExpression="holder = :holder",
                ExpressionAttributeValues={":holder": {"S": holder}},
            )
        except (BotoCoreError, ClientError) as error:
            if not (isinstance(error, ClientError) and error.response["Error"]["Code"] == LOST):
                raise translated(error, "DynamoDB DeleteItem") from error


def _key(name: str) -> Json:
    return {"pk": {"S": f"lease#{name}"}, "sk": {"S": "lease"}}
