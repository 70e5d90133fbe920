"""Tokens signed with a key that comes from KMS: one GenerateMac per container, no secret in the environment.

The MAC of a constant message under an HMAC key is the same each time and cannot be computed without the key, so every
container derives the same signing key. Rotating or deleting the KMS key makes all tokens invalid.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from engagement.adapters.aws_client import aws_client, translated
from engagement.domain.signed_token import open_token, sign_token
from engagement.errors import BadRequest, NotFound, Unavailable

MESSAGE = b"signing key of the engagement engine's tokens, version 1"
ALGORITHM = "HMAC_SHA_256"


class KmsTokens:
    def __init__(self, *, key_id: str, client: Any = None) -> None:
        self._key_id, self._given = key_id, client

    def sign(self, purpose: str, payload: str) -> str:
        """Raises Unavailable, Forbidden or TooManyRequests when KMS gives no key."""
        return sign_token(self._key, purpose, payload)

    def open(self, purpose: str, token: str) -> str:
        return open_token(self._key, purpose, token)

    @cached_property
    def _key(self) -> bytes:
        client = self._given or aws_client("kms")
        try:
            return client.generate_mac(KeyId=self._key_id, Message=MESSAGE, MacAlgorithm=ALGORITHM)["Mac"]
        except (BotoCoreError, ClientError) as error:
            fault = translated(error, "KMS GenerateMac")
            # A missing key or one of the wrong kind is our wiring, nothing that the caller could mend.
            raise (Unavailable(fault.message) if isinstance(fault, NotFound | BadRequest) else fault) from error
