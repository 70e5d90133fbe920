"""The public unsubscribe link of every mail: GET asks, POST does it (RFC 8058: one click of a mail program)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from engagement.api import unsubscribe_pages as pages
from engagement.api.dispatch import fault_of
from engagement.api.http_event import http_answer, log_line, method_of, path_of, request_id_of
from engagement.app import app
from engagement.errors import BadRequest
from engagement.usecases.opt_out_by_link import opt_out_by_link, read_link

PREFIX = "/unsubscribe/"


@dataclass
class Outcome:
    status: int
    page: str
    allow: str | None = None
    changed: bool | None = None
    fault: str | None = None


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """API Gateway HTTP API, payload 2.0, in and out; without authorisation: the signed token is the proof."""
    started = time.perf_counter()
    method = method_of(event)
    outcome = _answer(method, path_of(event, "unsubscribe").removeprefix(PREFIX))
    log_line(
        message="unsubscribe link followed",
        method=method,
        status=outcome.status,
        changed=outcome.changed,
        fault=outcome.fault,
        ms=round((time.perf_counter() - started) * 1000, 1),
        request_id=request_id_of(event, context),
    )
    headers = {**pages.HEADERS, **({"Allow": outcome.allow} if outcome.allow else {})}
    return http_answer(outcome.status, "" if method == "HEAD" else outcome.page, headers)


def _answer(method: str, token: str) -> Outcome:
    if method not in ("GET", "HEAD", "POST"):
        return Outcome(405, pages.wrong_method(), allow="GET, HEAD, POST")
    try:
        if method != "POST":
            read_link(app(), token)
            return Outcome(200, pages.confirmation())
        opted_out = opt_out_by_link(app(), token)
    except BadRequest:
        return Outcome(400, pages.bad_link())
    except Exception as error:
        return Outcome(500, pages.failed(), fault=fault_of(error))
    return Outcome(200, pages.done(), changed=opted_out.changed, fault=opted_out.event_lost)
