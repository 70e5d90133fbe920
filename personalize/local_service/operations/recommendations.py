"""The runtime API: recommendations and rankings."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalize.local_service.errors import ServiceError, invalid_input, not_found
from personalize.local_service.kinds import CAMPAIGN, RECOMMENDER, SOLUTION_VERSION
from personalize.local_service.operations.filters import datasets_of, mask
from personalize.local_service.recipe_table import PERSONAL, RANKING, RELATED
from personalize.local_service.store import Resource
from personalize.local_service.training import Trained

if TYPE_CHECKING:
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]
DEFAULT_RESULTS, MOST_RESULTS = 25, 500


@dataclass(frozen=True)
class Serving:
    """What answers a runtime call: the model, its dataset group, and the configuration of campaign or recommender."""

    trained: Trained
    group: str
    config: Json

    def news(self, service: Service, user_id: str | None) -> list[str]:
        rows = datasets_of(service, self.group).get("INTERACTIONS")
        return self.trained.news(rows, user_id) if rows is not None and user_id is not None else []


def get_recommendations(service: Service, caller: Caller, request: Json) -> Json:
    """Items for a user, or items like another; recipes that give no scores in the service give none here."""
    count = request.get("numResults", DEFAULT_RESULTS)
    if count > MOST_RESULTS:
        raise invalid_input(f"numResults is {count}; at most {MOST_RESULTS} are allowed.")
    serving = _serving(service, request)
    recipe = serving.trained.recipe
    if recipe.type == RANKING:
        raise invalid_input(f"The recipe {recipe.arn} answers GetPersonalizedRanking, not GetRecommendations.")
    needed = "itemId" if recipe.type == RELATED else "userId"
    if needed not in request:
        raise invalid_input(f"{needed} is needed by the recipe {recipe.arn}.")
    items = _items(service, serving, request, request, count)
    for promotion in request.get("promotions", []):
        items = _promoted(service, serving, request, promotion, items, count)
    return _answer(service, serving, request, "itemList", items, scored=recipe.type == PERSONAL)


def get_personalized_ranking(service: Service, caller: Caller, request: Json) -> Json:
    serving = _serving(service, request)
    recipe = serving.trained.recipe
    if recipe.type != RANKING:
        raise invalid_input(f"The recipe {recipe.arn} answers GetRecommendations, not GetPersonalizedRanking.")
    if not request["inputList"] or len(request["inputList"]) > MOST_RESULTS:
        raise invalid_input(f"inputList must hold 1 to {MOST_RESULTS} items.")
    user, model = request["userId"], serving.trained.model
    allowed = _mask(service, serving, request, request)
    ranked = model.rank(user, request["inputList"], newer=serving.news(service, user), allowed=allowed)
    items = [{"itemId": item, "score": share} for item, share in zip(ranked.items, ranked.shares, strict=True)]
    return _answer(service, serving, request, "personalizedRanking", items, scored=True)


def _serving(service: Service, request: Json) -> Serving:
    if ("campaignArn" in request) == ("recommenderArn" in request):
        raise invalid_input("Give either campaignArn or recommenderArn.")
    with service.store.lock:
        if "recommenderArn" in request:
            found = _active(service, request["recommenderArn"], RECOMMENDER)
            config = found.body.get("recommenderConfig") or {}
            return Serving(found.content, found.parents["datasetGroupArn"], config)
        found = _active(service, request["campaignArn"], CAMPAIGN)
        version = service.store.get(found.body["solutionVersionArn"], SOLUTION_VERSION)
        return Serving(version.content, version.parents["datasetGroupArn"], found.body.get("campaignConfig") or {})


def _active(service: Service, arn: str, kind: Any) -> Resource:
    found = service.store.find(arn)
    if found is None or found.kind is not kind:
        raise not_found(arn)
    if found.status != "ACTIVE":
        # The runtime has no ResourceInUse; what is not there yet, or not any more, is not found.
        message = f"{kind.label} {arn} is in status {found.status}; it must be ACTIVE."
        raise ServiceError("ResourceNotFoundException", message)
    return found


def _mask(service: Service, serving: Serving, request: Json, chosen: Json) -> Any:
    """``chosen`` holds filterArn and filterValues: the request itself, or one of its promotions."""
    return mask(
        service, serving.group, serving.trained.model.item_ids, filter_arn=chosen.get("filterArn"),
        values=chosen.get("filterValues"), user_id=request.get("userId"), item_id=request.get("itemId"),
    )  # fmt: skip


def _items(service: Service, serving: Serving, request: Json, chosen: Json, count: int) -> list[Json]:
    model, allowed = serving.trained.model, _mask(service, serving, request, chosen)
    if serving.trained.recipe.type == RELATED:
        ranked = model.similar(request["itemId"], count, allowed=allowed)
    else:
        user = request["userId"]
        ranked = model.recommend(user, count, newer=serving.news(service, user), allowed=allowed)
    return [{"itemId": item, "score": share} for item, share in zip(ranked.items, ranked.shares, strict=True)]


def _promoted(
    service: Service, serving: Serving, request: Json, promotion: Json, items: list[Json], count: int
) -> list[Json]:
    """A share of the places, spread evenly over the list, goes to the best of the promoted items."""
    places = round(count * promotion.get("percentPromotedItems", 100) / 100)
    best = _items(service, serving, request, promotion, places)
    promoted = [{**item, "promotionName": promotion.get("name")} for item in best]
    names = {item["itemId"] for item in promoted}
    others = [item for item in items if item["itemId"] not in names]
    mixed: list[Json] = []
    while len(mixed) < count and (promoted or others):
        turn = len(mixed) * places // max(1, count) < (len(mixed) + 1) * places // max(1, count)
        source = promoted if (turn and promoted) or not others else others
        mixed.append(source.pop(0))
    return mixed


def _answer(service: Service, serving: Serving, request: Json, member: str, items: list[Json], *, scored: bool) -> Json:
    columns = [column for names in request.get("metadataColumns", {}).values() for column in names]
    if columns:
        if not serving.config.get("enableMetadataWithRecommendations"):
            raise invalid_input("metadataColumns needs enableMetadataWithRecommendations in the campaign.")
        _add_metadata(service, serving.group, items, columns)
    if not scored:
        items = [{**item, "score": None} for item in items]
    return {member: items, "recommendationId": f"RID-{uuid.uuid4()}"}


def _add_metadata(service: Service, group: str, items: list[Json], columns: list[str]) -> None:
    rows = datasets_of(service, group).get("ITEMS")
    if rows is None:
        raise invalid_input("metadataColumns needs an ITEMS dataset.")
    last, table = rows.last_rows("ITEM_ID"), rows.columns()
    unknown = [column for column in columns if column not in table]
    if unknown:
        raise invalid_input(f"The ITEMS dataset has no column {unknown[0]}.")
    for item in items:
        row = last.get(item["itemId"])
        values = {} if row is None else {column: table[column].at(row) for column in columns}
        item["metadata"] = {column: str(value) for column, value in values.items() if value is not None}


OPERATIONS: dict[str, Operation] = {
    "GetRecommendations": get_recommendations,
    "GetPersonalizedRanking": get_personalized_ranking,
}
