"""The local Personalize as an ASGI application: ``personalize.local_service.asgi:app``."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from personalize.local_service.errors import ServiceError
from personalize.local_service.service import CONTROL_PAGE, Caller, Service
from personalize.local_service.wire import Answer, is_control, read_call, write_answer, write_error

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
log = logging.getLogger("personalize")


class PersonalizeApp:
    """One service for the life of the process; it is made with the first request, nothing happens at import."""

    def __init__(self) -> None:
        self._service: Service | None = None
        self._making = threading.Lock()

    def service(self) -> Service:
        with self._making:
            if self._service is None:
                self._service = Service.from_environment(os.environ)
            return self._service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            body = await _body(receive)
            if body is not None:
                # In a thread: a ranking over a large catalogue must not hold up the other services of this port.
                answer = await asyncio.to_thread(self._answer, scope, body)
                await _send(send, answer)

    def _answer(self, scope: Scope, body: bytes) -> Answer:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        method, path = scope["method"], scope["path"]
        try:
            service = self.service()
        except ValueError as error:
            log.error("%s", error)
            return write_error(ServiceError("InvalidInputException", str(error)), control=is_control(headers))
        if path.rstrip("/") == CONTROL_PAGE:
            return _control_page(service, method, body)
        call = None
        try:
            call = read_call(method, path, headers, body)
            return write_answer(call, service.perform(call.operation, call.request, _caller(scope, headers)))
        except ServiceError as error:
            return write_error(error, control=is_control(headers), call=call)
        except Exception:
            log.exception("%s %s failed", method, headers.get("x-amz-target", path))
            failure = ServiceError("InternalServerException", "The local Personalize failed; its log says where.", 500)
            return write_error(failure, control=is_control(headers))


def _caller(scope: Scope, headers: dict[str, str]) -> Caller:
    _, _, credential = headers.get("authorization", "").partition("Credential=")
    parts = credential.split(",", 1)[0].split("/")
    server = scope.get("server")
    port = server[1] if server and server[1] else None
    host = f"{server[0]}:{port}" if server and port else headers.get("host", "127.0.0.1")
    return Caller(region=parts[2] if len(parts) >= 5 else "us-east-1", endpoint_url=f"http://{host}")


def _control_page(service: Service, method: str, body: bytes) -> Answer:
    """GET shows pace, injected failures and calls so far; POST changes the first two."""
    headers = {"content-type": "application/json"}
    try:
        if method == "POST":
            service.settings.change(_json(body or b"{}"))
    except ValueError as error:
        return Answer(400, headers, json.dumps({"message": str(error)}).encode())
    return Answer(200, headers, json.dumps(service.settings.shown()).encode())


def _json(body: bytes) -> Any:
    """Raises ValueError, UnicodeDecodeError among them."""
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("the settings are nested too deep") from None
    except ValueError as error:
        raise ValueError(f"the settings are not JSON: {error}") from None


async def _body(receive: Receive) -> bytes | None:
    """None when the client left before its request was complete."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def _send(send: Send, answer: Answer) -> None:
    headers = {**answer.headers, "content-length": str(len(answer.body))}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


app = PersonalizeApp()
