"""Describe, List and Delete, which are alike for every kind of resource."""

from __future__ import annotations

import base64
import binascii
import functools
import json
from typing import TYPE_CHECKING, Any

from personalize.local_service.errors import ServiceError, in_use
from personalize.local_service.kinds import DATASET, KINDS, SOLUTION_VERSION, Kind
from personalize.local_service.store import Resource

if TYPE_CHECKING:
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]
DEFAULT_PAGE = 100


def describe(kind: Kind, service: Service, caller: Caller, request: Json) -> Json:
    with service.store.lock:
        resource = service.store.get(request[kind.arn_member], kind)
        return {kind.answer: json.loads(json.dumps(resource.body))}


def list_all(kind: Kind, service: Service, caller: Caller, request: Json) -> Json:
    filters = {name: value for name, value in request.items() if name not in ("nextToken", "maxResults")}
    if kind is SOLUTION_VERSION and "solutionArn" in filters:
        service.store.get(filters["solutionArn"])
    region = f":personalize:{caller.region}:"
    with service.store.lock:
        found = [r for r in service.store.of_kind(kind, **filters) if region in r.arn]
        bodies = [dict(resource.body) for resource in found]
    member = "Filters" if kind.noun == "Filter" else kind.plural_noun[0].lower() + kind.plural_noun[1:]
    return page(bodies, member, request, scope=[kind.noun, caller.region, filters])


def page(rows: list[Json], member: str, request: Json, *, scope: Any) -> Json:
    """One page of ``rows``; a token is only good for the same list with the same filters."""
    start = _read_token(request["nextToken"], scope) if "nextToken" in request else 0
    end = start + request.get("maxResults", DEFAULT_PAGE)
    token = base64.urlsafe_b64encode(json.dumps([scope, end]).encode()).decode() if end < len(rows) else None
    return {member: rows[start:end], "nextToken": token}


def _read_token(token: str, scope: Any) -> int:
    try:
        made_for, start = json.loads(base64.urlsafe_b64decode(token))
        if made_for == json.loads(json.dumps(scope)) and isinstance(start, int) and start >= 0:
            return start
    except (ValueError, TypeError, binascii.Error):
        pass
    raise ServiceError("InvalidNextTokenException", "The nextToken is not valid for this list.")


def delete(kind: Kind, service: Service, caller: Caller, request: Json) -> Json:
    """Raises ResourceInUse while it is created or deleted, or while something that needs it exists."""
    with service.store.lock:
        resource = service.store.get(request[kind.arn_member], kind)
        if resource.unfinished or resource.status.startswith("DELETE"):
            raise in_use(f"{kind.label} {resource.arn} is in status {resource.status}.")
        blocker = _blocker(service, resource)
        if blocker is not None:
            raise in_use(
                f"{kind.label} {resource.arn} is used by {blocker.kind.label} {blocker.arn}; delete that first."
            )
        if "status" in resource.body:
            service.lifecycle.delete(resource.body, lambda: _remove(service, resource))
        else:
            service.store.remove(resource)
    return {}


def _blocker(service: Service, resource: Resource) -> Resource | None:
    dependents = service.store.children(resource)
    if resource.kind is DATASET:
        group = resource.parents["datasetGroupArn"]
        dependents += [v for v in service.store.of_kind(SOLUTION_VERSION, datasetGroupArn=group) if v.unfinished]
    hard = (r for r in dependents if r.kind.noun in resource.kind.blocked_by or r.unfinished)
    return next(hard, None)


def _remove(service: Service, resource: Resource) -> None:
    """What hangs on it and did not stand in the way (versions, finished jobs, filters) goes with it."""
    for child in service.store.children(resource):
        if service.store.find(child.arn) is not None:
            _remove(service, child)
    service.store.remove(resource)


def _operations() -> dict[str, Operation]:
    found: dict[str, Operation] = {}
    for kind in KINDS:
        found[f"Describe{kind.noun}"] = functools.partial(describe, kind)
        found[f"List{kind.plural_noun}"] = functools.partial(list_all, kind)
        if kind.deletable:
            found[f"Delete{kind.noun}"] = functools.partial(delete, kind)
    return found


OPERATIONS = _operations()
