"""One request in, one answer out: route, parse, look for the parent, call the operation, write the answer."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engagement.api.answer_shapes import answer_body
from engagement.api.registry import served_operations
from engagement.api.request_shapes import parse_request
from engagement.api.routes import match
from engagement.api.unserved_operations import not_provided
from engagement.domain.refusal import hidden
from engagement.errors import Conflict, EngagementError, TooManyRequests
from engagement.usecases.find_application import find_application

JSON_TYPE = "application/json"
CONFLICTS_MODELLED = frozenset({"UpdateJourney"})  # operations whose model has ConflictException


@dataclass(frozen=True)
class WireRequest:
    """``path`` as the client sent it, escapes included; ``query`` values decoded."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    body: bytes
    request_id: str


@dataclass(frozen=True)
class WireAnswer:
    """``operation``, ``error`` and ``fault`` are for the log: they hold nothing that a client sent.

    ``fault`` is set for the engine's own failures only: exception, places in the code, no content.
    """

    status: int
    body: str
    operation: str | None = None
    error: str | None = None
    fault: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(app: Any, request: WireRequest) -> WireAnswer:
    """Never raises: an unexpected exception becomes a 500 whose RequestID is found in the log."""
    operation: str | None = None
    try:
        matched = match(request.method, request.path)
        operation = matched.operation.name
        serve = served_operations().get(operation)
        if serve is None:
            raise not_provided(operation)
        content = parse_request(matched.operation, matched.labels, request.query, request.body)
        if "ApplicationId" in content:
            find_application(app.documents, content["ApplicationId"])
        body = answer_body(matched.operation, serve(app, content), request.request_id)
    except EngagementError as error:
        return _failed(request, operation, _as_modelled(operation, error))
    except Exception as error:
        return _failed(request, operation, EngagementError("the engine failed; its log has the reason"), cause=error)
    return WireAnswer(
        status=matched.operation.status,
        body="" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        operation=operation,
        headers=_headers(request.request_id),
    )


def _as_modelled(operation: str | None, error: EngagementError) -> EngagementError:
    """A lost race, where the operation's model has no 409, is told as what clients repeat by themselves."""
    lost_race = isinstance(error, Conflict) and operation not in CONFLICTS_MODELLED
    return TooManyRequests(error.message) if lost_race else error


def _failed(
    request: WireRequest, operation: str | None, error: EngagementError, cause: Exception | None = None
) -> WireAnswer:
    body = {"Message": error.message, "RequestID": request.request_id}
    headers = {**_headers(request.request_id), "x-amzn-ErrorType": error.wire_name}
    if error.status == 429:
        headers["Retry-After"] = "1"
    return WireAnswer(
        status=error.status,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        operation=operation,
        error=error.wire_name,
        fault=fault_of(cause or error) if error.status >= 500 else None,
        headers=headers,
    )


def _headers(request_id: str) -> dict[str, str]:
    return {"Content-Type": JSON_TYPE, "x-amzn-RequestId": request_id}


def fault_of(error: BaseException) -> str:
    """An exception for the log: type, message without addresses, and where it came from, innermost last."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename.rpartition('/lambda_src/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    cause = error.__cause__ or error.__context__
    message = f"{type(error).__name__}: {hidden(str(error)[:300])} at {' > '.join(places)}"
    return f"{message}; from {fault_of(cause)}" if cause is not None else message
