"""The audience's four kinds of records as items of the endpoints table (hash ``pk``, range ``sk``).

==========  ==========================  ===========  =====================================================
record      pk                          sk           body (JSON text)
==========  ==========================  ===========  =====================================================
endpoint    <app>#endpoints#<shard>     endpoint id  the endpoint's document; user attributes only without a user
user        <app>#user#<user id>        user         attributes, endpoint ids
address     <app>#address#<sha-256>     address      id of the active endpoint
names       <app>#names                 names        every attribute name in use
==========  ==========================  ===========  =====================================================

``revision`` is a number beside the body; every write is made under the condition that it is still the one read. Users
and addresses lie in the same table and not in an index, because an index is never read-your-writes.
"""

from __future__ import annotations

import json
from typing import Any

from engagement.domain.endpoint import SHARDS, Endpoint, endpoint_document, endpoint_from_document, shard_of
from engagement.domain.endpoint_merge import AddressOwner, AttributeNames, Key, Record, User

Item = dict[str, dict[str, str]]


def item_key(app_id: str, key: Key) -> Item:
    kind, name = key
    if kind == "endpoint":
        return {"pk": {"S": shard_key(app_id, shard_of(name, SHARDS))}, "sk": {"S": name}}
    suffix = f"#{name}" if name else ""
    return {"pk": {"S": f"{app_id}#{kind}{suffix}"}, "sk": {"S": kind}}


def shard_key(app_id: str, shard: int) -> str:
    return f"{app_id}#endpoints#{shard:02d}"


def record_key(app_id: str, item: Item) -> Key:
    """The record key of an item: the inverse of ``item_key``."""
    kind, _, name = item["pk"]["S"].removeprefix(f"{app_id}#").partition("#")
    return ("endpoint", item["sk"]["S"]) if kind == "endpoints" else (kind, name)


def record_item(app_id: str, key: Key, record: Record) -> Item:
    body = json.dumps(_body(record), ensure_ascii=False, separators=(",", ":"))
    return {**item_key(app_id, key), "revision": {"N": str(record.revision)}, "body": {"S": body}}


def item_record(app_id: str, item: Item) -> Record:
    kind, name = record_key(app_id, item)
    revision, body = int(item["revision"]["N"]), json.loads(item["body"]["S"])
    if kind == "endpoint":
        return endpoint_from_document(body, revision=revision)
    if kind == "user":
        return User(name, body["Attributes"], tuple(body["EndpointIds"]), revision)
    if kind == "address":
        return AddressOwner(name, body["EndpointId"], revision)
    return AttributeNames(frozenset(body["Names"]), revision)


def _body(record: Record) -> dict[str, Any]:
    if isinstance(record, Endpoint):
        return endpoint_document(record)
    if isinstance(record, User):
        attributes = {name: list(values) for name, values in record.attributes.items()}
        return {"Attributes": attributes, "EndpointIds": list(record.endpoint_ids)}
    if isinstance(record, AddressOwner):
        return {"EndpointId": record.endpoint_id}
    return {"Names": sorted(record.names)}
