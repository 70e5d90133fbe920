"""Solutions: a recipe, the data that it trains with, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize.local_service.errors import in_use, invalid_input, not_served
from personalize.local_service.kinds import DATASET_GROUP, SOLUTION
from personalize.local_service.operations.tags import tags_of
from personalize.local_service.recipe_table import AUTO_ML_RECIPE, recipe_of
from personalize.local_service.store import Resource

if TYPE_CHECKING:
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]
WEEKLY = {"schedulingExpression": "rate(7 days)"}


def create_solution(service: Service, caller: Caller, request: Json) -> Json:
    auto_ml = request.get("performAutoML", False)
    if auto_ml == ("recipeArn" in request):
        raise invalid_input("Give either recipeArn or performAutoML.")
    recipe = AUTO_ML_RECIPE if auto_ml else recipe_of(request["recipeArn"])
    if recipe.task is None:
        raise not_served(f"the recipe {recipe.name}")
    if request.get("performHPO") and auto_ml:
        raise invalid_input("performHPO and performAutoML can't both be true.")
    body = _body(request, auto_ml)
    arn = body["solutionArn"] = caller.arn(SOLUTION.path, request["name"])
    with service.store.lock:
        group = service.store.ready(request["datasetGroupArn"], DATASET_GROUP)
        if service.store.find(arn) is None:
            service.check_quota("solutions_per_group", SOLUTION, datasetGroupArn=group.arn)
        resource = Resource(
            SOLUTION, arn, body, {"datasetGroupArn": group.arn}, content=recipe, tags=tags_of(service, request)
        )
        service.start("CreateSolution", resource)
    return {"solutionArn": arn}


def _body(request: Json, auto_ml: bool) -> Json:
    auto_training = request.get("performAutoTraining", not auto_ml)
    config = dict(request.get("solutionConfig", {}))
    if auto_training:
        config.setdefault("autoTrainingConfig", dict(WEEKLY))
    return {
        **{name: request.get(name) for name in ("name", "datasetGroupArn", "recipeArn", "eventType")},
        "performHPO": request.get("performHPO", False),
        "performAutoML": auto_ml,
        "performAutoTraining": auto_training,
        "performIncrementalUpdate": request.get("performIncrementalUpdate", False),
        "autoMLResult": {"bestRecipeArn": AUTO_ML_RECIPE.arn} if auto_ml else None,
        "solutionConfig": config,
    }


def update_solution(service: Service, caller: Caller, request: Json) -> Json:
    with service.store.lock:
        solution = service.store.ready(request["solutionArn"], SOLUTION)
        if solution.body.get("latestSolutionUpdate", {}).get("status", "ACTIVE") not in ("ACTIVE", "CREATE FAILED"):
            raise in_use(f"solution {solution.arn} is being updated.")
        names = ("performAutoTraining", "performIncrementalUpdate")
        changes = {name: request[name] for name in names if name in request}
        config = {**solution.body["solutionConfig"], **request.get("solutionUpdateConfig", {})}
        if request.get("performAutoTraining"):
            config.setdefault("autoTrainingConfig", dict(WEEKLY))
        now = solution.body["lastUpdatedDateTime"]
        update: Json = {"solutionUpdateConfig": request.get("solutionUpdateConfig"), **changes}
        update["creationDateTime"] = update["lastUpdatedDateTime"] = now
        solution.body["latestSolutionUpdate"] = update

        def switch() -> None:
            solution.body.update(changes, solutionConfig=config)

        service.lifecycle.create(update, failure=service.settings.take_failure("UpdateSolution"), done=switch)
    return {"solutionArn": solution.arn}


OPERATIONS: dict[str, Operation] = {"CreateSolution": create_solution, "UpdateSolution": update_solution}
