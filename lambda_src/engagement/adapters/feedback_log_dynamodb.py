"""How many interactions were fed back, and when, in the table of recommendations.

::

    pk feedback#<dataset group>   sk <epoch milliseconds, 13 digits>#<digest of the source>   count of one file's piece

A source that comes again writes the same item. Items go away KEEP_DAYS after their file was written.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cached_property
from typing import Any

from engagement.adapters.aws_client import aws_client, call
from engagement.ports import Json

KEEP_DAYS = 180
DAY = 86400


class DynamoFeedbackLog:
    """ports.FeedbackLog."""

    def __init__(self, *, table: str, client: Any = None) -> None:
        self._table, self._given = table, client

    @cached_property
    def _client(self) -> Any:
        return self._given or aws_client("dynamodb")

    def record(self, group: str, at: int, source: str, count: int) -> None:
        digest = hashlib.sha256(source.encode()).hexdigest()[:32]
        item = {
            "pk": {"S": _partition(group)},
            "sk": {"S": f"{at:013d}#{digest}"},
            "fed": {"N": str(count)},
            "expires": {"N": str(at // 1000 + KEEP_DAYS * DAY)},
        }
        call(self._client, "DynamoDB", "put_item", TableName=self._table, Item=item)

    def since(self, group: str, at: datetime) -> int:
        request: Json = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk > :sk",
            "ExpressionAttributeValues": {
                ":pk": {"S": _partition(group)},
                ":sk": {"S": f"{int(at.timestamp() * 1000):013d}~"},  # behind every digest of that moment
            },
            "ConsistentRead": True,
        }
        fed = 0
        while True:
            answer = call(self._client, "DynamoDB", "query", **request)
            fed += sum(int(item["fed"]["N"]) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return fed
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _partition(group: str) -> str:
    return f"feedback#{group}"
