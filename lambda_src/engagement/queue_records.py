"""SQS records of one invocation: each is handled by itself, and only those that failed are given back."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from engagement.domain.refusal import hidden
from engagement.errors import EngagementError
from engagement.log_line import log_line

Json = dict[str, Any]
IDS = ("app_id", "campaign_id", "run_id")


class PoisonMessage(ValueError):
    """A message that no repeat can mend."""


def handle_records(
    event: Mapping[str, Any],
    handled: str,
    members: Mapping[str, type | tuple[type, ...]],
    handle: Callable[[Json, bool], Json],
    bury: Callable[[Json], None] | None = None,
) -> Json:
    """Call ``handle(message, repeated)`` for each record and answer SQS's partial batch response.

    ``members`` are what a message must hold and of which type. What can never succeed goes to ``bury`` with its reason,
    or, without it, comes back until the queue moves it to its dead-letter queue. ``handle`` answers fields for the log.
    """
    failed = []
    for record in event["Records"]:
        message: Json = {}
        try:
            message = parsed(record["body"], members)
            repeated = int(record.get("attributes", {}).get("ApproximateReceiveCount", "1")) > 1
            log_line(handled, **_ids(message), **handle(message, repeated))
        except (PoisonMessage, EngagementError) as error:
            reason = error.message if isinstance(error, EngagementError) else str(error)
            can_mend = isinstance(error, EngagementError) and error.retry
            if can_mend or bury is None:
                failed.append({"itemIdentifier": record["messageId"]})
            else:
                bury(dead_letter(record, message, type(error).__name__, reason))
            log_line(
                f"{handled}.failed", **_ids(message), message_id=record["messageId"], reason=reason, again=can_mend
            )
        except Exception as error:
            # A bug, or a service's answer that nobody foresaw: this message comes back, the others are not held up.
            failed.append({"itemIdentifier": record["messageId"]})
            log_line(
                f"{handled}.crashed",
                **_ids(message),
                message_id=record["messageId"],
                reason=hidden(f"{type(error).__name__}: {error}"),
                where=traceback.format_tb(error.__traceback__)[-1].strip(),
            )
    return {"batchItemFailures": failed}


def parsed(body: str, members: Mapping[str, type | tuple[type, ...]]) -> Json:
    """Raises PoisonMessage, naming the member, for a body that is not what the queue is for."""
    try:
        message = json.loads(body)
    except ValueError:
        raise PoisonMessage("the body is not JSON") from None
    if not isinstance(message, dict):
        raise PoisonMessage("the body is not a JSON object")
    for member, kind in members.items():
        if member not in message or not isinstance(message[member], kind) or isinstance(message[member], bool):
            raise PoisonMessage(f"member {member!r} is missing or of the wrong type")
    return message


def dead_letter(record: Mapping[str, Any], message: Json, code: str, reason: str) -> Json:
    """What an operator needs to see; the body of an unreadable message is kept in part, addresses hidden."""
    letter = {**_ids(message), "message_id": record["messageId"], "code": code, "reason": reason}
    return {**letter, "message": message} if message else {**letter, "body": hidden(str(record["body"])[:1000])}


def remaining_deadline(now_seconds: float, context: Any) -> float:
    """When Lambda ends this invocation, in epoch seconds."""
    return now_seconds + context.get_remaining_time_in_millis() / 1000


def _ids(message: Mapping[str, Any]) -> Json:
    return {name: message[name] for name in IDS if name in message}
