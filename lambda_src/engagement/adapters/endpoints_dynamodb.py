"""The audience in DynamoDB: the rules of domain/endpoint_merge.py under optimistic locking."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from engagement.adapters.aws_client import aws_client, translated
from engagement.adapters.backoff import pause_seconds
from engagement.adapters.dynamodb_batches import delete_items
from engagement.adapters.endpoint_items_dynamodb import item_key, item_record, record_item, record_key, shard_key
from engagement.domain.endpoint import SHARDS, Endpoint, EndpointUpdate, UpdateOutcome, with_user_attributes
from engagement.domain.endpoint_merge import Key, Record, keys_of, merge, records_beside, remove
from engagement.domain.update_groups import independent_groups
from engagement.errors import TooManyRequests, Unavailable

BATCH_READ, TRANSACTION = 100, 100
Numbered = Sequence[tuple[int, EndpointUpdate]]
WINDOW = 100  # updates that are read together and written in as few transactions as they fit in
WORKERS = 8
ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 0.03
LONGEST_PAUSE_SECONDS = 2.0


class _NotLoaded(Exception):
    def __init__(self, key: Key) -> None:
        super().__init__(key)
        self.key = key


class _View:
    """Records read so far, with the changes planned so far on top. Asking for one that was not read is an error."""

    def __init__(self, loaded: Mapping[Key, Record | None]) -> None:
        self.records = dict(loaded)

    def get(self, key: Key) -> Any:
        try:
            return self.records[key]
        except KeyError:
            raise _NotLoaded(key) from None


@dataclass
class _Transaction:
    """Changes to write together, the revision that each record must still have, the outcomes that then hold."""

    changes: dict[Key, Record | None] = field(default_factory=dict)
    expected: dict[Key, int | None] = field(default_factory=dict)
    outcomes: dict[int, UpdateOutcome] = field(default_factory=dict)


class DynamoEndpoints:
    """ports.Endpoints. Reads are strongly consistent; conflicts and throttling are retried ATTEMPTS times."""

    shards = SHARDS

    def __init__(
        self, *, table: str, client: Any = None, sleep: Callable[[float], None] = time.sleep, workers: int = WORKERS
    ) -> None:
        self._table, self._given, self._sleep, self._workers = table, client, sleep, workers

    @cached_property
    def _client(self) -> Any:
        return self._given or aws_client("dynamodb")

    def get(self, app_id: str, endpoint_id: str) -> Endpoint | None:
        return self.get_many(app_id, [endpoint_id]).get(endpoint_id)

    def get_many(self, app_id: str, endpoint_ids: Sequence[str]) -> dict[str, Endpoint]:
        found = self._load(app_id, [("endpoint", endpoint_id) for endpoint_id in endpoint_ids])
        endpoints = [record for record in found.values() if isinstance(record, Endpoint)]
        return {endpoint.id: endpoint for endpoint in self._joined(app_id, endpoints)}

    def of_user(self, app_id: str, user_id: str) -> list[Endpoint]:
        return self.of_users(app_id, [user_id]).get(user_id, [])

    def of_users(self, app_id: str, user_ids: Sequence[str]) -> dict[str, list[Endpoint]]:
        """The endpoints of those users that exist."""
        users = {name: user for (_, name), user in self._load(app_id, [("user", u) for u in user_ids]).items() if user}
        endpoints = self.get_many(app_id, [one for user in users.values() for one in user.endpoint_ids])
        return {name: [endpoints[i] for i in user.endpoint_ids if i in endpoints] for name, user in users.items()}

    def apply(
        self, app_id: str, updates: Sequence[EndpointUpdate], now: datetime, *, together: bool = False
    ) -> list[UpdateOutcome]:
        """Updates that name the same endpoint, user or address are applied in order; others side by side."""
        outcomes: dict[int, UpdateOutcome] = {}
        if len(updates) <= WINDOW or self._workers == 1:
            self._apply(app_id, list(enumerate(updates)), now, outcomes, together)
        else:
            groups = independent_groups(updates, self._workers)
            with ThreadPoolExecutor(self._workers) as pool:
                jobs = [pool.submit(self._apply, app_id, group, now, outcomes) for group in groups]
            for job in jobs:
                job.result()
        return [outcomes[n] for n in range(len(updates))]

    def delete(self, app_id: str, endpoint_id: str) -> Endpoint | None:
        for attempt in range(ATTEMPTS):
            self._pause(attempt)
            loaded = self._load(app_id, [("endpoint", endpoint_id)])
            while True:
                try:
                    endpoint, changes = remove(_View(loaded), endpoint_id, datetime.now(UTC))
                    break
                except _NotLoaded as missing:
                    loaded.update(self._load(app_id, [missing.key]))
            if not changes or self._written(app_id, _Transaction(dict(changes), _revisions(loaded, changes))):
                return endpoint
        raise Unavailable(f"endpoint {endpoint_id[:50]} is being changed by others all the time; try again")

    def scan(self, app_id: str, shard: int, *, after: str | None = None) -> Iterator[Endpoint]:
        request = self._query_of(app_id, shard)
        if after is not None:
            request["KeyConditionExpression"] += " AND sk > :after"
            request["ExpressionAttributeValues"][":after"] = {"S": after}
        while True:
            answer = self._call("query", **request)
            records = [item_record(app_id, item) for item in answer["Items"]]
            yield from self._joined(app_id, [record for record in records if isinstance(record, Endpoint)])
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def remove_some(self, app_id: str, shard: int, *, limit: int = 500) -> int:
        answer = self._call("query", **self._query_of(app_id, shard), Limit=limit)
        keys = [record_key(app_id, item) for item in answer["Items"]]
        found = [item_record(app_id, item) for item in answer["Items"]]
        beside = {key for record in found if isinstance(record, Endpoint) for key in records_beside(record)}
        beside.add(("names", ""))
        for together in (beside, keys):  # the endpoints last: they say what else there is to remove
            delete_items(
                partial(self._call, "batch_write_item"),
                self._table,
                [item_key(app_id, key) for key in sorted(together)],
                self._sleep,
            )
        return len(keys)

    def _query_of(self, app_id: str, shard: int) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": shard_key(app_id, shard)}},
        }

    def _apply(
        self,
        app_id: str,
        numbered: Numbered,
        now: datetime,
        outcomes: dict[int, UpdateOutcome],
        together: bool = False,
    ) -> None:
        """Read, merge and write window by window; after a conflict, what was not written is read and merged again."""
        position = attempt = 0
        while position < len(numbered):
            self._pause(attempt)
            window = numbered[position : position + WINDOW]
            attempt += 1
            transactions = self._planned(app_id, window, now)
            if together and any(one.refusal for planned in transactions for one in planned.outcomes.values()):
                transactions = [_Transaction(outcomes=planned.outcomes) for planned in transactions]
            for transaction in transactions:
                if not self._written(app_id, transaction):
                    break
                outcomes.update(transaction.outcomes)
                position += len(transaction.outcomes)
                attempt = 0
            if attempt == ATTEMPTS:
                raise Unavailable("these endpoints are being changed by others all the time; try again")

    def _planned(self, app_id: str, window: Numbered, now: datetime) -> list[_Transaction]:
        loaded = self._load(app_id, (key for _, update in window for key in keys_of(update)))
        while True:
            transactions, missing = _transactions(app_id, window, loaded, now)
            if not missing:
                return transactions
            loaded.update(self._load(app_id, missing))

    def _written(self, app_id: str, transaction: _Transaction) -> bool:
        """Whether the transaction went through; False when somebody else was faster, or the table asks for a pause."""
        writes = [
            self._write(app_id, key, record, transaction.expected[key]) for key, record in transaction.changes.items()
        ]
        if not writes:
            return True
        try:
            if len(writes) == 1:
                ((kind, request),) = writes[0].items()
                operation = self._client.put_item if kind == "Put" else self._client.delete_item
                operation(**request)
            else:
                self._client.transact_write_items(TransactItems=writes)
            return True
        except (BotoCoreError, ClientError) as error:
            if _is_conflict(error):
                return False
            problem = translated(error, "DynamoDB write of endpoints")
            if isinstance(problem, TooManyRequests):
                return False
            raise problem from error

    def _write(self, app_id: str, key: Key, record: Record | None, expected: int | None) -> dict[str, Any]:
        condition: dict[str, Any] = {"TableName": self._table, "ConditionExpression": "attribute_not_exists(pk)"}
        if expected is not None:
            condition["ConditionExpression"] = "revision = :revision"
            condition["ExpressionAttributeValues"] = {":revision": {"N": str(expected)}}
        if record is None:
            return {"Delete": {"Key": item_key(app_id, key), **condition}}
        return {"Put": {"Item": record_item(app_id, key, record), **condition}}

    def _load(self, app_id: str, keys: Iterable[Key]) -> dict[Key, Any]:
        """Records by key, None for those that do not exist."""
        found: dict[Key, Any] = dict.fromkeys(keys)
        wanted = iter(list(found))
        while chunk := [item_key(app_id, key) for key in islice(wanted, BATCH_READ)]:
            for attempt in range(ATTEMPTS):
                self._pause(attempt)
                try:
                    request = {self._table: {"Keys": chunk, "ConsistentRead": True}}
                    answer = self._call("batch_get_item", RequestItems=request)
                except TooManyRequests:
                    continue
                for item in answer["Responses"].get(self._table, []):
                    found[record_key(app_id, item)] = item_record(app_id, item)
                chunk = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
                if not chunk:
                    break
            else:
                raise Unavailable(f"{len(chunk)} records of the audience could not be read now; try again")
        return found

    def _joined(self, app_id: str, endpoints: Sequence[Endpoint]) -> Iterator[Endpoint]:
        """The endpoints with the attributes of their users."""
        users = self._load(
            app_id, (("user", endpoint.user_id) for endpoint in endpoints if endpoint.user_id is not None)
        )
        for endpoint in endpoints:
            user = users.get(("user", endpoint.user_id or ""))
            if endpoint.user_id is None:
                yield endpoint
            else:
                yield with_user_attributes(endpoint, user.attributes if user else {})

    def _call(self, operation: str, **request: Any) -> Any:
        try:
            return getattr(self._client, operation)(**request)
        except (BotoCoreError, ClientError) as error:
            raise translated(error, f"DynamoDB {operation}") from error

    def _pause(self, attempt: int) -> None:
        if attempt:
            self._sleep(pause_seconds(FIRST_PAUSE_SECONDS, attempt, least=0.2, longest=LONGEST_PAUSE_SECONDS))


def _transactions(
    app_id: str, window: Numbered, loaded: Mapping[Key, Any], now: datetime
) -> tuple[list[_Transaction], set[Key]]:
    """The window's updates merged in order and cut into transactions; or the keys that have to be read first."""
    view, missing = _View(loaded), set()
    transactions = [_Transaction()]
    for number, update in window:
        try:
            merged = merge(view, app_id, update, now)
        except _NotLoaded as unread:
            missing.add(unread.key)
            continue
        current = transactions[-1]
        if len(current.changes.keys() | merged.changes.keys()) > TRANSACTION:
            current = _Transaction()
            transactions.append(current)
        for key, revision in _revisions(view.records, merged.changes).items():
            current.expected.setdefault(key, revision)
        current.changes.update(merged.changes)
        current.outcomes[number] = merged.outcome
        view.records.update(merged.changes)
    return transactions, missing


def _revisions(records: Mapping[Key, Any], keys: Iterable[Key]) -> dict[Key, int | None]:
    """The revision that each record has now, None for those that do not exist."""
    return {key: records[key].revision if records[key] is not None else None for key in keys}


def _is_conflict(error: Exception) -> bool:
    """Whether another write came between: of the same records, or at the same moment."""
    if not isinstance(error, ClientError):
        return False
    code = error.response["Error"]["Code"]
    if code in ("ConditionalCheckFailedException", "TransactionConflictException"):
        return True
    if code != "TransactionCanceledException":
        return False
    reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])} - {"None", None}
    return bool(reasons) and reasons <= {
        "ConditionalCheckFailed",
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    }
