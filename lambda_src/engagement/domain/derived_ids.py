"""Ids of imported endpoints that name none (docs/decisions/2026-11-21-derived-ids.md)."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from functools import cache

_VERSION_5 = bytes(byte & 0x0F | 0x50 for byte in range(256))  # what a UUID has in its byte 6
_VARIANT = bytes(byte & 0x3F | 0x80 for byte in range(256))  # and in its byte 8


@cache
def _namespace(app_id: str) -> bytes:
    """Kept, because lines of JSON ask for their ids one by one."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"endpoints:{app_id}").bytes


def derived_ids(
    app_id: str, channel_types: Iterable[str], addresses: Iterable[str], user_ids: Iterable[str | None]
) -> list[str]:
    """Ids of imported endpoints that name none: the same row gives the same id, so importing again updates.

    Each is a version 5 UUID (RFC 9562, 5.5) as 32 hex digits, made by hand because the uuid module takes six times as
    long: the bits of version and variant are set in all of them at once.
    """
    namespace = _namespace(app_id)
    digests = bytearray().join(
        [
            hashlib.sha1(namespace + f"{channel}\n{address}\n{user_id or ''}".encode(), usedforsecurity=False).digest()
            for channel, address, user_id in zip(channel_types, addresses, user_ids)
        ]
    )
    digests[6::20] = digests[6::20].translate(_VERSION_5)
    digests[8::20] = digests[8::20].translate(_VARIANT)
    digits = digests.hex()
    return [digits[first : first + 32] for first in range(0, len(digits), 40)]
