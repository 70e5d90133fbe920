"""Recommenders of domain dataset groups: solution, version and campaign in one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from personalize.local_service.errors import in_use, invalid_input
from personalize.local_service.kinds import DATASET_GROUP, RECOMMENDER
from personalize.local_service.operations.solution_versions import interactions_of
from personalize.local_service.operations.tags import tags_of
from personalize.local_service.recipe_table import recipe_of
from personalize.local_service.store import Resource
from personalize.local_service.training import train_with

if TYPE_CHECKING:
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]


def create_recommender(service: Service, caller: Caller, request: Json) -> Json:
    recipe = recipe_of(request["recipeArn"])
    arn = caller.arn(RECOMMENDER.path, request["name"])
    with service.store.lock:
        group = service.store.ready(request["datasetGroupArn"], DATASET_GROUP)
        if recipe.domain is None or recipe.domain != group.body.get("domain"):
            raise invalid_input(f"The recipe {recipe.arn} does not belong to the domain of the dataset group.")
        rows = interactions_of(service, group.arn)
        if service.store.find(arn) is None:
            service.check_quota("recommenders_per_group", RECOMMENDER, datasetGroupArn=group.arn)
        kept = ("name", "datasetGroupArn", "recipeArn")
        body = {"recommenderArn": arn, "recommenderConfig": request.get("recommenderConfig", {})}
        body.update({name: request[name] for name in kept})
        resource = Resource(RECOMMENDER, arn, body, {"datasetGroupArn": group.arn}, tags=tags_of(service, request))

        def work() -> None:
            resource.content = train_with(recipe, rows, {})
            body["modelMetrics"] = resource.content.model.metrics

        service.start("CreateRecommender", resource, work)
    return {"recommenderArn": arn}


def update_recommender(service: Service, caller: Caller, request: Json) -> Json:
    with service.store.lock:
        recommender = service.store.ready(request["recommenderArn"], RECOMMENDER)
        if recommender.body.get("latestRecommenderUpdate", {}).get("status", "ACTIVE") not in (
            "ACTIVE",
            "CREATE FAILED",
        ):
            raise in_use(f"recommender {recommender.arn} is being updated.")
        now = time.time()
        config = request["recommenderConfig"]
        update = {"recommenderConfig": config, "creationDateTime": now, "lastUpdatedDateTime": now}
        recommender.body["latestRecommenderUpdate"] = update
        failure = service.settings.take_failure("UpdateRecommender")
        service.lifecycle.create(
            update, failure=failure, done=lambda: recommender.body.update(recommenderConfig=config)
        )  # fmt: skip
    return {"recommenderArn": recommender.arn}


def stop_recommender(service: Service, caller: Caller, request: Json) -> Json:
    return _switch(service, request, "ACTIVE", "STOP PENDING", "STOP IN_PROGRESS", "INACTIVE")


def start_recommender(service: Service, caller: Caller, request: Json) -> Json:
    return _switch(service, request, "INACTIVE", "START PENDING", "START IN_PROGRESS", "ACTIVE")


def _switch(service: Service, request: Json, needed: str, *states: str) -> Json:
    with service.store.lock:
        recommender = service.store.get(request["recommenderArn"], RECOMMENDER)
        if recommender.status != needed:
            raise in_use(f"recommender {recommender.arn} is in status {recommender.status}; it must be {needed}.")
        service.lifecycle.pass_through(recommender.body, *states)
    return {"recommenderArn": recommender.arn}


OPERATIONS: dict[str, Operation] = {
    "CreateRecommender": create_recommender,
    "UpdateRecommender": update_recommender,
    "StartRecommender": start_recommender,
    "StopRecommender": stop_recommender,
}
