"""The runtime API: recommendations and rankings."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from personalize.local_service.errors import ServiceError, invalid_input, not_found
from personalize.local_service.kinds import CAMPAIGN, DATASET, RECOMMENDER, SOLUTION_VERSION
from personalize.local_service.recipe_table import PERSONAL, RANKING, RELATED, Recipe
from personalize.local_service.store import Resource

if TYPE_CHECKING:
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]
DEFAULT_RESULTS, MOST_RESULTS = 25, 500


def get_recommendations(service: Service, caller: Caller, request: Json) -> Json:
    """Items for a user, or items like another; those that the recipe's type gives no scores for go without."""
    count = request.get("numResults", DEFAULT_RESULTS)
    if count > MOST_RESULTS:
        raise invalid_input(f"numResults is {count}; at most {MOST_RESULTS} are allowed.")
    if ("campaignArn" in request) == ("recommenderArn" in request):
        raise invalid_input("Give either campaignArn or recommenderArn.")
    model, recipe, group = serving(service, request)
    if recipe.type == RANKING:
        raise invalid_input(f"The recipe {recipe.arn} answers GetPersonalizedRanking, not GetRecommendations.")
    needed = "itemId" if recipe.type == RELATED else "userId"
    if needed not in request:
        raise invalid_input(f"{needed} is needed by the recipe {recipe.arn}.")
    newer = newer_items(service, group, request.get("userId"))
    ranked = model.recommend(request["userId"], count or DEFAULT_RESULTS, newer=newer)
    return _answer("itemList", ranked, scored=recipe.type == PERSONAL)


def get_personalized_ranking(service: Service, caller: Caller, request: Json) -> Json:
    model, recipe, group = serving(service, request)
    if recipe.type != RANKING:
        raise invalid_input(f"The recipe {recipe.arn} answers GetRecommendations, not GetPersonalizedRanking.")
    if not request["inputList"]:
        raise invalid_input("inputList must hold at least one item.")
    newer = newer_items(service, group, request["userId"])
    return _answer("personalizedRanking", model.rank(request["userId"], request["inputList"], newer=newer), scored=True)


def serving(service: Service, request: Json) -> tuple[Any, Recipe, str]:
    """The model behind a campaign or a recommender, its recipe and its dataset group."""
    with service.store.lock:
        if "recommenderArn" in request:
            recommender = _active(service, request["recommenderArn"], RECOMMENDER)
            model, recipe = recommender.content
            return model, recipe, recommender.parents["datasetGroupArn"]
        campaign = _active(service, request["campaignArn"], CAMPAIGN)
        version = service.store.get(campaign.body["solutionVersionArn"], SOLUTION_VERSION)
        solution = service.store.get(version.parents["solutionArn"])
        return version.content, solution.content, version.parents["datasetGroupArn"]


def _active(service: Service, arn: str, kind: Any) -> Resource:
    found = service.store.find(arn)
    if found is None or found.kind is not kind:
        raise not_found(arn)
    if found.status != "ACTIVE":
        # The runtime has no ResourceInUse; what is not there yet, or not any more, is not found.
        message = f"{kind.label} {arn} is in status {found.status}; it must be ACTIVE."
        raise ServiceError("ResourceNotFoundException", message)
    return found


def newer_items(service: Service, group: str, user_id: str | None) -> list[str]:
    """What the user did since by PutEvents: it counts at once."""
    if user_id is None:
        return []
    for dataset in service.store.of_kind(DATASET, datasetGroupArn=group):
        if dataset.body["datasetType"] == "INTERACTIONS":
            return [row["ITEM_ID"] for row in dataset.content.put_by(user_id) if row.get("ITEM_ID")]
    return []


def _answer(member: str, ranked: Any, *, scored: bool) -> Json:
    shares = ranked.shares if scored else [None] * len(ranked.items)
    items = [{"itemId": item, "score": share} for item, share in zip(ranked.items, shares, strict=True)]
    return {member: items, "recommendationId": f"RID-{uuid.uuid4()}"}


OPERATIONS: dict[str, Operation] = {
    "GetRecommendations": get_recommendations,
    "GetPersonalizedRanking": get_personalized_ranking,
}
