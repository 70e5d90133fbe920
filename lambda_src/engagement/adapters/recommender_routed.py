"""Who answers for a provider: a live model for the ARN of a campaign or recommender, stored results for ``s3://...``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engagement import ports
from engagement.domain.batch_results import is_stored
from engagement.errors import BadRequest


class RoutedRecommender:
    """ports.Recommender. ``stored`` is asked for only when it is needed: not every deployment has results."""

    def __init__(self, *, live: ports.LiveRecommender, stored: Callable[[], ports.BatchResults]) -> None:
        self._live, self._stored = live, stored

    def recommend(self, provider_uri: str, user_id: str, count: int) -> list[str]:
        if is_stored(provider_uri):
            return self.recommend_stored(provider_uri, [user_id], count).get(user_id, [])
        return self._live.recommend(provider_uri, user_id, count)

    def recommend_stored(self, provider_uri: str, user_ids: Sequence[str], count: int) -> dict[str, list[str]]:
        if not is_stored(provider_uri):
            raise BadRequest(f"{provider_uri[:120]!r} has no stored results: it is a live model")
        found = self._stored().items_of(provider_uri, user_ids)
        return {user_id: list(items[:count]) for user_id, items in found.items()}
