"""Lambda functions that users bring: transformers of recommendations."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from engagement.adapters.aws_client import aws_client, translated
from engagement.errors import Unavailable
from engagement.ports import Json

ANSWER_WITHIN_SECONDS = 15
ATTEMPTS = 2


class LambdaFunctions:
    def __init__(self, *, client: Any = None) -> None:
        self._given = client

    @cached_property
    def _client(self) -> Any:
        return self._given or aws_client("lambda", attempts=ATTEMPTS, read_timeout=ANSWER_WITHIN_SECONDS)

    def invoke(self, name: str, event: Json) -> Any:
        what = f"function {name}"
        try:
            answer = self._client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
            payload = answer["Payload"].read()
        except (BotoCoreError, ClientError) as error:
            raise translated(error, what) from error
        if answer.get("FunctionError"):
            raise Unavailable(f"{what} ended with an error of its own: {_error_type(payload)}", code="FunctionError")
        try:
            return json.loads(payload) if payload else None
        except ValueError as error:
            raise Unavailable(f"{what} answered something that is not JSON", code="NotJson") from error


def _error_type(payload: bytes) -> str:
    """The class of the function's error; its text stays out, it may quote a person's data."""
    try:
        return str(json.loads(payload).get("errorType", "unknown"))
    except (ValueError, AttributeError):
        return "unknown"
