"""Reading API Gateway's HTTP API event (payload 2.0) and writing its answer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

Json = dict[str, Any]


def path_of(event: Mapping[str, Any], first_segment: str) -> str:
    """The raw path without a stage's name: ``$default`` has none in the path, AWS puts any other one before it."""
    path = event.get("rawPath") or "/"
    stage = event["requestContext"].get("stage", "$default")
    prefix = f"/{stage}"
    return path.removeprefix(prefix) if path.startswith(f"{prefix}/{first_segment}/") else path


def method_of(event: Mapping[str, Any]) -> str:
    return event["requestContext"]["http"]["method"].upper()


def query_of(event: Mapping[str, Any]) -> dict[str, list[str]]:
    """Decoded values by name; repeated names keep all their values."""
    return parse_qs(event.get("rawQueryString") or "", keep_blank_values=True)


def body_of(event: Mapping[str, Any]) -> bytes:
    """API Gateway hands on text as it is and everything else as base64."""
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode("utf-8", "surrogatepass")


def request_id_of(event: Mapping[str, Any], context: Any) -> str:
    """The id that answers and log lines carry."""
    return event["requestContext"].get("requestId") or getattr(context, "aws_request_id", "") or "unknown"


def http_answer(status: int, body: str, headers: Mapping[str, str]) -> Json:
    return {"statusCode": status, "headers": dict(headers), "body": body, "isBase64Encoded": False}


def log_line(**fields: Any) -> None:
    """One JSON line per request; fields that are None are left out."""
    line = {name: value for name, value in fields.items() if value is not None}
    sys.stdout.write(json.dumps(line, ensure_ascii=True) + "\n")
    sys.stdout.flush()
