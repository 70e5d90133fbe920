"""Results of batch inference in DynamoDB, in a table of their own.

::

    pk <provider>                        sk served                   which generations serve, since when
                                         sk file#<generation>#<key>  a file that was read to its end
    pk <provider>#<generation>#<user>    sk items                    item ids, best first

The generation is part of the key: while a new one is written, the one that serves stays as it is, and the change is
one write. Items and files go away ``keep_days`` after they were written; what serves is not forgotten.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ClientError

from engagement.adapters.aws_client import translated
from engagement.adapters.dynamodb_batches import ItemBatches
from engagement.domain.batch_results import ResultFile, Served, UserItems, provider_of
from engagement.errors import Conflict, Unavailable
from engagement.ports import Json

SERVED, ITEMS = {"S": "served"}, {"S": "items"}
DAY = 86400
ATTEMPTS = 5


class DynamoBatchResults:
    """ports.BatchResults."""

    def __init__(
        self,
        *,
        table: str,
        keep_days: int,
        client: Any = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._table, self._keep_days, self._now = table, keep_days, now
        self._batches = ItemBatches(table=table, client=client, sleep=sleep)

    def write(self, file: ResultFile, results: Sequence[UserItems]) -> None:
        expires = self._expires()
        by_user = {one.user_id: one for one in results}
        self._batches.put(
            [
                {
                    **_items_key(file.provider, file.generation, one.user_id),
                    "items": {"L": [{"S": item} for item in one.items]},
                    "expires": expires,
                }
                for one in by_user.values()
            ]
        )

    def is_loaded(self, file: ResultFile, key: str, etag: str) -> bool:
        found = self._get(file.provider, _file_key(file, key)).get("Item")
        return found is not None and found["etag"]["S"] == etag

    def mark_loaded(self, file: ResultFile, key: str, etag: str, *, users: int, faulty: int) -> None:
        numbers = {"users": {"N": str(users)}, "faulty": {"N": str(faulty)}, "expires": self._expires()}
        item = {"pk": {"S": file.provider}, "sk": {"S": _file_key(file, key)}, "etag": {"S": etag}, **numbers}
        self._batches.call("put_item", TableName=self._table, Item=item)

    def serve(self, file: ResultFile, at: int, *, anyway: bool = False) -> bool:
        for _ in range(ATTEMPTS):
            now = self.served(file.provider)
            if now and (now.current == file.generation or (now.at > at and not anyway)):
                return False
            if anyway and not self._has_files(file):
                return False
            try:
                self._replace(file.provider, now, Served(file.generation, now.current if now else "", at))
                return True
            except Conflict:
                continue
        raise Unavailable("others keep changing which results serve")

    def served(self, provider: str) -> Served | None:
        item = self._get(provider_of(provider), "served").get("Item")
        return Served(item["current"]["S"], item["previous"]["S"], int(item["at"]["N"])) if item else None

    def items_of(self, provider: str, user_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        provider = provider_of(provider)
        serving = self.served(provider)
        if serving is None:
            return {}
        users = list(dict.fromkeys(user_ids))
        names = {f"{provider}#{generation}#{user}": user for generation in serving.generations for user in users}
        found = {
            item["pk"]["S"]: tuple(one["S"] for one in item["items"]["L"])
            for item in self._batches.get([{"pk": {"S": name}, "sk": ITEMS} for name in names])
        }
        # Previous generation first, so that the current one has the last word.
        return {names[name]: found[name] for name in reversed(names) if name in found}

    def _has_files(self, file: ResultFile) -> bool:
        answer = self._batches.call(
            "query",
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": file.provider}, ":sk": {"S": f"file#{file.generation}#"}},
            ConsistentRead=True,
            Limit=1,
        )
        return bool(answer["Items"])

    def _replace(self, provider: str, known: Served | None, new: Served) -> None:
        """Raises Conflict when something else serves by now than what was ``known``."""
        item = {"current": {"S": new.current}, "previous": {"S": new.previous}, "at": {"N": str(new.at)}}
        condition: Json = {"ConditionExpression": "attribute_not_exists(pk)"}
        if known:
            condition = {
                "ConditionExpression": "#current = :current",
                "ExpressionAttributeNames": {"#current": "current"},
                "ExpressionAttributeValues": {":current": {"S": known.current}},
            }
        key = {"pk": {"S": provider}, "sk": SERVED}
        try:
            self._batches.client.put_item(TableName=self._table, Item={**key, **item}, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise Conflict("something else serves by now") from error
            raise translated(error, "DynamoDB PutItem") from error

    def _get(self, partition: str, sort_key: str) -> Json:
        key = {"pk": {"S": partition}, "sk": {"S": sort_key}}
        return self._batches.call("get_item", TableName=self._table, Key=key, ConsistentRead=True)

    def _expires(self) -> Json:
        return {"N": str(int(self._now()) + self._keep_days * DAY)}


def _items_key(provider: str, generation: str, user_id: str) -> Json:
    return {"pk": {"S": f"{provider}#{generation}#{user_id}"}, "sk": ITEMS}


def _file_key(file: ResultFile, key: str) -> str:
    return f"file#{file.generation}#{hashlib.sha256(key.encode()).hexdigest()[:32]}"
