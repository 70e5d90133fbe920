"""boto3 clients made for a warm Lambda, and botocore's errors in the engine's words.

Clients skip botocore's validation of parameters (the engine builds them, tests prove them) and its building of a new
user agent for each request: together a fifth of a call's CPU. Retries are botocore's "standard" mode unless an
adapter, for which a repeat is not harmless, says otherwise.
"""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from engagement.domain.refusal import hidden
from engagement.errors import BadRequest, EngagementError, Forbidden, NotFound, TooManyRequests, Unavailable

USER_AGENT = "targeted-messaging-kit"
THROTTLING = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
MISSING = frozenset({"NoSuchBucket", "NoSuchKey", "NotFound", "NotFoundException", "ResourceNotFoundException"})
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AccountSuspendedException", "UnauthorizedOperation"})


def aws_client(service: str, *, attempts: int = 4, connect_timeout: float = 2, read_timeout: float = 10) -> Any:
    """A client whose calls end: ``attempts`` in all, timeouts in seconds."""
    config = Config(
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        max_pool_connections=32,
        parameter_validation=False,
        disable_request_compression=True,
        user_agent=USER_AGENT,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    return boto3.client(service, config=config)


def call(client: Any, service: str, operation: str, **request: Any) -> Any:
    """``client.<operation>(**request)``, its failure in the engine's words."""
    try:
        return getattr(client, operation)(**request)
    except (BotoCoreError, ClientError) as error:
        raise translated(error, f"{service} {operation}") from error


def translated(error: BotoCoreError | ClientError, what: str) -> EngagementError:
    """The engine's error for a failed call; ``what`` names the call. The service's text is kept, addresses are not."""
    if not isinstance(error, ClientError):
        return Unavailable(f"{what}: {type(error).__name__}", code=type(error).__name__)
    code = error.response.get("Error", {}).get("Code", "Unknown")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    text = f"{what}: {code}: {hidden(error.response.get('Error', {}).get('Message', ''))}"
    if code in THROTTLING or status == 429:
        return TooManyRequests(text, code=code)
    if code in DENIED or status == 403:
        return Forbidden(text, code=code)
    if code in MISSING or status == 404:
        return NotFound(text, code=code)
    if status < 500:
        return BadRequest(text, code=code)
    return Unavailable(text, code=code)
