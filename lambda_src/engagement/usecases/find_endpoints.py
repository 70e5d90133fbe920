"""Endpoints by their id or by their user: read and delete."""

from __future__ import annotations

from typing import Any

from engagement.domain.endpoint import Endpoint, endpoint_document
from engagement.domain.refusal import shown
from engagement.errors import NotFound


def find_endpoint(app: Any, app_id: str, endpoint_id: str) -> dict[str, Any]:
    """The EndpointResponse. Raises NotFound."""
    return endpoint_document(_existing(app.endpoints.get(app_id, endpoint_id), endpoint_id))


def delete_endpoint(app: Any, app_id: str, endpoint_id: str) -> dict[str, Any]:
    """Answers the endpoint as it was. Raises NotFound."""
    return endpoint_document(_existing(app.endpoints.delete(app_id, endpoint_id), endpoint_id))


def find_user_endpoints(app: Any, app_id: str, user_id: str) -> dict[str, Any]:
    """The EndpointsResponse of a user. Raises NotFound for a user without endpoints."""
    endpoints = app.endpoints.of_user(app_id, user_id)
    if not endpoints:
        raise NotFound(f"user '{shown('UserId', user_id)}' does not exist: no endpoint of this application has it")
    return {"Item": [endpoint_document(endpoint) for endpoint in endpoints]}


def delete_user_endpoints(app: Any, app_id: str, user_id: str) -> dict[str, Any]:
    """Deletes all endpoints of a user, and so the user; answers them as they were. Raises NotFound."""
    answer = find_user_endpoints(app, app_id, user_id)
    for document in answer["Item"]:
        app.endpoints.delete(app_id, document["Id"])
    return answer


def _existing(endpoint: Endpoint | None, endpoint_id: str) -> Endpoint:
    if endpoint is None:
        raise NotFound(f"endpoint '{shown('EndpointId', endpoint_id)}' does not exist in this application")
    return endpoint
