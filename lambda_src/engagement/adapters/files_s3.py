"""Objects in S3: the files that imports read, audience files, segment members."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from engagement.adapters.aws_client import aws_client, translated
from engagement.errors import Unavailable
from engagement.ports import StoredObject

CHUNK_BYTES = 256 * 1024
REOPENINGS = 3


class S3Files:
    """ports.Files. A stream that breaks is taken up again where it broke, as long as the object is the same one."""

    def __init__(self, *, bucket: str, client: Any = None) -> None:
        self._bucket, self._given = bucket, client

    @cached_property
    def _client(self) -> Any:
        return self._given or aws_client("s3", read_timeout=30)

    def list(self, prefix: str, *, bucket: str | None = None) -> Iterator[StoredObject]:
        request = {"Bucket": bucket or self._bucket, "Prefix": prefix}
        while True:
            answer = self._call("list_objects_v2", **request)
            for found in answer.get("Contents", []):
                yield StoredObject(found["Key"], found["Size"], found["ETag"].strip('"'))
            if not answer.get("IsTruncated"):
                return
            request["ContinuationToken"] = answer["NextContinuationToken"]

    def open(self, key: str, *, bucket: str | None = None, start: int = 0) -> Iterator[bytes]:
        where = {"Bucket": bucket or self._bucket, "Key": key}
        etag: str | None = None
        position, reopened = start, 0
        while True:
            condition = {"IfMatch": etag} if etag else {}
            byte_range = {"Range": f"bytes={position}-"} if position else {}
            try:
                answer = self._client.get_object(**where, **byte_range, **condition)
            except (BotoCoreError, ClientError) as error:
                if _is_past_the_end(error):
                    return
                raise translated(error, "S3 GetObject") from error
            etag = answer["ETag"]
            try:
                for chunk in answer["Body"].iter_chunks(CHUNK_BYTES):
                    position += len(chunk)
                    yield chunk
                return
            except (BotoCoreError, OSError) as error:
                reopened += 1
                if reopened > REOPENINGS:
                    raise Unavailable(f"S3 GetObject: the stream breaks at byte {position}, again and again") from error

    def read(self, key: str, *, bucket: str | None = None) -> bytes:
        return b"".join(self.open(key, bucket=bucket))

    def write(self, key: str, body: bytes, *, content_type: str = "application/json") -> None:
        self._call("put_object", Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)

    def _call(self, operation: str, **request: Any) -> Any:
        try:
            return getattr(self._client, operation)(**request)
        except (BotoCoreError, ClientError) as error:
            raise translated(error, f"S3 {operation}") from error


def _is_past_the_end(error: Exception) -> bool:
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in ("InvalidRange", "416")
