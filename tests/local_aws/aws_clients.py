"""boto3 clients of a local AWS, and what tests deploy on it."""

from __future__ import annotations

import io
import json
import time
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from scripts.local_aws.process import LocalAws

Clients = Callable[..., Any]


def clients_of(aws: LocalAws) -> Clients:
    """``clients("sqs")``, and ``clients("sesv2", total_max_attempts=1)`` for one that does not retry."""
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")

    def client(service: str, **retries: Any) -> Any:
        return session.client(service, endpoint_url=aws.endpoint_url, config=Config(retries=retries or None))

    return client


def create_function(clients: Clients, name: str, code: str) -> str:
    """Deploy ``code`` (with a function ``handle``) as a Lambda function; answers its ARN."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("handlers/work.py", code)
    role = clients("iam").create_role(RoleName=f"{name}-role", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    made = clients("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role,
        Handler="handlers.work.handle",
        Architectures=["arm64"],
        Code={"ZipFile": archive.getvalue()},
    )
    return made["FunctionArn"]


@dataclass(frozen=True)
class Kit:
    """The kit's own pages of a local AWS."""

    base: str

    def call(self, path: str, method: str = "GET", body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}/_kit/{path}", data=data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def mails(self, *, to: str | None = None) -> list[dict[str, Any]]:
        return [mail for mail in self.call("mailbox") if to is None or to in mail["to"]]

    def events_of(self, message_id: str) -> list[dict[str, Any]]:
        return [e for e in self.call("events") if e["mail"]["messageId"] == message_id]


def wait_for(check: Callable[[], Any], seconds: float = 10.0) -> Any:
    """What ``check`` answers as soon as it is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = check()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing within {seconds:g} s")
