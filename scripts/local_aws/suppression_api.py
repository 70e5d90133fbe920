"""The suppression list's part of SES's v2 API."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scripts.local_aws.aws_in_process import Caller
from scripts.local_aws.exchange import Request, Response, json_response
from scripts.local_aws.ses_errors import SesError
from scripts.local_aws.suppression import REASONS, Suppressed, SuppressionList

Json = dict[str, Any]
Handler = Callable[[Caller, Request, Json], Awaitable[Response | None]]
MAX_PAGE = 1000


@dataclass(frozen=True)
class SuppressionApi:
    entries: SuppressionList

    def handler(self, method: str, path: str) -> Handler | None:
        """``path`` below /v2/email."""
        match method, path.strip("/").split("/"):
            case "PUT", ["account", "suppression"]:
                return self._put_account_attributes
            case "PUT", ["suppression", "addresses"]:
                return self._put
            case "GET", ["suppression", "addresses"]:
                return self._list
            case "GET", ["suppression", "addresses", _]:
                return self._get
            case "DELETE", ["suppression", "addresses", _]:
                return self._delete
        return None

    async def _put_account_attributes(self, caller: Caller, request: Request, body: Json) -> Response:
        self.entries.account_reasons = tuple(_reason(r) for r in body.get("SuppressedReasons") or ())
        return json_response({})

    async def _put(self, caller: Caller, request: Request, body: Json) -> Response:
        address = body.get("EmailAddress", "")
        if "@" not in address:
            raise SesError.bad_request(f"Invalid email address <{address}>")
        self.entries.put(Suppressed(address, _reason(body.get("Reason")), datetime.now(UTC)))
        return json_response({})

    async def _get(self, caller: Caller, request: Request, body: Json) -> Response:
        address = _address(request)
        entry = self.entries.get(address)
        if entry is None:
            raise _missing(address)
        details = _summary(entry)
        if entry.message_id:
            details["Attributes"] = {"MessageId": entry.message_id, "FeedbackId": entry.message_id}
        return json_response({"SuppressedDestination": details})

    async def _delete(self, caller: Caller, request: Request, body: Json) -> Response:
        address = _address(request)
        if self.entries.remove(address) is None:
            raise _missing(address)
        return json_response({})

    async def _list(self, caller: Caller, request: Request, body: Json) -> Response:
        query = request.query
        wanted = [_reason(r) for r in query.get("Reason", "").split(",") if r] or list(REASONS)
        size = _page_size(query.get("PageSize"))
        after = _open_token(query["NextToken"]) if query.get("NextToken") else ""
        start, end = _moment(query.get("StartDate")), _moment(query.get("EndDate"))
        found = [
            entry
            for entry in self.entries.all()
            if entry.reason in wanted
            and entry.address > after
            and (start is None or entry.since >= start)
            and (end is None or entry.since <= end)
        ]
        answer: Json = {"SuppressedDestinationSummaries": [_summary(entry) for entry in found[:size]]}
        if len(found) > size:
            answer["NextToken"] = base64.urlsafe_b64encode(found[size - 1].address.encode()).decode()
        return json_response(answer)


def _summary(entry: Suppressed) -> Json:
    return {"EmailAddress": entry.address, "Reason": entry.reason, "LastUpdateTime": entry.since.timestamp()}


def _address(request: Request) -> str:
    return request.path.rpartition("/")[2]


def _missing(address: str) -> SesError:
    message = f"Email address {address} does not exist on your suppression list."
    return SesError("NotFoundException", message, status=404)


def _reason(value: Any) -> str:
    if value not in REASONS:
        raise SesError.bad_request(f"Reason must be BOUNCE or COMPLAINT, not {value!r}")
    return value


def _page_size(value: str | None) -> int:
    if value is None:
        return MAX_PAGE
    if not value.isdigit() or not 1 <= int(value) <= MAX_PAGE:
        raise SesError.bad_request(f"PageSize must be from 1 to {MAX_PAGE}, not {value!r}")
    return int(value)


def _open_token(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except ValueError as error:
        raise SesError("InvalidNextTokenException", "The specified request includes an invalid NextToken.") from error


def _moment(value: str | None) -> datetime | None:
    """ISO 8601, or seconds since 1970."""
    if not value:
        return None
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError as error:
        raise SesError.bad_request(f"{value!r} is not a date") from error
