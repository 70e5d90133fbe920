"""Where a dataset's rows come from, and the S3 side of it; the only file that calls the S3 client."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from personalize.config.declaration import Dataset
from personalize.config.names import fingerprint
from personalize.driver.errors import DataFault, Denied, Throttled

_SHA = "kit-sha256"
_ABSENT = ("404", "NoSuchKey", "NoSuchBucket", "NotFound")


@dataclass(frozen=True)
class Source:
    """``fingerprint`` is empty while the input is not there; ``missing`` then says what is awaited."""

    uri: str
    fingerprint: str = ""
    size: int = 0
    modified: datetime | None = None
    missing: str = ""
    file: Path | None = None


def split_uri(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def file_sha(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class S3Files:
    """Objects of the data bucket. Raises ``errors.DriverError`` subclasses, nothing of botocore."""

    def __init__(self, *, client: Any) -> None:
        self._client = client

    def look(self, dataset: Dataset) -> Source:
        """What an import of ``dataset`` would read now.

        A local file counts by its SHA-256, an uploaded one by the SHA-256 that the upload recorded, anything else by
        the keys, sizes and ETags of its objects: a source that was not touched keeps its fingerprint.
        """
        if dataset.file:
            path = Path(dataset.file)
            if not path.is_file():
                return Source(dataset.source, missing=f"the file {dataset.file}", file=path)
            bucket, _ = split_uri(dataset.source)
            missing = "" if self.has_bucket(bucket) else f"the bucket {bucket}"
            sha = file_sha(path)
            return Source(dataset.source, "" if missing else sha[:12], path.stat().st_size, None, missing, path)
        return self.look_at(dataset.source)

    def look_at(self, uri: str) -> Source:
        """The objects at ``uri``: one object, or all below a folder."""
        bucket, key = split_uri(uri)
        try:
            if key and not key.endswith("/"):
                head = self._client.head_object(Bucket=bucket, Key=key)
                sha = head.get("Metadata", {}).get(_SHA, "")
                mark = sha[:12] or fingerprint([head["ETag"], head["ContentLength"]], 12)
                return Source(uri, mark, head["ContentLength"], head["LastModified"])
            objects = self._objects(bucket, key)
        except ClientError as error:
            if _code(error) in _ABSENT:
                return Source(uri, missing=uri)
            raise _translated(error, f"reading {uri}") from error
        if not objects:
            return Source(uri, missing=f"an object below {uri}")
        mark = fingerprint([[one["Key"], one["ETag"], one["Size"]] for one in objects], 12)
        newest = max(one["LastModified"] for one in objects)
        return Source(uri, mark, sum(one["Size"] for one in objects), newest)

    def _objects(self, bucket: str, prefix: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [
            one
            for page in pages
            for one in page.get("Contents", [])
            if one["Size"] > 0 and not one["Key"].endswith("/")
        ]

    def has_bucket(self, bucket: str) -> bool:
        try:
            self._client.head_bucket(Bucket=bucket)
        except ClientError as error:
            if _code(error) in _ABSENT:
                return False
            raise _translated(error, f"looking at the bucket {bucket}") from error
        except BotoCoreError as error:
            raise Throttled(f"looking at the bucket {bucket}: {error}") from error
        return True

    def upload(self, source: Source) -> bool:
        """Put the local file where the import reads it; ``False`` when the same bytes are there already."""
        if source.file is None:
            return False
        sha = file_sha(source.file)
        if self.look_at(source.uri).fingerprint == sha[:12]:
            return False
        bucket, key = split_uri(source.uri)
        try:
            self._client.upload_file(str(source.file), bucket, key, ExtraArgs={"Metadata": {_SHA: sha}})
        except ClientError as error:
            raise _translated(error, f"writing {source.uri}") from error
        except (BotoCoreError, OSError) as error:
            raise DataFault(f"writing {source.uri}: {error}") from error
        return True

    def streams(self, source: Source) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Each file of the source, as its name and its bytes in pieces of a megabyte."""
        if source.file is not None:
            yield str(source.file), _pieces(source.file)
            return
        bucket, key = split_uri(source.uri)
        keys = [key] if key and not key.endswith("/") else [one["Key"] for one in self._objects(bucket, key)]
        for one in keys:
            body = self._client.get_object(Bucket=bucket, Key=one)["Body"]
            yield f"s3://{bucket}/{one}", body.iter_chunks(1 << 20)

    def write(self, uri: str, body: bytes) -> None:
        bucket, key = split_uri(uri)
        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=body)
        except ClientError as error:
            raise _translated(error, f"writing {uri}") from error

    def lets_personalize_read(self, bucket: str) -> bool | None:
        """Whether the bucket's policy names the service; ``None`` when the policy cannot be read."""
        try:
            policy = json.loads(self._client.get_bucket_policy(Bucket=bucket)["Policy"])
        except ClientError as error:
            return False if _code(error) == "NoSuchBucketPolicy" else None
        except (BotoCoreError, ValueError):
            return None
        return any(_allows(statement) for statement in policy.get("Statement", []))


def _allows(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal", {})
    named = principal if isinstance(principal, str) else principal.get("Service", principal.get("AWS", ""))
    names = [named] if isinstance(named, str) else named
    return statement.get("Effect") == "Allow" and any(
        name == "*" or name.startswith("personalize.amazonaws.com") for name in names
    )


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _translated(error: ClientError, doing: str) -> Exception:
    code = _code(error)
    if code in ("403", "AccessDenied", "Forbidden"):
        return Denied(f"{doing}: access denied; the caller needs s3:GetObject, s3:PutObject and s3:ListBucket there")
    if code in ("SlowDown", "503", "500", "InternalError"):
        return Throttled(f"{doing}: {error}")
    return DataFault(f"{doing}: {error}")
