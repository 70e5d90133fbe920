"""Dataset groups, datasets and event trackers: the places where data comes together."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from personalize.local_service.avro_schema import REQUIRED, check_for_dataset
from personalize.local_service.dataset_rows import DatasetRows
from personalize.local_service.errors import already_exists, in_use, invalid_input
from personalize.local_service.kinds import DATASET, DATASET_GROUP, EVENT_TRACKER, SCHEMA
from personalize.local_service.operations.tags import tags_of
from personalize.local_service.store import Resource

if TYPE_CHECKING:
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]


def create_dataset_group(service: Service, caller: Caller, request: Json) -> Json:
    if ("kmsKeyArn" in request) != ("roleArn" in request):
        raise invalid_input("kmsKeyArn and roleArn go together: give both or none.")
    if "roleArn" in request:
        service.demand_role(caller, request["roleArn"])
    arn = caller.arn(DATASET_GROUP.path, request["name"])
    kept = ("name", "roleArn", "kmsKeyArn", "domain")
    body = {"datasetGroupArn": arn, **{name: request.get(name) for name in kept}}
    with service.store.lock:
        if service.store.find(arn) is None:
            service.check_quota("dataset_groups", DATASET_GROUP)
        resource = Resource(DATASET_GROUP, arn, body, tags=tags_of(service, request))
        service.start("CreateDatasetGroup", resource)
    return {"datasetGroupArn": arn, "domain": request.get("domain")}


def create_dataset(service: Service, caller: Caller, request: Json) -> Json:
    kind = request["datasetType"].upper()
    if kind not in REQUIRED:
        raise invalid_input(f"datasetType {request['datasetType']} is not one of {', '.join(REQUIRED)}.")
    with service.store.lock:
        group = service.store.ready(request["datasetGroupArn"], DATASET_GROUP)
        schema = service.store.get(request["schemaArn"], SCHEMA)
        check_for_dataset(schema.content, kind)
        arn = caller.arn(DATASET.path, f"{group.body['name']}/{kind}")
        taken = [d for d in service.store.of_kind(DATASET) if d.body["name"] == request["name"] and d.arn != arn]
        if taken:
            raise already_exists("dataset", taken[0].arn)
        body = {
            "datasetArn": arn, "name": request["name"], "datasetType": kind, "datasetGroupArn": group.arn,
            "schemaArn": schema.arn,
        }  # fmt: skip
        parents = {"datasetGroupArn": group.arn, "schemaArn": schema.arn}
        resource = Resource(DATASET, arn, body, parents, DatasetRows(schema.content), tags_of(service, request))
        service.start("CreateDataset", resource)
    return {"datasetArn": arn}


def update_dataset(service: Service, caller: Caller, request: Json) -> Json:
    """Only nullable fields may be added; the rows stay."""
    with service.store.lock:
        dataset = service.store.ready(request["datasetArn"], DATASET)
        schema = service.store.get(request["schemaArn"], SCHEMA)
        check_for_dataset(schema.content, dataset.body["datasetType"])
        old = {field.name: field for field in dataset.content.schema.fields}
        new = {field.name: field for field in schema.content.fields}
        if any(new.get(name) != field for name, field in old.items()):
            raise invalid_input("The new schema must keep every field of the old one as it is.")
        if any(not field.nullable for name, field in new.items() if name not in old):
            raise invalid_input("Fields that the new schema adds must be nullable.")
        if dataset.body.get("latestDatasetUpdate", {}).get("status", "ACTIVE") not in ("ACTIVE", "CREATE FAILED"):
            raise in_use(f"dataset {dataset.arn} is being updated.")
        update: Json = {"schemaArn": schema.arn}
        update["creationDateTime"] = update["lastUpdatedDateTime"] = dataset.body["lastUpdatedDateTime"]
        dataset.body["latestDatasetUpdate"] = update

        def switch() -> None:
            dataset.body["schemaArn"] = dataset.parents["schemaArn"] = schema.arn
            dataset.content.schema = schema.content

        failure = service.settings.take_failure("UpdateDataset")
        service.lifecycle.create(update, failure=failure, done=switch)
    return {"datasetArn": dataset.arn}


def create_event_tracker(service: Service, caller: Caller, request: Json) -> Json:
    with service.store.lock:
        group = service.store.ready(request["datasetGroupArn"], DATASET_GROUP)
        for tracker in service.store.of_kind(EVENT_TRACKER):
            if tracker.body["name"] == request["name"] and f":{caller.region}:" in tracker.arn:
                raise already_exists("event tracker", tracker.arn)
        service.check_quota("event_trackers_per_group", EVENT_TRACKER, datasetGroupArn=group.arn)
        arn = caller.arn(EVENT_TRACKER.path, uuid.uuid4().hex[:8])
        body = {
            "eventTrackerArn": arn, "name": request["name"], "trackingId": str(uuid.uuid4()),
            "accountId": arn.split(":")[4], "datasetGroupArn": group.arn,
        }  # fmt: skip
        resource = Resource(EVENT_TRACKER, arn, body, {"datasetGroupArn": group.arn}, tags=tags_of(service, request))
        service.start("CreateEventTracker", resource)
    return {"eventTrackerArn": arn, "trackingId": body["trackingId"]}


OPERATIONS: dict[str, Operation] = {
    "CreateDatasetGroup": create_dataset_group,
    "CreateDataset": create_dataset,
    "UpdateDataset": update_dataset,
    "CreateEventTracker": create_event_tracker,
}
