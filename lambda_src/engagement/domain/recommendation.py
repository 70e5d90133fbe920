"""Recommendations for a mail: whom to ask about, what a transformer is told, and what is read back from it.

Contract: Pinpoint's developer guide, recommender models with AWS Lambda. The rule when something fails: the
mail goes out with the template's defaults, and the delivery says so with one of the ``FALLBACK_*`` reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
PREFIX = "Recommendations."
BY_USER_ID, BY_ENDPOINT_ID = "PINPOINT_USER_ID", "PINPOINT_ENDPOINT_ID"
DEFAULT_COUNT, MAX_ITEM = 5, 100

FALLBACK_PROVIDER = "PROVIDER_FAILED"
FALLBACK_NO_ITEMS = "NO_RECOMMENDATIONS"
FALLBACK_POPULAR = "POPULAR_ITEMS"
FALLBACK_TRANSFORMER = "TRANSFORMER_FAILED"
FALLBACK_EMPTY = "TRANSFORMER_ANSWERED_NOTHING"
FALLBACK_NOT_CONFIGURED = "RECOMMENDER_NOT_FOUND"
NO_USER_ID = "NO_USER_ID"
LEFT_OUT = "LEFT_OUT_BY_TRANSFORMER"


@dataclass(frozen=True)
class RecommenderConfig:
    """What a run needs of a recommender configuration."""

    provider_uri: str
    id_type: str = BY_ENDPOINT_ID
    count: int = DEFAULT_COUNT
    transformer: str | None = None

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> RecommenderConfig:
        """From a RecommenderConfigurationResponse."""
        return cls(
            provider_uri=body["RecommendationProviderUri"],
            id_type=body.get("RecommendationProviderIdType") or BY_ENDPOINT_ID,
            count=body.get("RecommendationsPerMessage") or DEFAULT_COUNT,
            transformer=body.get("RecommendationTransformerUri") or None,
        )

    def asks_about(self, endpoint: Mapping[str, Any]) -> str | None:
        """``known_as`` of an endpoint in Pinpoint's names."""
        return self.known_as(endpoint["Id"], (endpoint.get("User") or {}).get("UserId"))

    def known_as(self, endpoint_id: str, user_id: str | None) -> str | None:
        """The id that the model knows this person by; None when the configuration wants a user id and there is none."""
        return (user_id or None) if self.id_type == BY_USER_ID else endpoint_id


@dataclass(frozen=True)
class Joined:
    """The outcome for one endpoint: what the template may use, or a fallback, or why it is not mailed."""

    items: tuple[str, ...] = ()
    attributes: Mapping[str, list[str]] = field(default_factory=dict)
    fallback: str | None = None
    not_mailed: str | None = None

    def context(self) -> Json:
        """Members that join the endpoint in the template's context; absent ones let the defaults apply."""
        context: Json = {}
        if self.items:
            context["RecommendationItems"] = list(self.items)
        if self.attributes:
            context["Recommendations"] = dict(self.attributes)
        elif self.items:
            context["Recommendations"] = {"Items": list(self.items)}
        return context


def uses_recommendations(paths: Iterable[str]) -> bool:
    """Does a template with these variable paths need the recommender at all?"""
    return any(
        path.startswith(PREFIX) or path == "Recommendations" or path.partition(".")[0] == "RecommendationItems"
        for path in paths
    )


def clipped_items(items: Iterable[Any]) -> tuple[str, ...]:
    """The recommended items as a template may print them: strings of at most 100 characters, best first."""
    return tuple(str(item)[:MAX_ITEM] for item in items if item not in (None, ""))


def transformer_event(
    *,
    app_id: str,
    campaign_id: str,
    treatment_id: str,
    activity_id: str,
    scheduled_time: str,
    endpoints: Mapping[str, Mapping[str, Any]],
    items: Mapping[str, tuple[str, ...]],
) -> Json:
    """What the transformer function is called with; ``endpoints`` in Pinpoint's field names, at most 50."""
    return {
        "ApplicationId": app_id,
        "CampaignId": campaign_id,
        "TreatmentId": treatment_id,
        "ActivityId": activity_id,
        "ScheduledTime": scheduled_time,
        "Endpoints": {
            endpoint_id: {**endpoint, "RecommendationItems": list(items[endpoint_id])}
            for endpoint_id, endpoint in endpoints.items()
        },
    }


def read_transformed(answer: Any, items: Mapping[str, tuple[str, ...]]) -> dict[str, Joined]:
    """What the transformer's answer means for each endpoint that it was given.

    The answer is the map of endpoints itself. Endpoints that it leaves out are not mailed; an answer that holds
    nothing at all is a failure, so everybody gets the defaults. Values may be a string or a list.
    """
    if isinstance(answer, Mapping) and isinstance(answer.get("Endpoints"), Mapping) and "Endpoints" not in items:
        answer = answer["Endpoints"]
    if not isinstance(answer, Mapping) or not answer:
        return {endpoint_id: Joined(found, fallback=FALLBACK_EMPTY) for endpoint_id, found in items.items()}
    joined = {}
    for endpoint_id, found in items.items():
        if endpoint_id not in answer:
            joined[endpoint_id] = Joined(found, not_mailed=LEFT_OUT)
            continue
        attributes = _attributes(answer[endpoint_id])
        joined[endpoint_id] = Joined(found, attributes, fallback=None if attributes else FALLBACK_EMPTY)
    return joined


def _attributes(endpoint: Any) -> dict[str, list[str]]:
    given = endpoint.get("Recommendations") if isinstance(endpoint, Mapping) else None
    if not isinstance(given, Mapping):
        return {}
    attributes = {}
    for name, value in given.items():
        values = value if isinstance(value, list) else [value]
        texts = [str(one) for one in values if isinstance(one, str | int | float) and one != ""]
        if texts:
            attributes[str(name).removeprefix(PREFIX)] = texts
    return attributes
