"""Results of batch inference in DynamoDB, in a table of their own.

::

    pk <provider>                        sk served                   which generations serve, since when
                                         sk file#<generation>#<key>  a file that was read to its end: which content
                                                                     (etag), users, written when (at)
    pk <provider>#<generation>#<user>    sk items                    item ids, best first

The generation is part of the key: while a new one is written, the one that serves stays as it is, and the change is
one write. Items and files go away KEEP_DAYS after they were written; what serves is not forgotten.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from engagement.adapters.aws_client import aws_client, call, translated
from engagement.adapters.dynamodb_batches import get_items, put_items
from engagement.domain.batch_results import Loaded, ResultFile, Served, UserItems, provider_of
from engagement.errors import Conflict, Unavailable
from engagement.ports import Json, StoredObject

SERVED, ITEMS = {"S": "served"}, {"S": "items"}
KEEP_DAYS = 60
DAY = 86400
ATTEMPTS = 5
LOST_RACE = "ConditionalCheckFailedException"


class DynamoBatchResults:
    """ports.BatchResults."""

    def __init__(
        self,
        *,
        table: str,
        client: Any = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._table, self._given, self._sleep, self._now = table, client, sleep, now

    @cached_property
    def _client(self) -> Any:
        return self._given or aws_client("dynamodb")

    def write(self, file: ResultFile, results: Sequence[UserItems]) -> None:
        expires = self._expires()
        by_user = {one.user_id: one for one in results}
        items = [
            {
                "pk": {"S": f"{file.provider}#{file.generation}#{one.user_id}"},
                "sk": ITEMS,
                "items": {"L": [{"S": item} for item in one.items]},
                "expires": expires,
            }
            for one in by_user.values()
        ]
        put_items(partial(self._call, "batch_write_item"), self._table, items, self._sleep)

    def is_loaded(self, file: ResultFile, key: str, etag: str) -> bool:
        found = self._get(file.provider, _file_key(file, key)).get("Item")
        return found is not None and found["etag"]["S"] == etag

    def mark_loaded(self, file: ResultFile, key: str, etag: str, *, users: int, faulty: int, at: int) -> None:
        numbers = {name: {"N": str(value)} for name, value in (("users", users), ("faulty", faulty), ("at", at))}
        item = {"pk": {"S": file.provider}, "sk": {"S": _file_key(file, key)}, "etag": {"S": etag}, **numbers}
        self._call("put_item", TableName=self._table, Item={**item, "expires": self._expires()})

    def loaded(self, file: ResultFile, found: Sequence[StoredObject]) -> Loaded | None:
        items = {item["sk"]["S"]: item for item in self._files_of(file)}
        read = {name: item["etag"]["S"] for name, item in items.items()}
        missing = tuple(one.key for one in found if read.get(_file_key(file, one.key)) != one.etag)
        users, at = ([int(item.get(name, {"N": "0"})["N"]) for item in items.values()] for name in ("users", "at"))
        return Loaded(missing, sum(users), max(at)) if items else None

    def serve(self, file: ResultFile, at: int, *, anyway: bool = False) -> bool:
        for _ in range(ATTEMPTS):
            now = self.served(file.provider)
            if now and (now.current == file.generation or (now.at > at and not anyway)):
                return False
            if anyway and self.kept_until(file) is None:
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
        keys = [{"pk": {"S": name}, "sk": ITEMS} for name in names]
        items = get_items(partial(self._call, "batch_get_item"), self._table, keys, self._sleep)
        found = {item["pk"]["S"]: tuple(one["S"] for one in item["items"]["L"]) for item in items}
        # Previous generation first, so that the current one has the last word.
        return {names[name]: found[name] for name in reversed(names) if name in found}

    def kept_until(self, file: ResultFile) -> int | None:
        return min((int(item["expires"]["N"]) for item in self._files_of(file)), default=None)

    def _files_of(self, file: ResultFile) -> Iterator[Json]:
        request: Json = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
            "ExpressionAttributeValues": {":pk": {"S": file.provider}, ":sk": {"S": f"file#{file.generation}#"}},
            "ConsistentRead": True,
        }
        while True:
            answer = self._call("query", **request)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

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
            self._client.put_item(TableName=self._table, Item={**key, **item}, **condition)
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == LOST_RACE:
                raise Conflict("something else serves by now") from error
            raise translated(error, "DynamoDB PutItem") from error

    def _get(self, partition: str, sort_key: str) -> Json:
        key = {"pk": {"S": partition}, "sk": {"S": sort_key}}
        return self._call("get_item", TableName=self._table, Key=key, ConsistentRead=True)

    def _call(self, operation: str, **request: Any) -> Any:
        return call(self._client, "DynamoDB", operation, **request)

    def _expires(self) -> Json:
        return {"N": str(int(self._now()) + KEEP_DAYS * DAY)}


def _file_key(file: ResultFile, key: str) -> str:
    return f"file#{file.generation}#{hashlib.sha256(key.encode()).hexdigest()[:32]}"
