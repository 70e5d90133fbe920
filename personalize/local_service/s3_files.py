"""Files in S3, read and written as the Personalize service would: only where the bucket's policy lets it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from personalize.local_service.aws_client import local_client
from personalize.local_service.bucket_policy import allows
from personalize.local_service.errors import WorkFailed, invalid_input

PRIVILEGES = (
    "Insufficient privileges for accessing data in S3. Attach a bucket policy to {bucket} that lets "
    "personalize.amazonaws.com call {action} on {resource}."
)
SOURCE_ACCOUNT = "000000000000"


def split_path(path: str, member: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``. Raises InvalidInputException."""
    scheme, _, rest = path.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise invalid_input(f"{member} '{path}' is not an S3 location like s3://bucket/folder/file.")
    return bucket, key


class S3Files:
    """All failures are WorkFailed: they end the job that wanted the file."""

    def __init__(self, endpoint_url: str, region: str) -> None:
        retries = {"mode": "standard", "total_max_attempts": 3}
        self._client = local_client("s3", endpoint_url, region, s3={"addressing_style": "path"}, retries=retries)
        self._source_arn = f"arn:aws:personalize:{region}:{SOURCE_ACCOUNT}:"

    def keys(self, bucket: str, path: str) -> list[str]:
        """The file at ``path``, or else all files below it."""
        self._demand(bucket, "s3:ListBucket", f"arn:aws:s3:::{bucket}")
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=path)
        found = [item["Key"] for page in pages for item in page.get("Contents", [])]
        folder = path if path.endswith("/") or not path else path + "/"
        chosen = [path] if path in found else [key for key in found if key.startswith(folder) and key != folder]
        if not chosen:
            raise WorkFailed(f"No objects found at s3://{bucket}/{path}. Make sure that the path is right.")
        return chosen

    def read(self, bucket: str, key: str) -> Any:
        """The object's body: a stream of bytes."""
        self._demand(bucket, "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
        return self._client.get_object(Bucket=bucket, Key=key)["Body"]

    def lines(self, bucket: str, key: str) -> Iterator[bytes]:
        return (line for line in self.read(bucket, key).iter_lines(chunk_size=1 << 20) if line.strip())

    def demand_write(self, bucket: str, key: str) -> None:
        self._demand(bucket, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}")

    def write(self, bucket: str, key: str, file: Any) -> None:
        """Upload an open file, in parts when it is large."""
        self.demand_write(bucket, key)
        self._client.upload_fileobj(file, bucket, key)

    def _demand(self, bucket: str, action: str, resource: str) -> None:
        facts = {
            "aws:SourceAccount": SOURCE_ACCOUNT,
            "aws:SourceArn": self._source_arn + "any",
            "aws:SecureTransport": "true",
            "aws:PrincipalIsAWSService": "true",
        }
        if not allows(self._policy(bucket), action=action, resource=resource, facts=facts):
            raise WorkFailed(PRIVILEGES.format(bucket=bucket, action=action, resource=resource))

    def _policy(self, bucket: str) -> dict[str, Any]:
        from botocore.exceptions import ClientError

        try:
            return json.loads(self._client.get_bucket_policy(Bucket=bucket)["Policy"])
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchBucketPolicy":
                return {}
            raise WorkFailed(f"The bucket {bucket} can't be read: {error.response['Error']['Message']}") from None
