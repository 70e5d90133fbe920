"""The engine behind a real HTTP server in this process: API Gateway's event in, the handler's answer out.

``decodes_early`` builds the path as an HTTP API does: every escape decoded but ``%25``. Without it the path is handed
on as the client sent it, as a REST API or a function URL does.
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import boto3
from botocore.config import Config

Json = dict[str, Any]
Handle = Callable[[Json, Any], Json]
_ESCAPES = re.compile(r"(?:%(?!25)[0-9A-Fa-f]{2})+")


def http_event(
    method: str,
    path: str,
    *,
    query: str = "",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    decodes_early: bool = True,
    stage: str = "$default",
    request_id: str = "request-1",
) -> Json:
    """An HTTP API event, payload 2.0; binary bodies come as base64, as API Gateway sends them."""
    raw_path = _ESCAPES.sub(lambda run: unquote(run.group()), path) if decodes_early else path
    event: Json = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in (headers or {}).items()},
        "requestContext": {
            "stage": stage,
            "requestId": request_id,
            "http": {"method": method, "path": raw_path, "protocol": "HTTP/1.1"},
        },
        "isBase64Encoded": False,
    }
    if body:
        try:
            event["body"] = body.decode()
        except UnicodeDecodeError:
            event["body"], event["isBase64Encoded"] = base64.b64encode(body).decode(), True
    return event


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two would wait 40 ms for each other on a kept connection
    handle_event: Handle
    decodes_early = True

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        event = http_event(
            self.command,
            path,
            query=query,
            body=body,
            headers=dict(self.headers.items()),
            decodes_early=type(self).decodes_early,
        )
        answer = type(self).handle_event(event, None)
        content = answer["body"].encode()
        self.send_response(answer["statusCode"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = _serve

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def engine_server(handle: Handle, *, decodes_early: bool = True) -> Iterator[str]:
    """Answers the URL of a server on a free port of this machine; ends it afterwards."""
    requests = type("Requests", (_Requests,), {"handle_event": staticmethod(handle), "decodes_early": decodes_early})
    server = ThreadingHTTPServer(("127.0.0.1", 0), requests)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@cache
def _session() -> boto3.Session:
    """One session for all tests: it keeps the service model, which takes a tenth of a second to read."""
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")


def pinpoint_client(url: str) -> Any:
    """An unmodified boto3 client that asks once."""
    return _session().client("pinpoint", endpoint_url=url, config=Config(retries={"total_max_attempts": 1}))
