"""What the queue of batch results carries: S3's own notices of new objects, and the loader's messages.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from engagement.errors import BadRequest

Json = dict[str, Any]
_NUMBERS = ("at", "offset", "line", "users", "faulty")


def files_of(message: Mapping[str, Any]) -> list[Json]:
    """The files that a message names, each as the loader wants it; none for S3's test message. Raises BadRequest."""
    if message.get("Event") == "s3:TestEvent":
        return []
    if "Records" in message:
        try:
            return [_of_notice(record) for record in message["Records"]]
        except (KeyError, TypeError, AttributeError, ValueError):
            raise BadRequest("the message is no notice of S3 about a new object") from None
    texts = all(isinstance(message.get(name), str) and message[name] for name in ("bucket", "key", "etag"))
    numbers = all(isinstance(message.get(name, 0), int) and message.get(name, 0) >= 0 for name in _NUMBERS)
    if not (texts and numbers and "at" in message):
        raise BadRequest("the message is neither a notice of S3 nor names bucket, key, etag and at")
    return [dict(message)]


def _of_notice(record: Mapping[str, Any]) -> Json:
    written = datetime.fromisoformat(record["eventTime"].replace("Z", "+00:00"))
    if written.tzinfo is None:
        written = written.replace(tzinfo=UTC)
    return {
        "bucket": record["s3"]["bucket"]["name"],
        "key": unquote_plus(record["s3"]["object"]["key"]),
        "etag": record["s3"]["object"].get("eTag", "").strip('"'),
        "at": int(written.timestamp() * 1000),
    }
