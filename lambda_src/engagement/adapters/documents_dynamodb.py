"""Documents in DynamoDB, in the engagement table.

::

    pk <collection>                sk <id>               the latest version: version, highest, revision, body
    pk <collection>#versions#<id>  sk <0000000007>       an older version, as it was the latest
    pk <collection>#parts#<id>     sk <token>#<001>      a part of a body that is too large for one item

``highest`` is the highest version number ever used, so that none is used twice. ``revision`` begins anywhere and counts
writes: a document that was deleted and made anew never passes for the one that was read.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import chain, islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from engagement.adapters.aws_client import aws_client, translated
from engagement.adapters.document_body import pack, token_of, unpack
from engagement.errors import BadRequest, Conflict, EngagementError, NotFound, Unavailable
from engagement.ports import Document, Json, Page

Item = dict[str, Any]
MAX_PARTITION_KEY, MAX_SORT_KEY = 2048, 1024  # bytes
ATTEMPTS = 5
FIRST, LAST = "\x00", "\U0010ffff"  # sort before and behind every sort key in use
LOST_RACE = frozenset(
    {
        "ConditionalCheckFailed",
        "ConditionalCheckFailedException",
        "TransactionConflict",
        "TransactionConflictException",
    }
)


class DynamoDocuments:
    def __init__(self, *, table: str, client: Any = None) -> None:
        self._table, self._given = table, client

    @cached_property
    def _client(self) -> Any:
        return self._given or aws_client("dynamodb")

    def create(self, collection: str, document_id: str, body: Json) -> Document:
        revision = secrets.randbelow(1 << 31)
        with self._parts(collection, document_id, body) as packed:
            item = _latest_item(collection, document_id, (1, 1, revision), packed)
            self._call("put_item", Item=item, ConditionExpression="attribute_not_exists(pk)")
        return Document(document_id, body, 1, revision)

    def get(self, collection: str, document_id: str, version: int | None = None) -> Document | None:
        for _ in range(ATTEMPTS):
            item = self._item(collection, document_id)
            if item is not None and version is not None and version != _integer(item, "version"):
                item = self._item(f"{collection}#versions#{document_id}", _number(version))
            if item is None:
                return None
            document = self._document(collection, document_id, item)
            if document is not None:
                return document
        raise Unavailable(f"{collection}/{document_id} was replaced each time it was read")

    def put(self, collection: str, document: Document, *, new_version: bool = False) -> Document:
        before = self._current(collection, document)
        version, highest, revision = _integer(before, "version"), _integer(before, "highest"), document.revision + 1
        if new_version:
            version = highest = highest + 1
        with self._parts(collection, document.id, document.body) as packed:
            item = _latest_item(collection, document.id, (version, highest, revision), packed)
            if new_version:
                older = {**before, **_key(f"{collection}#versions#{document.id}", _number(_integer(before, "version")))}
                self._transact({"Put": _if_current(document, Item=item)}, {"Put": {"Item": older}})
            else:
                self._call("put_item", **_if_current(document, Item=item))
        if not new_version:
            self._delete_parts(collection, document.id, {token_of(before)})
        return Document(document.id, document.body, version, revision)

    def remove_version(self, collection: str, latest: Document, version: int, body: Json) -> Document:
        before = self._current(collection, latest)
        left, partition = _integer(before, "version"), f"{collection}#versions#{latest.id}"
        if version == left:
            removed = next(self._query(partition, descending=True, limit=1), None)
        else:
            removed = self._item(partition, _number(version))
        if removed is None:
            raise Conflict(f"{collection}/{latest.id} has no version {version} that could be removed")
        if version == left:
            left = _integer(removed, "version")
        numbers = (left, _integer(before, "highest"), latest.revision + 1)
        with self._parts(collection, latest.id, body) as packed:
            item = _latest_item(collection, latest.id, numbers, packed)
            gone = {"Key": {"pk": removed["pk"], "sk": removed["sk"]}, "ConditionExpression": "attribute_exists(pk)"}
            self._transact({"Put": _if_current(latest, Item=item)}, {"Delete": gone})
        self._delete_parts(collection, latest.id, {token_of(before), token_of(removed)})
        return Document(latest.id, body, left, latest.revision + 1)

    def delete(self, collection: str, document_id: str) -> Document | None:
        """Old versions go first: after a crash the document is still there, and can be deleted again."""
        tokens: set[str | None] = set()
        for _ in range(ATTEMPTS):
            document = self.get(collection, document_id)
            if document is None:
                return None
            older = list(self._query(f"{collection}#versions#{document_id}"))
            tokens |= {token_of(item) for item in older}
            self._delete_items(older)
            try:
                request = _if_current(document, Key=_key(collection, document_id), ReturnValues="ALL_OLD")
                tokens.add(token_of(self._call("delete_item", **request)["Attributes"]))
            except Conflict:
                continue
            self._delete_parts(collection, document_id, tokens)
            return document
        raise Conflict(f"{collection}/{document_id} is being changed by others all the time")

    def list(self, collection: str, *, after: str | None = None, limit: int = 100) -> Page:
        items = list(islice(self._query(collection, above=after, limit=limit + 1), limit + 1))
        found = [self._loaded(collection, item["sk"]["S"], item) for item in items[:limit]]
        last = items[limit - 1]["sk"]["S"] if len(items) > limit else None
        return Page([document for document in found if document is not None], last)

    def versions(self, collection: str, document_id: str, *, after: str | None = None, limit: int = 100) -> Page:
        latest = self._item(collection, document_id)
        if latest is None:
            return Page([])
        below = int(after) if after is not None else _integer(latest, "version") + 1
        older = self._query(
            f"{collection}#versions#{document_id}", below=_number(below), descending=True, limit=limit + 1
        )
        known = chain([latest] if _integer(latest, "version") < below else [], older)
        items = list(islice(known, limit + 1))
        found = [self._loaded(collection, document_id, item) for item in items[:limit]]
        last = str(_integer(items[limit - 1], "version")) if len(items) > limit else None
        return Page([document for document in found if document is not None], last)

    def _current(self, collection: str, document: Document) -> Item:
        item = self._item(collection, document.id)
        if item is None or _integer(item, "revision") != document.revision:
            raise Conflict(f"{collection}/{document.id} was changed by somebody else")
        return item

    def _loaded(self, collection: str, document_id: str, item: Item) -> Document | None:
        """The document of an item from a listing; read again when it was replaced in between."""
        version = _integer(item, "version")
        return self._document(collection, document_id, item) or self.get(collection, document_id, version)

    def _document(self, collection: str, document_id: str, item: Item) -> Document | None:
        """None when the parts of the item are gone, because somebody replaced it."""
        token, parts = token_of(item), b""
        if token is not None:
            found = list(self._query(f"{collection}#parts#{document_id}", above=token, below=f"{token}~"))
            if len(found) != _integer(item, "parts"):
                return None
            parts = b"".join(part["packed"]["B"] for part in found)
        return Document(document_id, unpack(item, parts), _integer(item, "version"), _integer(item, "revision"))

    @contextmanager
    def _parts(self, collection: str, document_id: str, body: Json) -> Iterator[dict[str, Any]]:
        """Write the parts of a body, give its attributes, and take the parts back when the write lost its race."""
        packed = pack(body)
        for number, part in enumerate(packed.parts):
            key = _key(f"{collection}#parts#{document_id}", f"{packed.token}#{number:03d}")
            self._call("put_item", Item={**key, "packed": {"B": part}})
        try:
            yield packed.attributes
        except Conflict:
            self._delete_parts(collection, document_id, {packed.token})
            raise

    def _delete_parts(self, collection: str, document_id: str, tokens: Iterable[str | None]) -> None:
        for token in tokens:
            if token is not None:
                parts = self._query(f"{collection}#parts#{document_id}", above=token, below=f"{token}~")
                self._delete_items(list(parts))

    def _delete_items(self, items: Sequence[Item]) -> None:
        for item in items:
            self._call("delete_item", Key={"pk": item["pk"], "sk": item["sk"]})

    def _item(self, partition: str, sort: str) -> Item | None:
        if not _fits(partition, sort):
            return None
        return self._call("get_item", Key=_key(partition, sort), ConsistentRead=True).get("Item")

    def _query(
        self,
        partition: str,
        *,
        above: str | None = None,
        below: str | None = None,
        descending: bool = False,
        limit: int | None = None,
    ) -> Iterator[Item]:
        """Items of a partition with ``above`` < sk < ``below``; ``limit`` is how many are fetched at a time."""
        if not _fits(partition, "-"):
            return
        request: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":pk": {"S": partition},
                ":first": {"S": above or FIRST},
                ":last": {"S": below or LAST},
            },
            "ScanIndexForward": not descending,
            "ConsistentRead": True,
        }
        if limit is not None:
            request["Limit"] = limit + 1  # the bounds are inclusive, and ours are not
        while True:
            answer = self._call("query", **request)
            yield from (item for item in answer["Items"] if item["sk"]["S"] not in (above, below))
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _transact(self, *writes: dict[str, dict[str, Any]]) -> None:
        """All writes or none. Raises Conflict when a condition failed or somebody else writes at this moment."""
        items = [{kind: {"TableName": self._table, **write} for kind, write in one.items()} for one in writes]
        try:
            self._client.transact_write_items(TransactItems=items)
        except (BotoCoreError, ClientError) as error:
            raise _fault(error, "DynamoDB TransactWriteItems") from error

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        try:
            return getattr(self._client, operation)(TableName=self._table, **request)
        except (BotoCoreError, ClientError) as error:
            raise _fault(error, f"DynamoDB {operation}") from error


def _fault(error: BotoCoreError | ClientError, what: str) -> EngagementError:
    if isinstance(error, ClientError):
        reasons = {error.response["Error"]["Code"]}
        reasons |= {reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])}
        if reasons & LOST_RACE:
            return Conflict("the document was changed by somebody else at this moment; read it again")
    fault = translated(error, what)
    # A missing table or a request that it refuses is the engine's own fault, nothing that the caller could mend.
    return Unavailable(fault.message) if isinstance(fault, NotFound | BadRequest) else fault


def _latest_item(collection: str, document_id: str, numbers: tuple[int, int, int], body: Item) -> Item:
    """``numbers`` are version, highest version ever used, and revision."""
    if not _fits(f"{collection}#versions#{document_id}", document_id):
        raise BadRequest(f"an id of {len(document_id)} characters is too long, or empty")
    names = zip(("version", "highest", "revision"), numbers, strict=True)
    return {**_key(collection, document_id), **{name: {"N": str(number)} for name, number in names}, **body}


def _if_current(document: Document, **request: Any) -> dict[str, Any]:
    values = {":revision": {"N": str(document.revision)}}
    return {**request, "ConditionExpression": "revision = :revision", "ExpressionAttributeValues": values}


def _integer(item: Mapping[str, Any], name: str) -> int:
    return int(item[name]["N"])


def _number(version: int) -> str:
    return f"{version:010d}"


def _key(partition: str, sort: str) -> Item:
    return {"pk": {"S": partition}, "sk": {"S": sort}}


def _fits(partition: str, sort: str) -> bool:
    """Could there be an item with this key at all?"""
    return 0 < len(sort.encode()) <= MAX_SORT_KEY and len(partition.encode()) <= MAX_PARTITION_KEY
