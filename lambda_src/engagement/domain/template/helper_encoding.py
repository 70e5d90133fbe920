"""Helpers that encode and digest. Digests identify content here, they protect nothing."""

from __future__ import annotations

import base64
import binascii
import hashlib
import uuid

from engagement.domain.template.errors import HelperRefused
from engagement.domain.template.values import Value, text, truth


def _bytes(value: Value) -> bytes:
    return text(value).encode("utf-8", "replace")


def encode64(value: Value) -> str:
    return base64.b64encode(_bytes(value)).decode("ascii") if truth(value) else ""


def decode64(value: Value) -> str:
    if not truth(value):
        return ""
    try:
        return base64.b64decode(_bytes(value), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise HelperRefused("the value is not base64 of UTF-8 text") from None


def md5(value: Value) -> str:
    return hashlib.md5(_bytes(value), usedforsecurity=False).hexdigest() if truth(value) else ""


def sha256(value: Value) -> str:
    return hashlib.sha256(_bytes(value)).hexdigest() if truth(value) else ""


def sha512(value: Value) -> str:
    return hashlib.sha512(_bytes(value)).hexdigest() if truth(value) else ""


def new_uuid() -> str:
    return str(uuid.uuid4())
