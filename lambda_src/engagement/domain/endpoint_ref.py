"""An endpoint id as an SES message tag, and back.

SES tags allow letters, digits, ``_`` and ``-``, at most 256 characters. Most ids fit and travel as they are; others
(mobile SDK ids hold ``/`` and ``+``) travel as ``b32-`` and lower-case base32 of their UTF-8 bytes without padding.
An id over 157 bytes that needs encoding does not fit: it travels as ``sha-`` and a digest, which cannot be turned back.
"""

from __future__ import annotations

import base64
import hashlib
import re

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,256}")
_ENCODED, _DIGEST = "b32-", "sha-"
_LIMIT = 256


def tag_of(endpoint_id: str) -> str:
    """The tag value that stands for this endpoint id."""
    if _PLAIN.fullmatch(endpoint_id) and not endpoint_id.startswith((_ENCODED, _DIGEST)):
        return endpoint_id
    encoded = _ENCODED + base64.b32encode(endpoint_id.encode()).decode().rstrip("=").lower()
    if len(encoded) <= _LIMIT:
        return encoded
    return _DIGEST + hashlib.sha256(endpoint_id.encode()).hexdigest()


def endpoint_id_of(tag: str) -> str | None:
    """The endpoint id behind a tag; None when the tag is a digest or was not made by ``tag_of``."""
    if tag.startswith(_DIGEST):
        return None
    if not tag.startswith(_ENCODED):
        return tag
    body = tag[len(_ENCODED) :].upper()
    try:
        return base64.b32decode(body + "=" * (-len(body) % 8)).decode()
    except ValueError:
        return None
