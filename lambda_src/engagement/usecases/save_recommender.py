"""Create, change, find and remove recommender configurations: they belong to the account, not to an application."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from engagement.domain.application import timestamp
from engagement.domain.recommender_configuration import MAX_CONFIGURATIONS, configuration_body
from engagement.errors import BadRequest, NotFound
from engagement.ports import Document
from engagement.usecases.upsert_document import upsert_document

Json = dict[str, Any]
RECOMMENDERS = "recommenders"


def create_recommender(app: Any, request: Json) -> Json:
    """Answers the RecommenderConfigurationResponse. Raises BadRequest, also at the 101st configuration."""
    recommender_id = uuid4().hex
    body = configuration_body(recommender_id, request, "CreateRecommenderConfiguration", timestamp(app.clock.now()))
    if len(app.documents.list(RECOMMENDERS, limit=MAX_CONFIGURATIONS).items) >= MAX_CONFIGURATIONS:
        raise BadRequest(f"there are {MAX_CONFIGURATIONS} recommender configurations already; delete one first")
    return app.documents.create(RECOMMENDERS, recommender_id, body).body


def change_recommender(app: Any, recommender_id: str, request: Json) -> Json:
    """Replace the configuration: members that the request leaves out are not set any more. Raises NotFound."""
    body = configuration_body(recommender_id, request, "UpdateRecommenderConfiguration", timestamp(app.clock.now()))

    def change(current: Document | None) -> Json:
        return {**body, "CreationDate": _known(current, recommender_id).body["CreationDate"]}

    return upsert_document(app.documents, RECOMMENDERS, recommender_id, change).body


def find_recommender(app: Any, recommender_id: str) -> Json:
    """Raises NotFound."""
    return _known(app.documents.get(RECOMMENDERS, recommender_id), recommender_id).body


def remove_recommender(app: Any, recommender_id: str) -> Json:
    """Answers the configuration as it was. Raises NotFound. Mails of templates that name it get their defaults."""
    return _known(app.documents.delete(RECOMMENDERS, recommender_id), recommender_id).body


def _known(found: Document | None, recommender_id: str) -> Document:
    if found is None:
        raise NotFound(f"recommender configuration {recommender_id[:64]} does not exist")
    return found
