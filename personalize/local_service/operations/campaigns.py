"""Campaigns: a solution version that answers at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from personalize.local_service.errors import in_use, invalid_input
from personalize.local_service.kinds import CAMPAIGN, SOLUTION, SOLUTION_VERSION
from personalize.local_service.operations.tags import tags_of
from personalize.local_service.recipe_table import SEGMENTS
from personalize.local_service.store import Resource

if TYPE_CHECKING:
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]
LATEST = "/$LATEST"
SYNC = "syncWithLatestSolutionVersion"


def create_campaign(service: Service, caller: Caller, request: Json) -> Json:
    arn = caller.arn(CAMPAIGN.path, request["name"])
    with service.store.lock:
        version = version_to_serve(service, request["solutionVersionArn"], request.get("campaignConfig"))
        group = version.parents["datasetGroupArn"]
        if service.store.find(arn) is None:
            service.check_quota("campaigns_per_group", CAMPAIGN, datasetGroupArn=group)
        body = {
            "campaignArn": arn, "name": request["name"], "solutionVersionArn": version.arn,
            "minProvisionedTPS": request.get("minProvisionedTPS", 1), "campaignConfig": request.get("campaignConfig"),
        }  # fmt: skip
        parents = {"solutionArn": version.parents["solutionArn"], "datasetGroupArn": group}
        service.start("CreateCampaign", Resource(CAMPAIGN, arn, body, parents, tags=tags_of(service, request)))
    return {"campaignArn": arn}


def version_to_serve(service: Service, arn: str, config: Json | None) -> Resource:
    """An active version that can serve; ``.../$LATEST`` is the newest active one, for campaigns that follow it."""
    if arn.endswith(LATEST):
        if not (config or {}).get(SYNC):
            raise invalid_input(f"A solutionVersionArn that ends with {LATEST} needs campaignConfig.{SYNC} true.")
        solution = service.store.get(arn[: -len(LATEST)], SOLUTION)
        versions = service.store.of_kind(SOLUTION_VERSION, solutionArn=solution.arn)
        active = [version for version in versions if version.status == "ACTIVE"]
        if not active:
            raise invalid_input(f"The solution {solution.arn} has no active solution version.")
        arn = active[-1].arn
    version = service.store.get(arn, SOLUTION_VERSION)
    if version.status in ("CREATE FAILED", "CREATE STOPPED"):
        raise invalid_input(f"The solution version {arn} is in status {version.status}; it can't be deployed.")
    service.store.ready(arn, SOLUTION_VERSION)
    if service.store.ready(version.parents["solutionArn"], SOLUTION).content.type == SEGMENTS:
        raise invalid_input("A recipe for user segments has no campaigns; create a batch segment job.")
    return version


def update_campaign(service: Service, caller: Caller, request: Json) -> Json:
    """The campaign goes on serving the old version until the update is ACTIVE."""
    with service.store.lock:
        campaign = service.store.ready(request["campaignArn"], CAMPAIGN)
        if campaign.body.get("latestCampaignUpdate", {}).get("status", "ACTIVE") not in ("ACTIVE", "CREATE FAILED"):
            raise in_use(f"campaign {campaign.arn} is being updated.")
        wanted: Json = {name: request[name] for name in ("minProvisionedTPS", "campaignConfig") if name in request}
        config = request.get("campaignConfig", campaign.body.get("campaignConfig"))
        if "solutionVersionArn" in request:
            version = version_to_serve(service, request["solutionVersionArn"], config)
            if version.parents["solutionArn"] != campaign.parents["solutionArn"]:
                raise invalid_input("The new solution version must be one of the campaign's solution.")
            wanted["solutionVersionArn"] = version.arn
        kept = ("solutionVersionArn", "minProvisionedTPS", "campaignConfig")
        update: Json = {**{name: campaign.body.get(name) for name in kept}, **wanted}
        _run_update(service, campaign, update)
    return {"campaignArn": campaign.arn}


def _run_update(service: Service, campaign: Resource, update: Json) -> None:
    changes = dict(update)
    update["creationDateTime"] = update["lastUpdatedDateTime"] = time.time()
    campaign.body["latestCampaignUpdate"] = update

    def switch() -> None:
        campaign.body.update(changes, lastUpdatedDateTime=time.time())

    service.lifecycle.create(update, failure=service.settings.take_failure("UpdateCampaign"), done=switch)


OPERATIONS: dict[str, Operation] = {"CreateCampaign": create_campaign, "UpdateCampaign": update_campaign}
