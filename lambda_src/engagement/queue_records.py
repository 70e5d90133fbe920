"""SQS records of one invocation: each is handled by itself, and only those that failed are given back."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from engagement.domain.refusal import hidden
from engagement.errors import BadRequest, EngagementError, NotFound
from engagement.log_line import log_line

Json = dict[str, Any]
Kind = type | tuple[type, ...]
IDS = ("app_id", "campaign_id", "run_id", "job_id")


class PoisonMessage(BadRequest):
    """A message that no repeat can mend."""


def handle_records(
    event: Mapping[str, Any],
    handled: str,
    members: Mapping[str, Kind],
    handle: Callable[[Json, bool], Json],
    bury: Callable[[Json], None] | None = None,
) -> Json:
    """Call ``handle(message, repeated)`` for each record and answer SQS's partial batch response.

    ``members`` are what every message must hold and of which type. What can never succeed goes to ``bury`` with its reason,
    or, without it, comes back until the queue moves it to its dead-letter queue. ``handle`` answers fields for the log.
    """
    failed = []
    for record in event["Records"]:
        about: Json = {"message_id": record["messageId"]}
        try:
            _handle_one(record, about, handled, members, handle, bury)
        except EngagementError as error:
            failed.append({"itemIdentifier": record["messageId"]})
            log_line(f"{handled}.failed", **about, reason=error.message)
        except Exception as error:
            # A bug, or an answer that nobody foresaw: this message comes back, the others are not held up.
            failed.append({"itemIdentifier": record["messageId"]})
            where = traceback.format_tb(error.__traceback__)[-1].strip()
            log_line(f"{handled}.crashed", **about, reason=hidden(f"{type(error).__name__}: {error}"), where=where)
    return {"batchItemFailures": failed}


def _handle_one(
    record: Mapping[str, Any],
    about: Json,
    handled: str,
    members: Mapping[str, Kind],
    handle: Callable[[Json, bool], Json],
    bury: Callable[[Json], None] | None,
) -> None:
    message: Json = {}
    try:
        message = parsed(record["body"], members)
        about.update({name: message[name] for name in IDS if name in message})
        repeated = int(record.get("attributes", {}).get("ApproximateReceiveCount", "1")) > 1
        log_line(handled, **about, **handle(message, repeated))
    except (BadRequest, NotFound) as error:
        if bury is None:
            raise
        bury(dead_letter(record, message, type(error).__name__, error.message))
        log_line(f"{handled}.buried", **about, reason=error.message)


def parsed(body: str, members: Mapping[str, Kind]) -> Json:
    """Raises PoisonMessage, naming the member, for a body that is not what the queue is for."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise PoisonMessage("the body is not JSON") from None
    if not isinstance(message, dict):
        raise PoisonMessage("the body is not a JSON object")
    check_members(message, members)
    return message


def check_members(message: Json, members: Mapping[str, Kind]) -> None:
    """Raises PoisonMessage, naming the first member that is missing, of another type, or a number below zero."""
    for member, kind in members.items():
        value = message.get(member)
        if member not in message or not isinstance(value, kind) or isinstance(value, bool):
            raise PoisonMessage(f"member {member!r} is missing or of the wrong type")
        if isinstance(value, int) and value < 0:
            raise PoisonMessage(f"member {member!r} is below zero")


def dead_letter(record: Mapping[str, Any], message: Json, code: str, reason: str) -> Json:
    """The message and the reason, so that a redrive can try again; of an unreadable one, what may be shown."""
    shown = message or {"body": hidden(str(record["body"])[:1000])}
    return {**shown, "message_id": record["messageId"], "code": code, "reason": reason}


def remaining_deadline(now_seconds: float, context: Any) -> float:
    """When Lambda ends this invocation, in epoch seconds."""
    return now_seconds + context.get_remaining_time_in_millis() / 1000
