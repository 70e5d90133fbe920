"""Batch segment jobs: the users who will like an item, or items with some attributes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from personalize.local_service.batch_files import LineError, guarded, paths_of, run_batch, text_of
from personalize.local_service.errors import invalid_input
from personalize.local_service.filter_language import comparisons, parse_condition
from personalize.local_service.kinds import BATCH_SEGMENT_JOB, SOLUTION_VERSION
from personalize.local_service.operations.filters import datasets_of
from personalize.local_service.operations.recommendations import DEFAULT_RESULTS
from personalize.local_service.operations.tags import tags_of
from personalize.local_service.recipe_table import SEGMENTS
from personalize.local_service.store import Resource
from personalize.local_service.training import Trained

if TYPE_CHECKING:
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]
MOST_USERS = 5_000_000
BY_ATTRIBUTE = "aws-item-attribute-affinity"


class BatchSegmenter:
    """Answers lines with an ``itemId``, or with ``itemAttributes`` such as ``ITEMS.genre = "Comedy"``."""

    def __init__(self, service: Service, version: Resource, count: int) -> None:
        self._service = service
        self._trained: Trained = version.content
        self._group = version.parents["datasetGroupArn"]
        self._count = count

    def answer(self, lines: list[Json]) -> Iterable[Json | LineError]:
        groups = [guarded(self._items_of, line) for line in lines]
        wanted = [group["items"] for group in groups if not isinstance(group, LineError)]
        users = iter(self._trained.model.users_for(wanted, self._count))
        for line, group in zip(lines, groups, strict=True):
            if isinstance(group, LineError):
                yield group
            else:
                output = {"recommendedUsers": next(users)}
                by_attribute = self._trained.recipe.name == BY_ATTRIBUTE
                yield {**(line if by_attribute else {"input": line}), "output": output}

    def _items_of(self, line: Json) -> Json:
        import numpy as np

        model = self._trained.model
        if self._trained.recipe.name == BY_ATTRIBUTE:
            return {"items": np.flatnonzero(self._with_attributes(text_of(line, "itemAttributes")))}
        row = model.item_row(text_of(line, "itemId"))
        if row is None:
            raise LineError("the item is not known")
        return {"items": np.array([row])}

    def _with_attributes(self, expression: str) -> Any:
        from personalize.local_service.filter_evaluation import items_with

        condition = parse_condition(expression)
        items = datasets_of(self._service, self._group).get("ITEMS")
        if items is None or {c.dataset for c in comparisons(condition)} != {"ITEMS"}:
            raise LineError("itemAttributes must be about columns of the ITEMS dataset")
        unknown = [c.column for c in comparisons(condition) if items.schema.field(c.column) is None]
        if unknown:
            raise LineError(f"the ITEMS dataset has no column {unknown[0]}")
        return items_with(condition, self._trained.model.item_ids, items)


def create_batch_segment_job(service: Service, caller: Caller, request: Json) -> Json:
    count = request.get("numResults", DEFAULT_RESULTS)
    if not 1 <= count <= MOST_USERS:
        raise invalid_input(f"numResults is {count}; it must be from 1 to {MOST_USERS:,}.")
    if "filterArn" in request:
        raise invalid_input("The local Personalize takes no filters in batch segment jobs.")
    source, destination = paths_of(request)
    service.demand_role(caller, request["roleArn"])
    arn = caller.arn(BATCH_SEGMENT_JOB.path, request["jobName"])
    kept = ("jobName", "solutionVersionArn", "jobInput", "jobOutput", "roleArn")
    body = {"batchSegmentJobArn": arn, "numResults": count, **{name: request[name] for name in kept}}
    with service.store.lock:
        version = service.store.ready(request["solutionVersionArn"], SOLUTION_VERSION)
        if version.content.recipe.type != SEGMENTS:
            raise invalid_input(f"The recipe {version.content.recipe.arn} can't be used for batch segments.")
        if service.store.find(arn) is None:
            service.check_quota("pending_batch_segment_jobs", BATCH_SEGMENT_JOB, pending=True)
        parents = {"solutionVersionArn": version.arn, "solutionArn": version.parents["solutionArn"]}
        job = Resource(BATCH_SEGMENT_JOB, arn, body, parents, tags=tags_of(service, request))
        segmenter, files = BatchSegmenter(service, version, count), service.files(caller)
        service.start("CreateBatchSegmentJob", job, lambda: run_batch(files, source, destination, segmenter.answer))
    return {"batchSegmentJobArn": arn}


OPERATIONS: dict[str, Operation] = {"CreateBatchSegmentJob": create_batch_segment_job}
