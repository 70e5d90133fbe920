"""Recommender configurations."""

from __future__ import annotations

from typing import Any

from engagement.usecases.read_page import item_list, latest_page
from engagement.usecases.save_recommender import (
    RECOMMENDERS,
    change_recommender,
    create_recommender,
    find_recommender,
    remove_recommender,
)

Json = dict[str, Any]


def create_recommender_configuration(app: Any, request: Json) -> Json:
    return create_recommender(app, request["CreateRecommenderConfiguration"])


def get_recommender_configuration(app: Any, request: Json) -> Json:
    return find_recommender(app, request["RecommenderId"])


def get_recommender_configurations(app: Any, request: Json) -> Json:
    page = latest_page(app, RECOMMENDERS, request.get("PageSize"), request.get("Token"))
    return item_list([document.body for document in page.items], page.next_token)


def update_recommender_configuration(app: Any, request: Json) -> Json:
    return change_recommender(app, request["RecommenderId"], request["UpdateRecommenderConfiguration"])


def delete_recommender_configuration(app: Any, request: Json) -> Json:
    return remove_recommender(app, request["RecommenderId"])


OPERATIONS = {
    "CreateRecommenderConfiguration": create_recommender_configuration,
    "GetRecommenderConfiguration": get_recommender_configuration,
    "GetRecommenderConfigurations": get_recommender_configurations,
    "UpdateRecommenderConfiguration": update_recommender_configuration,
    "DeleteRecommenderConfiguration": delete_recommender_configuration,
}
