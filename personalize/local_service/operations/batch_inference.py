"""Batch inference jobs: recommendations for every line of a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from personalize.local_service.batch_files import LineError, guarded, paths_of, run_batch, text_of
from personalize.local_service.errors import invalid_input, not_served
from personalize.local_service.kinds import BATCH_INFERENCE_JOB, SOLUTION_VERSION
from personalize.local_service.operations.filters import filter_of, mask
from personalize.local_service.operations.recommendations import DEFAULT_RESULTS, MOST_RESULTS
from personalize.local_service.operations.tags import tags_of
from personalize.local_service.recipe_table import ACTIONS, PERSONAL, RANKING, RELATED, SEGMENTS
from personalize.local_service.store import Resource
from personalize.local_service.training import Trained

if TYPE_CHECKING:
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]


class BatchRecommender:
    """Answers lines in the format of the recipe's type."""

    def __init__(self, service: Service, version: Resource, count: int, filter_arn: str | None) -> None:
        self._service = service
        self._trained: Trained = version.content
        self._group = version.parents["datasetGroupArn"]
        self._count = count
        self._filter_arn = filter_arn

    def answer(self, lines: list[Json]) -> Iterable[Json | LineError]:
        kind = self._trained.recipe.type
        if kind in (RANKING, RELATED) or self._filter_arn:
            one = {RANKING: self._rank, RELATED: self._similar}.get(kind, self._recommend)
            return (guarded(one, line) for line in lines)
        return self._recommend_all(lines)

    def _recommend_all(self, lines: list[Json]) -> Iterable[Json | LineError]:
        users = [line["userId"] for line in lines if isinstance(line.get("userId"), str)]
        ranked = self._trained.model.recommend_many(users, self._count)
        for line in lines:
            if isinstance(line.get("userId"), str):
                yield self._written(line, next(ranked))
            else:
                yield LineError("userId is missing or not a text")

    def _recommend(self, line: Json) -> Json:
        user = text_of(line, "userId")
        return self._written(
            line, self._trained.model.recommend(user, self._count, allowed=self._mask(line, user, None))
        )

    def _similar(self, line: Json) -> Json:
        item = text_of(line, "itemId")
        return self._written(line, self._trained.model.similar(item, self._count, allowed=self._mask(line, None, item)))

    def _rank(self, line: Json) -> Json:
        user, items = text_of(line, "userId"), line.get("itemList")
        if not isinstance(items, list) or not items or not all(isinstance(item, str) for item in items):
            raise LineError("itemList is missing or not a list of texts")
        return self._written(line, self._trained.model.rank(user, items, allowed=self._mask(line, user, None)))

    def _mask(self, line: Json, user: str | None, item: str | None) -> Any:
        return mask(
            self._service, self._group, self._trained.model.item_ids, filter_arn=self._filter_arn,
            values=line.get("filterValues"), user_id=user, item_id=item,
        )  # fmt: skip

    def _written(self, line: Json, ranked: Any) -> Json:
        output: Json = {"recommendedItems": ranked.items}
        if self._trained.recipe.type in (PERSONAL, RANKING):
            output["scores"] = ranked.shares
        return {"input": line, "output": output, "error": None}


def create_batch_inference_job(service: Service, caller: Caller, request: Json) -> Json:
    if request.get("batchInferenceJobMode", "BATCH_INFERENCE") != "BATCH_INFERENCE":
        raise not_served("batch inference with themes")
    count = request.get("numResults", DEFAULT_RESULTS)
    if not 1 <= count <= MOST_RESULTS:
        raise invalid_input(f"numResults is {count}; it must be from 1 to {MOST_RESULTS}.")
    source, destination = paths_of(request)
    service.demand_role(caller, request["roleArn"])
    arn = caller.arn(BATCH_INFERENCE_JOB.path, request["jobName"])
    kept = (
        "jobName", "filterArn", "solutionVersionArn", "jobInput", "jobOutput", "batchInferenceJobConfig", "roleArn",
    )  # fmt: skip
    body = {"batchInferenceJobArn": arn, "numResults": count, "batchInferenceJobMode": "BATCH_INFERENCE"}
    body.update({name: request.get(name) for name in kept})
    with service.store.lock:
        version = service.store.ready(request["solutionVersionArn"], SOLUTION_VERSION)
        recipe = version.content.recipe
        if recipe.type in (SEGMENTS, ACTIONS) or recipe.task == "trending":
            raise invalid_input(f"The recipe {recipe.arn} can't be used for batch inference.")
        if "filterArn" in request:
            filter_of(service, request["filterArn"], version.parents["datasetGroupArn"])
        if service.store.find(arn) is None:
            service.check_quota("pending_batch_inference_jobs", BATCH_INFERENCE_JOB, pending=True)
        parents = {"solutionVersionArn": version.arn, "solutionArn": version.parents["solutionArn"]}
        job = Resource(BATCH_INFERENCE_JOB, arn, body, parents, tags=tags_of(service, request))
        recommender = BatchRecommender(service, version, count, request.get("filterArn"))
        files = service.files(caller)
        service.start("CreateBatchInferenceJob", job, lambda: run_batch(files, source, destination, recommender.answer))
    return {"batchInferenceJobArn": arn}


OPERATIONS: dict[str, Operation] = {"CreateBatchInferenceJob": create_batch_inference_job}
