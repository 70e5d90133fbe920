"""Strings that only the holder of a key can make, each bound to one purpose: page tokens, unsubscribe links.

A token is ``<payload as URL-safe base64>.<MAC as URL-safe base64>``: letters, digits, ``-``, ``_`` and one dot, so
it fits into a path segment and a query string as it is. It is signed, not secret: whoever holds it can read it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from engagement.errors import BadRequest

MAC_BYTES = 16
MAX_TOKEN_CHARACTERS = 4096


def sign_token(key: bytes, purpose: str, payload: str) -> str:
    """The token for ``payload``; the same key, purpose and payload give the same token."""
    data = payload.encode()
    return f"{_text(data)}.{_text(_mac(key, purpose, data))}"


def open_token(key: bytes, purpose: str, token: str) -> str:
    """The payload of a token made by ``sign_token`` with this key for this purpose; BadRequest for any other string."""
    refusal = BadRequest("the token was not made by this engine for this use; start again without a token")
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise refusal
    body, _, mac = token.partition(".")
    try:
        data, given = _bytes(body), _bytes(mac)
    except (binascii.Error, ValueError):
        raise refusal from None
    if not hmac.compare_digest(_mac(key, purpose, data), given) or sign_token(key, purpose, data.decode()) != token:
        raise refusal
    return data.decode()


def _mac(key: bytes, purpose: str, data: bytes) -> bytes:
    name = purpose.encode()
    return hmac.digest(key, len(name).to_bytes(4, "big") + name + data, hashlib.sha256)[:MAC_BYTES]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
