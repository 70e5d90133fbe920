"""What people did with mails that recommend an item, read from SES's events.

==========================================  ==============================================
event                                       becomes
==========================================  ==============================================
Open of a mail that recommends an item      interaction ``open`` with that item
Click in a mail that recommends an item     interaction ``click`` with that item
Click on an unsubscribe link                nothing: who leaves does not like the item
Open, Click of another mail; other events   nothing
==========================================  ==============================================

Both are told alike; what a click counts against an open is ``events`` of a solution in personalize.yaml
(docs/how-to/feed-back.md). Bounces and complaints are SES's suppression list (modules/email_channel), not ours.

SES does not say whether a machine opened a mail (mail apps that load pictures beforehand do), so such opens count.
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-firehose-contents.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from engagement.domain.endpoint_ref import endpoint_id_of
from engagement.domain.recommended_item import ITEM_TAG, RECOMMENDER_TAG, item_of

Json = dict[str, Any]
OPEN, CLICK = "open", "click"
KINDS = {"Open": OPEN, "Click": CLICK}
OTHER_EVENT, NO_ITEM, UNSUBSCRIBED = "other event", "no recommended item", "click on an unsubscribe link"
UNREADABLE_ENDPOINT = "endpoint id too long for a tag"
MAX_MESSAGE_ID = 200

_UNSUBSCRIBE = re.compile(r"/unsubscribe(?:[/.;]|\Z)", re.IGNORECASE)
_SPACES = re.compile(r"\s*")
_DECODER = json.JSONDecoder()


class EventFault(ValueError):
    """A line, or a part of it, that is no event of SES; the text says why and holds nothing of the line."""


class NoInteraction(Exception):
    """A good event that says nothing about an item; the text is the reason it is counted under."""


@dataclass(frozen=True)
class MailSignal:
    """Somebody opened a mail, or clicked in it. ``recommender_id`` names the configuration that chose the item."""

    kind: str
    message_id: str
    app_id: str
    endpoint_id: str
    recommender_id: str
    item_id: str
    at: datetime

    @property
    def event_id(self) -> str:
        """The same for every open (or click) of one mail: Personalize learns from the first one only."""
        return f"{self.message_id}:{self.kind}"


def events_in(line: bytes) -> Iterator[Json]:
    """The events of one line: one, or several without a line break between them. Raises EventFault."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise EventFault("is not UTF-8") from None
    position = _behind_spaces(text, 0)
    while position < len(text):
        try:
            found, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            raise EventFault("is not JSON") from None
        if not isinstance(found, dict):
            raise EventFault("is not a JSON object")
        yield found
        position = _behind_spaces(text, position)


def _behind_spaces(text: str, position: int) -> int:
    found = _SPACES.match(text, position)
    return found.end() if found else position


def signal_of(event: Mapping[str, Any]) -> MailSignal:
    """Raises NoInteraction for an event that says nothing about an item, EventFault for one that is broken."""
    kind = KINDS.get(_text(event, "eventType", "eventType"))
    if kind is None:
        raise NoInteraction(OTHER_EVENT)
    mail, details = _object(event, "mail"), _object(event, kind)
    tags = mail.get("tags") or {}
    if not isinstance(tags, Mapping):
        raise EventFault("mail.tags is not a JSON object")
    if ITEM_TAG not in tags:
        raise NoInteraction(NO_ITEM)
    if kind == CLICK and _UNSUBSCRIBE.search(_path(details.get("link"))):
        raise NoInteraction(UNSUBSCRIBED)
    item = item_of(_tag(tags, ITEM_TAG))
    if item is None:
        raise EventFault(f"tag {ITEM_TAG} cannot be turned back into an item")
    endpoint_id = endpoint_id_of(_tag(tags, "endpoint_ref"))
    if endpoint_id is None:
        raise NoInteraction(UNREADABLE_ENDPOINT)
    message_id = _text(mail, "messageId", "mail.messageId")
    if len(message_id) > MAX_MESSAGE_ID:
        raise EventFault(f"mail.messageId is longer than {MAX_MESSAGE_ID} characters")
    return MailSignal(
        kind=kind,
        message_id=message_id,
        app_id=_tag(tags, "app_id"),
        endpoint_id=endpoint_id,
        recommender_id=_tag(tags, RECOMMENDER_TAG),
        item_id=item,
        at=_time(details, f"{kind}.timestamp"),
    )


def _object(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = event.get(name)
    if not isinstance(found, Mapping):
        raise EventFault(f"{name} is missing or is not a JSON object")
    return found


def _text(members: Mapping[str, Any], name: str, path: str) -> str:
    found = members.get(name)
    if not isinstance(found, str) or not found:
        raise EventFault(f"{path} is missing or is not a text")
    return found


def _tag(tags: Mapping[str, Any], name: str) -> str:
    """SES lists the values of a tag; the sender gives one."""
    values = tags.get(name)
    if not isinstance(values, list) or not values or not isinstance(values[0], str) or not values[0]:
        raise EventFault(f"tag {name} is missing or is not a list of texts")
    return values[0]


def _path(link: Any) -> str:
    try:
        return urlsplit(link).path if isinstance(link, str) else ""
    except ValueError:  # half an address in brackets: SES takes every text for a link
        return ""


def _time(details: Mapping[str, Any], path: str) -> datetime:
    try:
        found = datetime.fromisoformat(_text(details, "timestamp", path).replace("Z", "+00:00"))
    except ValueError:
        raise EventFault(f"{path} is not a point in time") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
