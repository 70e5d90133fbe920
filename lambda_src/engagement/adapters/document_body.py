"""A document's body as DynamoDB attributes: readable while small, compressed when larger, in parts beyond one item.

An item may have 400 KB; an email template may have 600,000 characters. What does not fit even compressed is cut into
parts, items of their own under a token that is new for each write: a reader sees the old parts or the new, no mixture.
"""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engagement.ports import Json

PLAIN_BYTES = 4 * 1024
PART_BYTES = 350 * 1024


@dataclass(frozen=True)
class PackedBody:
    """``attributes`` belong into the document's item; ``parts`` are items to write before it."""

    attributes: dict[str, Any]
    parts: tuple[bytes, ...] = ()

    @property
    def token(self) -> str | None:
        return token_of(self.attributes)


def pack(body: Json) -> PackedBody:
    """The JSON text as it is, compressed, or compressed and cut."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    if len(text) <= PLAIN_BYTES:
        return PackedBody({"body": {"S": text.decode()}})
    packed = zlib.compress(text)
    if len(packed) <= PART_BYTES:
        return PackedBody({"packed": {"B": packed}})
    parts = tuple(packed[first : first + PART_BYTES] for first in range(0, len(packed), PART_BYTES))
    token = secrets.token_hex(8)
    return PackedBody({"parts": {"N": str(len(parts))}, "token": {"S": token}}, parts)


def unpack(item: Mapping[str, Any], parts: bytes = b"") -> Json:
    """The inverse; ``parts`` are the joined parts of an item that has a token."""
    if "body" in item:
        return json.loads(item["body"]["S"])
    return json.loads(zlib.decompress(item["packed"]["B"] if "packed" in item else parts))


def token_of(item: Mapping[str, Any]) -> str | None:
    """Names the parts of an item, None when it has none."""
    return item["token"]["S"] if "token" in item else None
