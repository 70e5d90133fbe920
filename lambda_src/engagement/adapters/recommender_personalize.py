"""Recommendations from Amazon Personalize: a campaign, or a domain recommender."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from engagement.adapters.aws_client import aws_client, translated
from engagement.adapters.backoff import pause_seconds
from engagement.errors import BadRequest, EngagementError

ATTEMPTS = 3
ANSWER_WITHIN_SECONDS = 2  # of each attempt
FIRST_PAUSE_SECONDS = 0.1


class PersonalizeRecommender:
    def __init__(self, *, client: Any = None, sleep: Callable[[float], None] = time.sleep) -> None:
        self._given, self._sleep = client, sleep

    @cached_property
    def _client(self) -> Any:
        return self._given or aws_client("personalize-runtime", attempts=1, read_timeout=ANSWER_WITHIN_SECONDS)

    def recommend(self, provider_uri: str, user_id: str, count: int) -> list[str]:
        request = {**_provider(provider_uri), "userId": user_id, "numResults": count}
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = self._client.get_recommendations(**request)
            except (BotoCoreError, ClientError) as error:
                known = translated(error, "Personalize GetRecommendations")
                if not known.retry or attempt == ATTEMPTS:
                    raise known from error
                self._sleep(pause_seconds(FIRST_PAUSE_SECONDS, attempt))
                continue
            return [item["itemId"] for item in answer.get("itemList", [])]
        raise AssertionError("the loop returns or raises")


def _provider(uri: str) -> dict[str, str]:
    if ":personalize:" in uri and ":campaign/" in uri:
        return {"campaignArn": uri}
    if ":personalize:" in uri and ":recommender/" in uri:
        return {"recommenderArn": uri}
    raise _unknown(uri)


def _unknown(uri: str) -> EngagementError:
    return BadRequest(f"{uri[:120]!r} is neither a Personalize campaign nor a Personalize recommender")
