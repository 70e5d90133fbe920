"""Calls of ministack's services from our own services, in the same process: no socket, no client library."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from ministack.core.concurrency import run_reentrant
from ministack.core.responses import request_scope

from scripts.local_aws.exchange import AsgiApp, Request, Response, ask

Json = dict[str, Any]


@dataclass(frozen=True)
class Caller:
    """On whose behalf: the access key and region of the request that is being answered."""

    access_key: str = "test"
    region: str = "us-east-1"

    @classmethod
    def of(cls, request: Request) -> Caller:
        credential = request.headers.get("authorization", "").partition("Credential=")[2].split(",")[0].split("/")
        return cls(credential[0], credential[2]) if len(credential) >= 5 else cls()

    @property
    def account_id(self) -> str:
        return self.access_key if self.access_key.isdigit() and len(self.access_key) == 12 else "000000000000"

    def headers(self, service: str) -> dict[str, str]:
        scope = f"{self.access_key}/20200101/{self.region}/{service}/aws4_request"
        return {"authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=local"}


@dataclass(frozen=True)
class InProcessAws:
    ministack: AsgiApp

    async def ses(self, caller: Caller, method: str, path: str, body: Json | None = None) -> Response:
        """SES v2; ``path`` below /v2/email, its parts quoted by the caller (``quote_part``)."""
        content = json.dumps(body).encode() if body is not None else b""
        return await self._ask(caller, "ses", method, f"/v2/email{path}", content, "application/json")

    async def query(self, caller: Caller, service: str, action: str, values: Mapping[str, str]) -> Response:
        """The Query protocol: SES v1, SNS."""
        content = urlencode({"Action": action, **values}).encode()
        return await self._ask(caller, service, "POST", "/", content, "application/x-www-form-urlencoded")

    async def target(self, caller: Caller, service: str, target: str, body: Json) -> Response:
        """The JSON protocol: Firehose."""
        headers = {"x-amz-target": target}
        return await self._ask(
            caller, service, "POST", "/", json.dumps(body).encode(), "application/x-amz-json-1.1", headers
        )

    async def put_service_event(self, caller: Caller, entry: Json) -> None:
        """An event whose source is an AWS service: EventBridge refuses those from anybody but AWS itself."""
        from ministack.services import eventbridge

        def put() -> None:
            with request_scope(caller.account_id, caller.region):
                eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

        await run_reentrant(copy_context().run, put)

    async def _ask(
        self,
        caller: Caller,
        service: str,
        method: str,
        path: str,
        body: bytes,
        content_type: str,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        all_headers = {**caller.headers(service), "content-type": content_type, **(headers or {})}
        return await ask(self.ministack, Request(method, path, all_headers, body=body))


def quote_part(text: str) -> str:
    return quote(text, safe="")
