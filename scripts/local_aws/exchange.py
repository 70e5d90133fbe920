"""One HTTP request and its answer as plain values, and the way between them and ASGI."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    """A whole request. ``headers`` have lower-case names; ``path`` is decoded and without the query.

    A query name that is repeated has its values joined by commas.
    """

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; ``{}`` for an empty body. Raises ValueError for anything else."""
        if not self.body:
            return {}
        value = json.loads(self.body)
        if not isinstance(value, dict):
            raise ValueError("the body is not a JSON object")
        return value


@dataclass(frozen=True)
class Response:
    """A whole answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        return json.loads(self.body) if self.body else {}


def json_response(value: Any, status: int = 200, content_type: str = "application/json") -> Response:
    return Response(status, json.dumps(value).encode(), {"content-type": content_type})


def credential_scope(headers: dict[str, str]) -> str:
    """The signed service (``ses``, ``personalize``) out of a Signature Version 4 header, or ``""``."""
    _, found, rest = headers.get("authorization", "").partition("Credential=")
    parts = rest.split(",", 1)[0].strip().split("/")
    return parts[3] if found and len(parts) >= 5 else ""


def headers_of(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def read_request(scope: Scope, receive: Receive) -> Request:
    """Read the whole body. Raises ConnectionError when the client leaves before the end."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client closed the connection before its request was complete")
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    query: dict[str, str] = {}
    for name, value in parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return Request(scope["method"], scope["path"], headers_of(scope), query, b"".join(chunks))


async def send_response(send: Send, response: Response) -> None:
    headers = {"content-length": str(len(response.body)), **response.headers}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    await send({"type": "http.response.body", "body": response.body})


def replay(body: bytes) -> Receive:
    """A ``receive`` that hands out a body that was read already."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> MutableMapping[str, Any]:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


async def ask(app: AsgiApp, request: Request, scope: Scope | None = None) -> Response:
    """Put a request to an ASGI application in this process and answer what it says.

    ``scope`` is that of the request that is passed on, if there is one; else a scope is made from ``request``.
    """
    started: MutableMapping[str, Any] = {}
    chunks: list[bytes] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        elif message["type"] == "http.response.body":
            chunks.append(message.get("body", b""))

    await app(scope or scope_of(request), replay(request.body), send)
    headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in started.get("headers", [])}
    return Response(started.get("status", 500), b"".join(chunks), headers)


def scope_of(request: Request) -> Scope:
    """``request.path`` may be percent-encoded, as in a URL."""
    path, _, query = request.path.partition("?")
    headers = {"host": "127.0.0.1", "content-length": str(len(request.body)), **request.headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 0),
    }
