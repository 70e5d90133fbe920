"""Ask the recommender and the transformer for a batch of recipients. Neither ever costs anybody their mail.

Stored results of batch inference are read for everybody at once; who has none gets what everybody likes. A live model
is asked in threads, since each answer is a wait of tens of milliseconds. When it fails a few times in a row, the rest
of the batch is not kept waiting for it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from engagement import ports
from engagement.domain.batch_results import UNKNOWN_USER, is_stored
from engagement.domain.recommendation import (
    FALLBACK_NO_ITEMS,
    FALLBACK_NOT_CONFIGURED,
    FALLBACK_POPULAR,
    FALLBACK_PROVIDER,
    FALLBACK_TRANSFORMER,
    NO_USER_ID,
    Joined,
    RecommenderConfig,
    clipped_items,
    read_transformed,
    transformer_event,
)
from engagement.domain.run import Plan, Treatment
from engagement.errors import EngagementError

Json = dict[str, Any]
THREADS = 10
FAILURES_BEFORE_GIVING_UP = 5
TRANSFORMER_BATCH = 50


def join_recommendations(
    *,
    recommender: ports.Recommender,
    functions: ports.Functions,
    plan: Plan,
    treatment: Treatment,
    endpoints: Mapping[str, Mapping[str, Any]],
) -> dict[str, Joined]:
    """One ``Joined`` per endpoint (Pinpoint's field names, by id) for a template that uses recommendations."""
    if treatment.recommender is None:
        return {endpoint_id: Joined(fallback=FALLBACK_NOT_CONFIGURED) for endpoint_id in endpoints}
    config = RecommenderConfig.of(treatment.recommender)
    joined = _ask_for_all(recommender, config, endpoints)
    if not config.transformer:
        return joined
    wanted = [endpoint_id for endpoint_id, found in joined.items() if found.items]
    for first in range(0, len(wanted), TRANSFORMER_BATCH):
        items = {endpoint_id: joined[endpoint_id].items for endpoint_id in wanted[first : first + TRANSFORMER_BATCH]}
        transformed = _transform(functions, config.transformer, plan, treatment, endpoints, items)
        joined.update(
            {one: replace(new, fallback=new.fallback or joined[one].fallback) for one, new in transformed.items()}
        )
    return joined


def _ask_for_all(
    recommender: ports.Recommender, config: RecommenderConfig, endpoints: Mapping[str, Mapping[str, Any]]
) -> dict[str, Joined]:
    asked = {endpoint_id: config.asks_about(endpoint) for endpoint_id, endpoint in endpoints.items()}
    joined = {endpoint_id: Joined(not_mailed=NO_USER_ID) for endpoint_id, user in asked.items() if user is None}
    users = sorted({user for user in asked.values() if user is not None})
    if not users:
        return joined
    if is_stored(config.provider_uri):
        answers = _read_stored(recommender, config, users)
    else:
        round_ = _Round(recommender, config)
        with ThreadPoolExecutor(max_workers=min(THREADS, len(users))) as pool:
            answers = dict(zip(users, pool.map(round_.ask, users)))
    joined.update({endpoint_id: answers[user] for endpoint_id, user in asked.items() if user is not None})
    return joined


def _read_stored(recommender: ports.Recommender, config: RecommenderConfig, users: list[str]) -> dict[str, Joined]:
    """Everybody's own items; who is not in the results gets the popular ones, if the results hold them."""
    try:
        stored = recommender.recommend_stored(config.provider_uri, [*users, UNKNOWN_USER], config.count)
    except EngagementError:
        return dict.fromkeys(users, Joined(fallback=FALLBACK_PROVIDER))
    popular = clipped_items(stored.get(UNKNOWN_USER, ()))
    other = Joined(popular, fallback=FALLBACK_POPULAR) if popular else Joined(fallback=FALLBACK_NO_ITEMS)
    return {user: Joined(clipped_items(stored[user])) if stored.get(user) else other for user in users}


class _Round:
    """The questions of one batch: stops asking after failures in a row."""

    def __init__(self, recommender: ports.Recommender, config: RecommenderConfig) -> None:
        self._recommender, self._config = recommender, config
        self._failures = 0
        self._lock = threading.Lock()

    def ask(self, user_id: str) -> Joined:
        with self._lock:
            if self._failures >= FAILURES_BEFORE_GIVING_UP:
                return Joined(fallback=FALLBACK_PROVIDER)
        try:
            items = self._recommender.recommend(self._config.provider_uri, user_id, self._config.count)
        except EngagementError:
            with self._lock:
                self._failures += 1
            return Joined(fallback=FALLBACK_PROVIDER)
        with self._lock:
            self._failures = 0
        found = clipped_items(items)[: self._config.count]
        return Joined(found) if found else Joined(fallback=FALLBACK_NO_ITEMS)


def _transform(
    functions: ports.Functions,
    name: str,
    plan: Plan,
    treatment: Treatment,
    endpoints: Mapping[str, Mapping[str, Any]],
    items: Mapping[str, tuple[str, ...]],
) -> dict[str, Joined]:
    event = transformer_event(
        app_id=plan.app_id,
        campaign_id=plan.campaign_id,
        treatment_id=treatment.id,
        activity_id=treatment.activity_id,
        scheduled_time=plan.scheduled_start,
        endpoints={endpoint_id: endpoints[endpoint_id] for endpoint_id in items},
        items=items,
    )
    try:
        answer = functions.invoke(name, event)
    except EngagementError:
        return {endpoint_id: Joined(found, fallback=FALLBACK_TRANSFORMER) for endpoint_id, found in items.items()}
    return read_transformed(answer, items)
