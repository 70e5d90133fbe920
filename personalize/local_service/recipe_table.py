"""The service's recipes: their type, and what the local service trains for each."""

from __future__ import annotations

from dataclasses import dataclass

from personalize.local_service.errors import not_found

PREFIX = "arn:aws:personalize:::"
PERSONAL, RANKING, RELATED = "USER_PERSONALIZATION", "PERSONALIZED_RANKING", "RELATED_ITEMS"
POPULAR, SEGMENTS, ACTIONS = "POPULAR_ITEMS", "USER_SEGMENTATION", "NEXT_BEST_ACTION"


@dataclass(frozen=True)
class Recipe:
    """``task`` is a ``personalize.models.model.Task`` value, None where the local service can't train it."""

    name: str
    type: str
    task: str | None
    description: str
    domain: str | None = None
    updatable: bool = False

    @property
    def arn(self) -> str:
        return f"{PREFIX}recipe/{self.name}"

    @property
    def algorithm_arn(self) -> str:
        return f"{PREFIX}algorithm/{self.name}"

    @property
    def feature_transformation_arn(self) -> str:
        return f"{PREFIX}feature-transformation/{self.name}"


def _custom() -> tuple[Recipe, ...]:
    return (
        Recipe("aws-user-personalization-v2", PERSONAL, "personal", "Items that a user will like next."),
        Recipe("aws-user-personalization", PERSONAL, "personal", "Items that a user will like next.", updatable=True),
        Recipe("aws-hrnn", PERSONAL, "personal", "Legacy: items that a user will like next."),
        Recipe("aws-hrnn-metadata", PERSONAL, "personal", "Legacy: items that a user will like next."),
        Recipe("aws-hrnn-coldstart", PERSONAL, "personal", "Legacy: items that a user will like next."),
        Recipe("aws-popularity-count", POPULAR, "popular", "The most used items."),
        Recipe("aws-trending-now", POPULAR, "trending", "Items whose use grows fastest."),
        Recipe("aws-similar-items", RELATED, "similar", "Items used by the same users."),
        Recipe("aws-sims", RELATED, "similar", "Items used by the same users."),
        Recipe("aws-semantic-similarity", RELATED, None, "Items whose texts mean the same."),
        Recipe("aws-personalized-ranking-v2", RANKING, "personal", "A list of items in a user's order."),
        Recipe("aws-personalized-ranking", RANKING, "personal", "A list of items in a user's order."),
        Recipe("aws-item-affinity", SEGMENTS, "segments", "Users who will like an item."),
        Recipe("aws-item-attribute-affinity", SEGMENTS, "segments", "Users who will like items with an attribute."),
        Recipe("aws-next-best-action", ACTIONS, None, "The action that a user will take next."),
    )


def _domain() -> tuple[Recipe, ...]:
    shop, video = "ECOMMERCE", "VIDEO_ON_DEMAND"
    return (
        Recipe("aws-ecomm-recommended-for-you", PERSONAL, "personal", "Recommended for a shopper.", shop),
        Recipe("aws-ecomm-popular-items-by-views", POPULAR, "popular", "The most viewed items.", shop),
        Recipe("aws-ecomm-popular-items-by-purchases", POPULAR, "popular", "The most bought items.", shop),
        Recipe("aws-ecomm-customers-who-viewed-x-also-viewed", RELATED, "similar", "Also viewed.", shop),
        Recipe("aws-ecomm-frequently-bought-together", RELATED, "similar", "Bought together.", shop),
        Recipe("aws-vod-top-picks", PERSONAL, "personal", "Top picks for a viewer.", video),
        Recipe("aws-vod-most-popular", POPULAR, "popular", "The most watched videos.", video),
        Recipe("aws-vod-trending-now", POPULAR, "trending", "Videos whose views grow fastest.", video),
        Recipe("aws-vod-more-like-x", RELATED, "similar", "Videos like another.", video),
        Recipe("aws-vod-because-you-watched-x", RELATED, "similar", "Watched by the same viewers.", video),
    )


RECIPES = {recipe.arn: recipe for recipe in (*_custom(), *_domain())}
# What AutoML, which chooses among the recipes that need no item given, ends with here.
AUTO_ML_RECIPE = RECIPES[f"{PREFIX}recipe/aws-user-personalization"]


def recipe_of(arn: str) -> Recipe:
    """Raises ResourceNotFoundException."""
    if arn not in RECIPES:
        raise not_found(arn)
    return RECIPES[arn]
