"""The events API: interactions, items and users put one by one."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from personalize.local_service.avro_schema import Field, Schema
from personalize.local_service.errors import ServiceError, in_use, invalid_input, not_found
from personalize.local_service.kinds import DATASET, EVENT_TRACKER

if TYPE_CHECKING:
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]
PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "boolean": (bool,), "int": (int,), "long": (int,), "float": (int, float), "double": (int, float),
}  # fmt: skip


@dataclass
class Heard:
    """What a tracker keeps: rows of sessions whose user is not known yet, and the ids of the events so far."""

    sessions: dict[str, list[Json]] = field(default_factory=lambda: defaultdict(list))
    event_ids: set[str] = field(default_factory=set)

    def new(self, events: list[Json], rows: list[Json]) -> list[Json]:
        """The rows of events whose id was not heard before: the service learns from the first one of an id only."""
        found = []
        for event, row in zip(events, rows, strict=True):
            event_id = event.get("eventId")
            if event_id is None or event_id not in self.event_ids:
                found.append(row)
            if event_id is not None:
                self.event_ids.add(event_id)
        return found


def put_events(service: Service, caller: Caller, request: Json) -> Json:
    """What an anonymous session did is kept until the session's user is known."""
    with service.store.lock:
        tracker = next(
            (t for t in service.store.of_kind(EVENT_TRACKER) if t.body["trackingId"] == request["trackingId"]), None
        )
        if tracker is None or tracker.status != "ACTIVE":
            raise invalid_input("The trackingId does not belong to an active event tracker.")
        dataset = _interactions(service, tracker.parents["datasetGroupArn"])
        rows = [_event_row(event, dataset.content.schema) for event in request["eventList"]]
        if tracker.content is None:
            tracker.content = Heard()
        rows = tracker.content.new(request["eventList"], rows)
        sessions = tracker.content.sessions
        if "userId" not in request:
            sessions[request["sessionId"]] += rows
            return {}
        rows = sessions.pop(request["sessionId"], []) + rows
        dataset.content.put([{**row, "USER_ID": request["userId"]} for row in rows if row["ITEM_ID"] is not None])
    return {}


def _interactions(service: Service, group: str) -> Any:
    for dataset in service.store.of_kind(DATASET, datasetGroupArn=group):
        if dataset.body["datasetType"] == "INTERACTIONS" and dataset.status == "ACTIVE":
            return dataset
    raise invalid_input("The event tracker's dataset group has no active INTERACTIONS dataset.")


def _event_row(event: Json, schema: Schema) -> Json:
    row = _properties(event.get("properties"), schema)
    row["ITEM_ID"] = event.get("itemId")
    row["TIMESTAMP"] = _seconds(event["sentAt"])
    row["EVENT_TYPE"] = event["eventType"]
    row["EVENT_VALUE"] = event.get("eventValue")
    row["RECOMMENDATION_ID"] = event.get("recommendationId")
    row["IMPRESSION"] = "|".join(event["impression"]) if event.get("impression") else None
    return row


def _seconds(moment: Any) -> int:
    try:
        return int(moment) if not isinstance(moment, str) else int(datetime.fromisoformat(moment).timestamp())
    except ValueError:
        raise invalid_input(f"sentAt {moment!r} is not a point in time.") from None


def put_items(service: Service, caller: Caller, request: Json) -> Json:
    return _put(service, request, "ITEMS", "ITEM_ID", [(i["itemId"], i.get("properties")) for i in request["items"]])


def put_users(service: Service, caller: Caller, request: Json) -> Json:
    return _put(service, request, "USERS", "USER_ID", [(u["userId"], u.get("properties")) for u in request["users"]])


def _put(service: Service, request: Json, kind: str, key: str, entries: list[tuple[str, Any]]) -> Json:
    with service.store.lock:
        dataset = service.store.find(request["datasetArn"])
        if dataset is None or dataset.kind is not DATASET:
            raise not_found(request["datasetArn"])
        if dataset.status != "ACTIVE":
            raise in_use(f"dataset {dataset.arn} is in status {dataset.status}.")
        if dataset.body["datasetType"] != kind:
            raise invalid_input(f"{dataset.arn} is not a dataset of type {kind}.")
        rows = [{**_properties(text, dataset.content.schema), key: value} for value, text in entries]
        required = [f.name for f in dataset.content.schema.fields if not f.nullable]
        for row in rows:
            missing = [name for name in required if row.get(name) is None]
            if missing:
                raise invalid_input(f"properties of {row[key]} lack a value for {missing[0]}.")
        dataset.content.put(rows)
    return {}


def _properties(text: Any, schema: Schema) -> Json:
    """``{"itemPrice": 5}`` fills the column ITEM_PRICE; each value has the type that the schema says."""
    if text is None:
        return {}
    try:
        given = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise invalid_input("properties must be a JSON object in a string.")
    row: Json = {}
    for name, value in given.items():
        field = schema.field(_column(name)) or schema.field(name)
        if field is None:
            raise invalid_input(f"properties name {name}, and the schema has no column {_column(name)}.")
        row[field.name] = _checked(field, value)
    return row


def _column(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def _checked(field: Field, value: Any) -> Any:
    if value is None and field.nullable:
        return None
    if not isinstance(value, PYTHON_TYPES[field.type]) or (isinstance(value, bool) and field.type != "boolean"):
        raise ServiceError("InvalidInputException", f"The value of {field.name} must be a {field.type}.")
    return str(value).lower() if isinstance(value, bool) else value


OPERATIONS: dict[str, Operation] = {"PutEvents": put_events, "PutItems": put_items, "PutUsers": put_users}
