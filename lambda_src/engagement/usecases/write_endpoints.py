"""UpdateEndpoint and UpdateEndpointsBatch: check everything first, then merge everything or nothing.

What a value may be: domain/endpoint_fields.py; what merging does, and who makes room for a 16th endpoint:
domain/endpoint_merge.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from engagement.domain.endpoint import EndpointUpdate
from engagement.domain.endpoint_fields import Refused
from engagement.domain.endpoint_update import endpoint_update
from engagement.errors import BadRequest

MAX_BATCH = 100
ACCEPTED = {"Message": "Accepted"}


def write_endpoint(app: Any, app_id: str, endpoint_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Merge one EndpointRequest. Raises BadRequest naming path, value and rule; then nothing was written."""
    return _write(app, app_id, [_checked(endpoint_id, request, "EndpointRequest.")], [""])


def write_endpoints(app: Any, app_id: str, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge up to 100 items, in order. One wrong item refuses the whole batch, naming its index and path."""
    if not items:
        raise BadRequest("Item: the list is empty; send 1 to 100 items")
    if len(items) > MAX_BATCH:
        raise BadRequest(f"Item: has {len(items)} items, the limit is {MAX_BATCH}; send several batches")
    updates = []
    for index, item in enumerate(items):
        if not item.get("Id"):
            raise BadRequest(f"Item[{index}].Id: is missing; every item of a batch names its endpoint")
        updates.append(_checked(item["Id"], item, f"Item[{index}]."))
    return _write(app, app_id, updates, [f"Item[{index}]." for index in range(len(items))])


def _checked(endpoint_id: str, document: Mapping[str, Any], path: str) -> EndpointUpdate:
    try:
        return endpoint_update(endpoint_id, document, path=path)
    except Refused as refused:
        raise BadRequest(refused.refusal.message) from None


def _write(app: Any, app_id: str, updates: Sequence[EndpointUpdate], paths: Sequence[str]) -> dict[str, Any]:
    request_id = uuid4().hex
    named = [update if update.request_id else update._replace(request_id=request_id) for update in updates]
    outcomes = app.endpoints.apply(app_id, named, app.clock.now(), together=True)
    for outcome, path in zip(outcomes, paths):
        if outcome.refusal is not None:
            raise BadRequest(replace(outcome.refusal, path=path + outcome.refusal.path).message)
    return dict(ACCEPTED)
