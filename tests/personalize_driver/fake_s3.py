"""An in-memory S3 client with the few calls that the driver makes."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests.personalize_driver.fake_personalize import START


class Body(io.BytesIO):
    def iter_chunks(self, size: int) -> Iterator[bytes]:
        while piece := self.read(size):
            yield piece


@dataclass
class FakeS3:
    """``objects`` maps (bucket, key) to (bytes, metadata, time last written); ``policy`` is every bucket's policy."""

    buckets: set[str] = field(default_factory=lambda: {"data-bucket"})
    objects: dict[tuple[str, str], tuple[bytes, dict[str, str], Any]] = field(default_factory=dict)
    policy: dict[str, Any] | None = field(
        default_factory=lambda: {
            "Statement": [{"Effect": "Allow", "Principal": {"Service": "personalize.amazonaws.com"}}]
        }
    )
    uploads: list[str] = field(default_factory=list)
    now: Any = START

    def head_bucket(self, *, Bucket: str) -> dict[str, Any]:
        self._bucket(Bucket, "404")
        return {}

    def _bucket(self, bucket: str, code: str = "NoSuchBucket") -> None:
        if bucket not in self.buckets:
            raise _error(code)

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        if (Bucket, Key) not in self.objects:
            raise _error("404")
        body, metadata, time = self.objects[(Bucket, Key)]
        return {"ETag": _etag(body), "ContentLength": len(body), "Metadata": metadata, "LastModified": time}

    def get_paginator(self, name: str) -> FakeS3:
        assert name == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        self._bucket(Bucket)
        yield {
            "Contents": [
                {"Key": key, "ETag": _etag(body), "Size": len(body), "LastModified": time}
                for (bucket, key), (body, _, time) in sorted(self.objects.items())
                if bucket == Bucket and key.startswith(Prefix)
            ]
        }

    def upload_file(self, path: str, bucket: str, key: str, ExtraArgs: dict[str, Any]) -> None:
        self._bucket(bucket)
        self.uploads.append(key)
        self.objects[(bucket, key)] = (Path(path).read_bytes(), ExtraArgs["Metadata"], self.now)

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> dict[str, Any]:
        self._bucket(Bucket)
        self.objects[(Bucket, Key)] = (Body, {}, self.now)
        return {}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": Body(self.objects[(Bucket, Key)][0])}

    def get_bucket_policy(self, *, Bucket: str) -> dict[str, Any]:
        if self.policy is None:
            raise _error("NoSuchBucketPolicy")
        return {"Policy": json.dumps(self.policy)}


def _etag(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "s3")
