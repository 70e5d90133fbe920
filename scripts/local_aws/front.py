"""The one ASGI application of the local AWS: our services first, ministack for the rest."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from scripts.local_aws.exchange import (
    AsgiApp,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    credential_scope,
    headers_of,
    json_response,
    read_request,
    replay,
    send_response,
)

log = logging.getLogger("local_aws")


class Service(Protocol):
    """A service of ours on the same port."""

    def claims(self, method: str, path: str, headers: dict[str, str]) -> bool:
        """Is this request ours? Asked for every request, before its body is read: cheap."""

    async def answer(self, request: Request) -> Response | None:
        """The answer, or None to let ministack answer this request after all."""


def is_personalize(path: str, headers: dict[str, str]) -> bool:
    """Personalize has three endpoints at AWS (control, runtime, events), all signed as ``personalize``."""
    if path == "/_kit/personalize":
        return True
    return credential_scope(headers) == "personalize" or headers.get("x-amz-target", "").startswith("AmazonPersonalize")


@dataclass(frozen=True)
class Front:
    """``services`` are asked in order; the first that claims a request answers it."""

    ministack: AsgiApp
    personalize: AsgiApp
    services: Sequence[Service]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.ministack(scope, receive, send)
            return
        headers = headers_of(scope)
        if is_personalize(scope["path"], headers):
            await self.personalize(scope, receive, send)
            return
        service = self._claimant(scope["method"], scope["path"], headers)
        if service is None:
            await self.ministack(scope, receive, send)
            return
        await self._serve(service, scope, receive, send)

    def _claimant(self, method: str, path: str, headers: dict[str, str]) -> Service | None:
        return next((s for s in self.services if s.claims(method, path, headers)), None)

    async def _serve(self, service: Service, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await read_request(scope, receive)
        except ConnectionError:
            return
        try:
            response = await service.answer(request)
        except Exception as error:
            log.exception("%s %s failed", scope["method"], scope["path"])
            text = f"the local AWS failed: {type(error).__name__}; its log has the traceback"
            response = json_response({"message": text}, 500)
        if response is None:
            await self.ministack(scope, replay(request.body), send)
        else:
            await send_response(send, response)
