"""Filters: created, checked against the group's schemas, and applied to a model's items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize.local_service.errors import ServiceError, invalid_input
from personalize.local_service.filter_language import Current, Filter, comparisons_of, parse_filter
from personalize.local_service.kinds import DATASET, DATASET_GROUP, FILTER
from personalize.local_service.operations.tags import tags_of
from personalize.local_service.store import Resource

if TYPE_CHECKING:
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]
SOURCES = {"CURRENT_USER": "USERS", "CURRENT_ITEM": "ITEMS"}


def create_filter(service: Service, caller: Caller, request: Json) -> Json:
    parsed = parse_filter(request["filterExpression"])
    arn = caller.arn(FILTER.path, request["name"])
    with service.store.lock:
        group = service.store.ready(request["datasetGroupArn"], DATASET_GROUP)
        _check_columns(service, group.arn, parsed)
        if service.store.find(arn) is None:
            service.check_quota("filters_per_group", FILTER, datasetGroupArn=group.arn)
        body = {"filterArn": arn, **{name: request[name] for name in ("name", "datasetGroupArn", "filterExpression")}}
        resource = Resource(FILTER, arn, body, {"datasetGroupArn": group.arn}, parsed, tags_of(service, request))
        service.start("CreateFilter", resource)
    return {"filterArn": arn}


def _check_columns(service: Service, group: str, parsed: Filter) -> None:
    schemas = {kind: rows.schema for kind, rows in datasets_of(service, group).items()}
    for statement in parsed.statements:
        for comparison in comparisons_of(statement):
            columns = [(comparison.dataset, comparison.column)]
            columns += [(o.entity, o.column) for o in comparison.operands if isinstance(o, Current)]
            for dataset, column in columns:
                kind = SOURCES.get(dataset, dataset)
                if kind not in schemas:
                    raise invalid_input(f"The filter names {kind}, and the dataset group has no such dataset.")
                if schemas[kind].field(column) is None:
                    raise invalid_input(f"The filter names the column {column}, which the schema of {kind} lacks.")


def datasets_of(service: Service, group: str) -> dict[str, Any]:
    """The rows of a group's datasets by type."""
    return {d.body["datasetType"]: d.content for d in service.store.of_kind(DATASET, datasetGroupArn=group)}


def filter_of(service: Service, arn: str, group: str) -> Filter:
    """Raises ResourceNotFound, or InvalidInput when it belongs to another dataset group or is not ready."""
    found = service.store.find(arn)
    if found is None or found.kind is not FILTER:
        raise ServiceError("ResourceNotFoundException", f"Filter {arn} does not exist.")
    if found.parents["datasetGroupArn"] != group:
        raise invalid_input(f"Filter {arn} belongs to another dataset group.")
    if found.status != "ACTIVE":
        raise invalid_input(f"Filter {arn} is in status {found.status}; it must be ACTIVE.")
    return found.content


def mask(
    service: Service, group: str, item_ids: list[str], *, filter_arn: str | None, values: Json | None,
    user_id: str | None, item_id: str | None = None,
) -> Any:  # fmt: skip
    """Which of ``item_ids`` pass, as an array of booleans; None when there is no filter."""
    if filter_arn is None:
        if values:
            raise invalid_input("filterValues is given without filterArn.")
        return None
    from personalize.local_service.filter_evaluation import Question, allowed_items, check_parameters

    parsed = filter_of(service, filter_arn, group)
    check_parameters(parsed, values or {})
    question = Question(datasets_of(service, group), user_id, item_id, values or {})
    return allowed_items(parsed, item_ids, question)


OPERATIONS: dict[str, Operation] = {"CreateFilter": create_filter}
