"""Clients and errors of an AWS that does not work."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError


class Broken:
    """A client whose every call fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            raise self.error

        return call


def client_error(code: str, status: int = 400, **more: Any) -> ClientError:
    response = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(response, "X")
