"""Deliveries in DynamoDB: one item per run and endpoint, each under a partition key of its own, so that a large run
spreads over the whole table. Items expire after KEEP_DAYS.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from engagement.adapters.aws_client import aws_client, call, translated
from engagement.adapters.backoff import pause_seconds
from engagement.domain.delivery import RESERVED, Delivery
from engagement.errors import Unavailable
from engagement.ports import Json

KEEP_DAYS = 90
SORT_KEY = {"S": "delivery"}
TRANSACTION, WRITE_BATCH, READ_BATCH = 100, 25, 100
ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 0.05
_TEXTS = {"mid": "message_id", "code": "code", "why": "reason", "fb": "fallback"}


class DynamoDeliveries:
    def __init__(self, *, table: str, client: Any = None, sleep: Callable[[float], None] = time.sleep) -> None:
        self._table, self._given, self._sleep = table, client, sleep

    @cached_property
    def _client(self) -> Any:
        return self._given or aws_client("dynamodb")

    def read(self, run_id: str, endpoint_ids: Sequence[str]) -> dict[str, Delivery]:
        found: dict[str, Delivery] = {}
        for chunk in _chunks(list(dict.fromkeys(endpoint_ids)), READ_BATCH):
            keys = [_key(run_id, endpoint_id) for endpoint_id in chunk]
            for attempt in range(ATTEMPTS):
                self._pause(attempt)
                answer = self._call(
                    "batch_get_item", RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}}
                )
                for item in answer["Responses"].get(self._table, []):
                    delivery = _delivery(run_id, item)
                    found[delivery.endpoint_id] = delivery
                keys = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
                if not keys:
                    break
            else:
                raise Unavailable(f"{len(keys)} deliveries could not be read now")
        return found

    def reserve(self, run_id: str, deliveries: Sequence[Delivery]) -> dict[str, Delivery]:
        taken: dict[str, Delivery] = {}
        for chunk in _chunks(deliveries, TRANSACTION):
            taken.update(self._reserve(run_id, list(chunk)))
        return taken

    def record(self, run_id: str, deliveries: Sequence[Delivery]) -> None:
        self._write([{"PutRequest": {"Item": _item(run_id, one)}} for one in deliveries])

    def release(self, run_id: str, deliveries: Sequence[Delivery]) -> None:
        self._write([{"DeleteRequest": {"Key": _key(run_id, one.endpoint_id)}} for one in deliveries])

    def settle(self, run_id: str, stale: Delivery, outcome: Delivery) -> None:
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_item(run_id, outcome),
                ConditionExpression="#state = :reserved AND #attempt = :attempt",
                ExpressionAttributeNames={"#state": "state", "#attempt": "by"},
                ExpressionAttributeValues={":reserved": {"S": RESERVED}, ":attempt": {"S": stale.attempt}},
            )
        except (BotoCoreError, ClientError) as error:
            if not _is(error, "ConditionalCheckFailedException"):
                raise translated(error, "DynamoDB PutItem") from error

    def _reserve(self, run_id: str, deliveries: list[Delivery]) -> dict[str, Delivery]:
        """One transaction; without those that are taken already, again, until the rest is ours."""
        taken: dict[str, Delivery] = {}
        conflicts = 0
        while deliveries:
            try:
                self._client.transact_write_items(TransactItems=[self._new(run_id, one) for one in deliveries])
                return taken
            except (BotoCoreError, ClientError) as error:
                if not isinstance(error, ClientError) or not _is(error, "TransactionCanceledException"):
                    raise translated(error, "DynamoDB TransactWriteItems") from error
                found = self._already_there(run_id, deliveries, error.response.get("CancellationReasons", []))
                taken.update(found)
                deliveries = [one for one in deliveries if one.endpoint_id not in found]
                conflicts += not found
                if conflicts == ATTEMPTS:
                    raise Unavailable("deliveries could not be reserved: others keep writing them") from error
                self._pause(conflicts)
        return taken

    def _new(self, run_id: str, delivery: Delivery) -> Json:
        return {
            "Put": {
                "TableName": self._table,
                "Item": _item(run_id, delivery),
                "ConditionExpression": "attribute_not_exists(pk)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def _already_there(self, run_id: str, deliveries: list[Delivery], reasons: list[Json]) -> dict[str, Delivery]:
        failed = [
            (one, reason.get("Item"))
            for one, reason in zip(deliveries, reasons)
            if reason.get("Code") == "ConditionalCheckFailed"
        ]
        found = {one.endpoint_id: _delivery(run_id, item) for one, item in failed if item}
        unseen = [one.endpoint_id for one, item in failed if not item]
        return {**found, **self.read(run_id, unseen)} if unseen else found

    def _write(self, requests: list[Json]) -> None:
        for chunk in _chunks(requests, WRITE_BATCH):
            left = list(chunk)
            for attempt in range(ATTEMPTS):
                self._pause(attempt)
                answer = self._call("batch_write_item", RequestItems={self._table: left})
                left = answer.get("UnprocessedItems", {}).get(self._table, [])
                if not left:
                    break
            else:
                raise Unavailable(f"{len(left)} deliveries could not be written now")

    def _call(self, operation: str, **request: Any) -> Any:
        return call(self._client, "DynamoDB", operation, **request)

    def _pause(self, attempt: int) -> None:
        if attempt:
            self._sleep(pause_seconds(FIRST_PAUSE_SECONDS, attempt))


def _is(error: Exception, code: str) -> bool:
    return isinstance(error, ClientError) and error.response["Error"]["Code"] == code


def _chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (values[first : first + size] for first in range(0, len(values), size))


def _key(run_id: str, endpoint_id: str) -> Json:
    return {"pk": {"S": f"{run_id}#{endpoint_id}"}, "sk": SORT_KEY}


def _item(run_id: str, one: Delivery) -> Json:
    item = {
        "pk": {"S": f"{run_id}#{one.endpoint_id}"},
        "sk": SORT_KEY,
        "state": {"S": one.state},
        "t": {"S": one.treatment_id},
        "at": {"N": str(one.at)},
        "by": {"S": one.attempt},
        "lease": {"N": str(one.leased_until)},
        "expires": {"N": str(one.at // 1000 + KEEP_DAYS * 86400)},
    }
    item.update({short: {"S": text} for short, name in _TEXTS.items() if (text := getattr(one, name))})
    return item


def _delivery(run_id: str, item: Json) -> Delivery:
    return Delivery(
        endpoint_id=item["pk"]["S"][len(run_id) + 1 :],
        treatment_id=item["t"]["S"],
        state=item["state"]["S"],
        at=int(item["at"]["N"]),
        attempt=item["by"]["S"],
        leased_until=int(item["lease"]["N"]),
        **{name: item[short]["S"] for short, name in _TEXTS.items() if short in item},
    )
