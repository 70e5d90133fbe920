"""What the engine answers for operations that it does not serve: never a fake success, always a reason."""

from __future__ import annotations

from engagement.errors import MethodNotAllowed

DEAD_CHANNELS = ("Adm", "ApnsVoip", "ApnsVoipSandbox", "Baidu")
_NO_DELIVERY = "there is no delivery path for this channel that could be tested"
_NEVER = {
    "GetInAppMessages": "in-app messages need AWS's client SDKs, which asked Pinpoint itself with Cognito identities",
} | {f"{verb}{channel}Channel": _NO_DELIVERY for channel in DEAD_CHANNELS for verb in ("Get", "Update", "Delete")}
_NOT_YET = "it is not served yet"


def reason(operation: str) -> str:
    """Why an operation is not served; the text of docs/operations.md."""
    return _NEVER.get(operation, _NOT_YET)


def not_provided(operation: str) -> MethodNotAllowed:
    """The error of an operation that is not served."""
    return MethodNotAllowed(
        f"{operation} is not provided by this engine: {reason(operation)}. See docs/operations.md#{operation}"
    )
