"""The engagement API: every request of a Pinpoint client comes in here."""

from __future__ import annotations

import time
from typing import Any

from engagement.api.dispatch import WireRequest, answer
from engagement.api.http_event import (
    body_of,
    http_answer,
    log_line,
    method_of,
    path_of,
    query_of,
    request_id_of,
)
from engagement.app import app


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """API Gateway HTTP API, payload 2.0, in and out."""
    started = time.perf_counter()
    request = WireRequest(
        method=method_of(event),
        path=path_of(event, "v1"),
        query=query_of(event),
        body=body_of(event),
        request_id=request_id_of(event, context),
    )
    given = answer(app(), request)
    log_line(
        message="request served",
        operation=given.operation,
        status=given.status,
        error=given.error,
        fault=given.fault,
        ms=round((time.perf_counter() - started) * 1000, 1),
        request_id=request.request_id,
    )
    return http_answer(given.status, given.body, given.headers)
