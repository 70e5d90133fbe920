"""One tree of errors; each answers two questions: is a retry useful, and who should act.

::

    EngagementError
    |- BadRequest            400  the caller sent something that breaks a rule
    |- Forbidden             403  the caller, or the engine's role, lacks a permission
    |- NotFound              404  a named resource does not exist
    |- MethodNotAllowed      405  the engine does not provide this operation
    |- Conflict              409  somebody else changed it first
    |- PayloadTooLarge       413  the body is over the limit
    |- TooManyRequests       429  slow down; a retry will work
    |- Unavailable           500  a service behind the engine failed; a retry may work
    |  `- EventsNotRecorded       the event stream took only a part
    `- OutcomeUnknown        500  a call may or may not have taken effect; a retry could double it

``status`` and ``wire_name`` are those of the Pinpoint API.
"""

from typing import Any


class EngagementError(Exception):
    """Base of everything the engine raises on purpose.

    ``message`` is written for ``who`` ("caller" or "operator") and never holds an address. ``code`` is the error code
    of the service behind the engine, when one of them is the cause.
    """

    status = 500
    wire_name = "InternalServerErrorException"
    retry = False
    who = "operator"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class BadRequest(EngagementError):
    status, wire_name, who = 400, "BadRequestException", "caller"


class Forbidden(EngagementError):
    status, wire_name = 403, "ForbiddenException"


class NotFound(EngagementError):
    status, wire_name, who = 404, "NotFoundException", "caller"


class MethodNotAllowed(EngagementError):
    status, wire_name, who = 405, "MethodNotAllowedException", "caller"


class Conflict(EngagementError):
    status, wire_name, retry, who = 409, "ConflictException", True, "caller"


class PayloadTooLarge(EngagementError):
    status, wire_name, who = 413, "PayloadTooLargeException", "caller"


class TooManyRequests(EngagementError):
    status, wire_name, retry, who = 429, "TooManyRequestsException", True, "caller"


class Unavailable(EngagementError):
    retry = True


class EventsNotRecorded(Unavailable):
    """The event stream refused ``records`` after all retries; the others are recorded."""

    def __init__(self, message: str, records: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.records = records


class OutcomeUnknown(EngagementError):
    """A request went out and no answer came back: whoever must not act twice must not retry."""
