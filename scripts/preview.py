"""What a person would get, without sending: the engine's own rules for recommendation, transformer and rendering."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from engagement.domain.batch_results import UNKNOWN_USER, is_stored
from engagement.domain.email_content import EmailContent, parts_of_template
from engagement.domain.mime_message import Content
from engagement.domain.recommendation import (
    FALLBACK_NO_ITEMS,
    FALLBACK_POPULAR,
    NO_USER_ID,
    Joined,
    RecommenderConfig,
    clipped_items,
    read_transformed,
    transformer_event,
)
from engagement.domain.template import USUAL, Options
from engagement.ports import BatchResults
from scripts.sample_run import recommendations_now

Json = dict[str, Any]


@dataclass(frozen=True)
class Preview:
    """One endpoint's mail as it would be: recommended items with scores, the rendered parts, or why there is none.

    ``endpoint_id`` is None for a person without an email endpoint: shown is what they would get with one.
    """

    endpoint_id: str | None
    user_id: str | None
    recommended: tuple[Json, ...]
    content: Content | None
    fallback: str | None = None
    not_mailed: str | None = None

    def as_json(self) -> Json:
        """For --json; no address is in it."""
        parts = {} if self.content is None else {
            "subject": self.content.subject, "html": self.content.html, "text": self.content.text,
        }  # fmt: skip
        return {
            "endpoint_id": self.endpoint_id,
            "user_id": self.user_id,
            "recommended": list(self.recommended),
            "fallback": self.fallback,
            "not_mailed": self.not_mailed,
            **parts,
        }


def without_endpoint(application_id: str, user_id: str) -> Json:
    """An endpoint in Pinpoint's shape for a user of whom the project knows nothing; its id is empty."""
    return {"Id": "", "ApplicationId": application_id, "ChannelType": "EMAIL", "User": {"UserId": user_id}}


def options_of(outputs: Mapping[str, Any]) -> Options:
    """How this environment's templates behave; one that was deployed before it could be said has the usual way."""
    told = outputs.get("templates")
    return Options.of_settings(str(told["each_limit"]), told["compare"]) if told else USUAL


def preview_endpoint(
    clients: Any,
    endpoint: Json,
    template: Json,
    configuration: Json | None,
    *,
    results: BatchResults | None = None,
    options: Options = USUAL,
) -> Preview:
    """Render ``template`` for ``endpoint`` (both in Pinpoint's response shapes); ``results`` of batch inference.

    Raises botocore ClientError when the recommender or the transformer cannot be asked.
    """
    endpoint_id = endpoint["Id"] or None
    user_id = (endpoint.get("User") or {}).get("UserId")
    email = EmailContent(parts_of_template(template), options)
    if configuration is None:
        return Preview(endpoint_id, user_id, (), email.render(endpoint, now=datetime.now(UTC)))
    config = RecommenderConfig.of(configuration)
    asked = config.asks_about(endpoint)
    if asked is None:
        return Preview(endpoint_id, user_id, (), None, not_mailed=NO_USER_ID)
    found, fallback = _recommended(clients, config, asked, results)
    joined = _joined(clients, config, endpoint, clipped_items(item["item"] for item in found))
    joined = replace(joined, fallback=joined.fallback or fallback)
    content = None if joined.not_mailed else email.render({**endpoint, **joined.context()}, now=datetime.now(UTC))
    return Preview(endpoint_id, user_id, tuple(found), content, joined.fallback, joined.not_mailed)


def _recommended(
    clients: Any, config: RecommenderConfig, user_id: str, results: BatchResults | None
) -> tuple[list[Json], str | None]:
    """Items with scores, and why they are not this user's own. Stored results hold no scores."""
    if not is_stored(config.provider_uri):
        now = recommendations_now(clients, campaign_arn=config.provider_uri, user_id=user_id, count=config.count)
        return now, None
    stored = results.items_of(config.provider_uri, [user_id, UNKNOWN_USER]) if results else {}
    items = stored.get(user_id) or stored.get(UNKNOWN_USER, ())
    fallback = None if user_id in stored else FALLBACK_POPULAR if items else FALLBACK_NO_ITEMS
    return [{"item": item, "score": None} for item in items[: config.count]], fallback


def _joined(clients: Any, config: RecommenderConfig, endpoint: Json, items: tuple[str, ...]) -> Joined:
    if not config.transformer or not items:
        return Joined(items)
    event = transformer_event(
        app_id=endpoint.get("ApplicationId", ""), campaign_id="preview", treatment_id="0", activity_id="preview",
        scheduled_time="", endpoints={endpoint["Id"]: endpoint}, items={endpoint["Id"]: items},
    )  # fmt: skip
    answer = clients.client("lambda").invoke(FunctionName=config.transformer, Payload=json.dumps(event).encode())
    payload = json.loads(answer["Payload"].read() or b"null")
    return read_transformed(None if answer.get("FunctionError") else payload, {endpoint["Id"]: items})[endpoint["Id"]]
