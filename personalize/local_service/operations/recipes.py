"""Recipes, their algorithms and feature transformations: what the service brings along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize.local_service.errors import not_found
from personalize.local_service.operations.any_resource import page
from personalize.local_service.recipe_table import RECIPES, Recipe, recipe_of

if TYPE_CHECKING:
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]
SINCE = 1_527_000_000.0  # the API's first version, May 2018


def _body(recipe: Recipe) -> Json:
    return {
        "name": recipe.name, "recipeArn": recipe.arn, "algorithmArn": recipe.algorithm_arn,
        "featureTransformationArn": recipe.feature_transformation_arn, "status": "ACTIVE",
        "description": recipe.description, "recipeType": recipe.type, "domain": recipe.domain,
        "creationDateTime": SINCE, "lastUpdatedDateTime": SINCE,
    }  # fmt: skip


def list_recipes(service: Service, caller: Caller, request: Json) -> Json:
    domain = request.get("domain")
    rows = [_body(recipe) for recipe in RECIPES.values() if recipe.domain == domain]
    return page(rows, "recipes", request, scope=["Recipe", domain])


def describe_recipe(service: Service, caller: Caller, request: Json) -> Json:
    return {"recipe": _body(recipe_of(request["recipeArn"]))}


def describe_algorithm(service: Service, caller: Caller, request: Json) -> Json:
    for recipe in RECIPES.values():
        if recipe.algorithm_arn == request["algorithmArn"]:
            body = {
                "name": recipe.name, "algorithmArn": recipe.algorithm_arn, "trainingInputMode": "File",
                "defaultHyperParameters": {}, "creationDateTime": SINCE, "lastUpdatedDateTime": SINCE,
            }  # fmt: skip
            return {"algorithm": body}
    raise not_found(request["algorithmArn"])


def describe_feature_transformation(service: Service, caller: Caller, request: Json) -> Json:
    for recipe in RECIPES.values():
        if recipe.feature_transformation_arn == request["featureTransformationArn"]:
            body = {
                "name": recipe.name, "featureTransformationArn": recipe.feature_transformation_arn, "status": "ACTIVE",
                "defaultParameters": {}, "creationDateTime": SINCE, "lastUpdatedDateTime": SINCE,
            }  # fmt: skip
            return {"featureTransformation": body}
    raise not_found(request["featureTransformationArn"])


OPERATIONS: dict[str, Operation] = {
    "ListRecipes": list_recipes,
    "DescribeRecipe": describe_recipe,
    "DescribeAlgorithm": describe_algorithm,
    "DescribeFeatureTransformation": describe_feature_transformation,
}
