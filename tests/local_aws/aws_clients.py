"""boto3 clients of a local AWS, and what tests deploy on it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import boto3

from scripts.local_aws.process import LocalAws

Clients = Callable[[str], Any]


def clients_of(aws: LocalAws) -> Clients:
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    return lambda service: session.client(service, endpoint_url=aws.endpoint_url)


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
