"""The local AWS with a bucket, its policy and a role: what a training needs, as Terraform would make it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3

from scripts.local_aws.process import LocalAws
from tests.personalize_driver.scene import KEY, rows

BUCKET = "training-data"
ROLE = "personalize-reader"


class LocalAccount:
    """Clients by name (``client("personalize")``) and the variables of the kit's own declaration."""

    def __init__(self, aws: LocalAws) -> None:
        self.endpoint_url = aws.endpoint_url
        self._session = boto3.Session(region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        principal = {"Service": "personalize.amazonaws.com"}
        role = self.client("iam").create_role(
            RoleName=ROLE, AssumeRolePolicyDocument=_policy(Principal=principal, Action="sts:AssumeRole")
        )
        self.role_arn = str(role["Role"]["Arn"])
        self.client("s3").create_bucket(Bucket=BUCKET)
        self.client("s3").put_bucket_policy(
            Bucket=BUCKET,
            Policy=_policy(
                Principal=principal,
                Action=["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
                Resource=[f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
            ),
        )
        self.put(rows(3000, users=60))

    def client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self.endpoint_url)

    def put(self, text: str) -> None:
        self.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=text.encode())

    def variables(self, prefix: str) -> dict[str, str]:
        return {"bucket": BUCKET, "role_arn": self.role_arn, "prefix": prefix, "live_campaign": "true"}

    def pace(self, step_seconds: float) -> None:
        """How long the local Personalize stays in each status."""
        import urllib.request

        request = urllib.request.Request(
            f"{self.endpoint_url}/_kit/personalize",
            data=json.dumps({"step_seconds": step_seconds}).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=10).close()


def _policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def started(folder: Path) -> LocalAws:
    return LocalAws.start(folder)
