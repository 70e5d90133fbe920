"""Pages of the kit under ``/_kit/``, on the same port as the AWS services.

==============================  ======================================================================================
GET /_kit/health                ``{"status": "ready", ...}``
GET, DELETE /_kit/mailbox       every mail delivered, newest last; DELETE empties it
GET /_kit/inbox                 the same for the eye
GET, POST /_kit/people          why each person got what she got: ``{address: {...}}`` of scripts/inbox; POST replaces
GET /_kit/events                SES event records so far, oldest first
GET, POST, DELETE /_kit/faults  see faults.py
GET, POST /_kit/personalize     pace and faults of the local Personalize (answered by personalize/local_service)
GET /_kit/open/<id>             tells SES that the mail was opened (a transparent pixel)
GET /_kit/click/<id>?link=URL   tells SES that a link was clicked, then goes there
==============================  ======================================================================================
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from html import unescape
from typing import Any

from scripts.inbox import Tracking, render_inbox
from scripts.local_aws.exchange import Request, Response, json_response
from scripts.local_aws.faults import SesFaults
from scripts.local_aws.ses_sending import SesSending

PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
SAFE_LINKS = ("http://", "https://")


@dataclass
class KitPages:
    endpoint_url: str
    ses: SesSending
    _people: dict[str, Any] = field(default_factory=dict)

    def claims(self, method: str, path: str, headers: dict[str, str]) -> bool:
        return path.startswith("/_kit/")

    async def answer(self, request: Request) -> Response | None:
        pages: dict[str, Callable[[Request, str], Response]] = {
            "health": self._health,
            "mailbox": self._mailbox,
            "inbox": self._inbox,
            "people": self._people_page,
            "events": self._events,
            "faults": self._faults,
            "open": self._open,
            "click": self._click,
        }
        name, _, rest = request.path.removeprefix("/_kit/").partition("/")
        page = pages.get(name)
        if page is None:
            return _problem(f"no such page: {request.path}; there are {', '.join(sorted(pages))}", 404)
        try:
            return page(request, rest)
        except ValueError as error:
            return _problem(str(error), 400)

    def _health(self, request: Request, rest: str) -> Response:
        return json_response({"status": "ready", "pid": os.getpid(), "endpoint_url": self.endpoint_url})

    def _mailbox(self, request: Request, rest: str) -> Response:
        if request.method == "DELETE":
            return json_response({"deleted": self.ses.mailbox.empty()})
        return json_response([mail.as_json() for mail in self.ses.mailbox.all()])

    def _inbox(self, request: Request, rest: str) -> Response:
        mails = [mail.as_json() for mail in self.ses.mailbox.all()]
        page = render_inbox(mails, self._people, title="Local inbox", tracking=Tracking(f"{self.endpoint_url}/_kit"))
        return Response(
            200,
            page.encode("utf-8", "replace"),
            {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"},
        )

    def _people_page(self, request: Request, rest: str) -> Response:
        if request.method == "POST":
            self._people = request.json()
        return json_response(self._people)

    def _events(self, request: Request, rest: str) -> Response:
        return json_response(self.ses.publisher.history)

    def _faults(self, request: Request, rest: str) -> Response:
        if request.method == "DELETE":
            self.ses.faults = SesFaults()
        if request.method == "POST":
            self.ses.faults = SesFaults.of(request.json().get("ses") or {})
        shown = {k: sorted(v) if isinstance(v, frozenset) else v for k, v in asdict(self.ses.faults).items()}
        return json_response({"ses": shown})

    def _open(self, request: Request, rest: str) -> Response:
        self.ses.opened(rest.removesuffix(".gif"), "127.0.0.1", request.headers.get("user-agent", ""))
        return Response(200, PIXEL, {"content-type": "image/gif", "cache-control": "no-store"})

    def _click(self, request: Request, rest: str) -> Response:
        link, mail = request.query.get("link", ""), self.ses.mailbox.get(rest)
        if mail is None or not link.startswith(SAFE_LINKS) or link not in unescape(mail.parsed.html or ""):
            return _problem("that mail has no such link", 404)
        self.ses.clicked(rest, link, "127.0.0.1", request.headers.get("user-agent", ""))
        return Response(302, b"", {"location": link})


def _problem(message: str, status: int) -> Response:
    return json_response({"message": message}, status)
