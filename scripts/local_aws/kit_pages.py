"""Pages of the kit under ``/_kit/``, on the same port as the AWS services."""

from __future__ import annotations

import os
from dataclasses import dataclass

from scripts.local_aws.exchange import Request, Response, json_response


@dataclass(frozen=True)
class KitPages:
    endpoint_url: str

    def claims(self, method: str, path: str, headers: dict[str, str]) -> bool:
        return path.startswith("/_kit/")

    async def answer(self, request: Request) -> Response | None:
        if request.path == "/_kit/health":
            return json_response({"status": "ready", "pid": os.getpid(), "endpoint_url": self.endpoint_url})
        return json_response({"message": f"no such page: {request.path}"}, 404)
