"""Solution versions: trainings and their metrics."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from personalize.local_service.errors import in_use, invalid_input
from personalize.local_service.kinds import CAMPAIGN, DATASET, SOLUTION, SOLUTION_VERSION
from personalize.local_service.operations.tags import tags_of
from personalize.local_service.store import Resource
from personalize.local_service.training import train_with

if TYPE_CHECKING:
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]


def create_solution_version(service: Service, caller: Caller, request: Json) -> Json:
    mode = request.get("trainingMode", "FULL")
    with service.store.lock:
        solution = service.store.ready(request["solutionArn"], SOLUTION)
        rows = interactions_of(service, solution.parents["datasetGroupArn"])
        earlier = service.store.of_kind(SOLUTION_VERSION, solutionArn=solution.arn)
        if mode == "UPDATE":
            _check_update(solution, earlier)
        service.check_quota("pending_solution_versions", SOLUTION_VERSION, pending=True)
        arn = f"{solution.arn}/{request.get('name') or uuid.uuid4().hex[:8]}"
        version = Resource(
            SOLUTION_VERSION, arn, _body(request, solution, arn, mode),
            {"solutionArn": solution.arn, "datasetGroupArn": solution.parents["datasetGroupArn"]},
            tags=tags_of(service, request),
        )  # fmt: skip
        service.start(
            "CreateSolutionVersion", version, lambda: _train(version, solution, rows),
            done=lambda: _follow(service, version),
        )  # fmt: skip
        solution.body["latestSolutionVersion"] = version.body
    return {"solutionVersionArn": arn}


def _body(request: Json, solution: Resource, arn: str, mode: str) -> Json:
    copied = (
        "performHPO",
        "performAutoML",
        "datasetGroupArn",
        "eventType",
        "solutionConfig",
        "performIncrementalUpdate",
    )
    return {
        **{name: solution.body.get(name) for name in copied},
        "name": request.get("name"), "solutionVersionArn": arn, "solutionArn": solution.arn,
        "recipeArn": solution.content.arn, "trainingMode": mode, "trainingType": "MANUAL",
    }  # fmt: skip


def interactions_of(service: Service, group: str) -> Any:
    """The rows to train with. Raises InvalidInput when nothing was imported."""
    for dataset in service.store.of_kind(DATASET, datasetGroupArn=group):
        if dataset.body["datasetType"] == "INTERACTIONS" and dataset.status == "ACTIVE":
            if dataset.content.imported:
                return dataset.content
            raise invalid_input(f"The dataset {dataset.arn} has no data; import some first.")
    raise invalid_input(f"The dataset group {group} has no active INTERACTIONS dataset.")


def _check_update(solution: Resource, earlier: list[Resource]) -> None:
    if not solution.content.updatable:
        raise invalid_input(f"trainingMode UPDATE is not supported by the recipe {solution.content.arn}.")
    if not any(v.status == "ACTIVE" and v.body["trainingMode"] == "FULL" for v in earlier):
        raise invalid_input("trainingMode UPDATE needs an active solution version that was trained with FULL.")


def _train(version: Resource, solution: Resource, rows: Any) -> None:
    started = time.monotonic()
    version.content = train_with(solution.content, rows, solution.body)
    version.body["trainingHours"] = (time.monotonic() - started) / 3600


def _follow(service: Service, version: Resource) -> None:
    """Campaigns that asked for it serve the newest version from now on."""
    for campaign in service.store.of_kind(CAMPAIGN, solutionArn=version.parents["solutionArn"]):
        if (campaign.body.get("campaignConfig") or {}).get("syncWithLatestSolutionVersion"):
            campaign.body["solutionVersionArn"] = version.arn
            campaign.body["lastUpdatedDateTime"] = time.time()


def stop_solution_version_creation(service: Service, caller: Caller, request: Json) -> Json:
    with service.store.lock:
        version = service.store.get(request["solutionVersionArn"], SOLUTION_VERSION)
        if version.status not in ("CREATE PENDING", "CREATE IN_PROGRESS"):
            raise in_use(f"solution version {version.arn} is in status {version.status}; it can't be stopped.")
        service.lifecycle.stop(version.body)
    return {}


def get_solution_metrics(service: Service, caller: Caller, request: Json) -> Json:
    with service.store.lock:
        version = service.store.ready(request["solutionVersionArn"], SOLUTION_VERSION)
        return {"solutionVersionArn": version.arn, "metrics": version.content.model.metrics}


OPERATIONS: dict[str, Operation] = {
    "CreateSolutionVersion": create_solution_version,
    "StopSolutionVersionCreation": stop_solution_version_creation,
    "GetSolutionMetrics": get_solution_metrics,
}
