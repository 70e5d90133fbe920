"""The recipes of Amazon Personalize for custom dataset groups, and what each can be used for.

A solution's own options (event type, hyperparameters): config/solutions.py. What the local service knows of a recipe:
local_service/recipe_table.py.

Source: the Amazon Personalize developer guide, "Choosing a recipe".
"""

from __future__ import annotations

from enum import StrEnum

RECIPE_ARN = "arn:aws:personalize:::recipe/"


class Purpose(StrEnum):
    """What a recipe answers; decides whether a campaign or which batch job can be made from it."""

    PERSONALISE = "recommends items to users"
    RELATED = "recommends items beside an item"
    RANK = "orders a given list of items"
    SEGMENT = "finds users for an item"


RECIPES: dict[str, Purpose] = {
    "aws-user-personalization-v2": Purpose.PERSONALISE,
    "aws-user-personalization": Purpose.PERSONALISE,
    "aws-popularity-count": Purpose.PERSONALISE,
    "aws-trending-now": Purpose.PERSONALISE,
    "aws-next-best-action": Purpose.PERSONALISE,
    "aws-hrnn": Purpose.PERSONALISE,
    "aws-hrnn-metadata": Purpose.PERSONALISE,
    "aws-hrnn-coldstart": Purpose.PERSONALISE,
    "aws-similar-items": Purpose.RELATED,
    "aws-semantic-similarity": Purpose.RELATED,
    "aws-sims": Purpose.RELATED,
    "aws-personalized-ranking-v2": Purpose.RANK,
    "aws-personalized-ranking": Purpose.RANK,
    "aws-item-affinity": Purpose.SEGMENT,
    "aws-item-attribute-affinity": Purpose.SEGMENT,
}
POPULARITY = RECIPE_ARN + "aws-popularity-count"


def recipe_name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def purpose_of(arn: str) -> Purpose:
    """Recipes that AWS adds later are taken for personalisation: the service then has the last word."""
    return RECIPES.get(recipe_name(arn), Purpose.PERSONALISE)
