"""Somebody follows the unsubscribe link of a mail: no mail of this project reaches that endpoint any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engagement.domain.endpoint import EndpointUpdate
from engagement.domain.message_event import envelope
from engagement.domain.unsubscribe_link import PURPOSE, UnsubscribeLink
from engagement.errors import EngagementError, Unavailable

UNSUBSCRIBE = "_email.unsubscribe"


@dataclass(frozen=True)
class OptedOut:
    """``changed`` is False when nothing was left to do; ``event_lost`` says why the event is not on the stream."""

    link: UnsubscribeLink
    changed: bool
    event_lost: str | None = None


def read_link(app: Any, token: str) -> UnsubscribeLink:
    """Whom the link is about. Raises BadRequest for a token that this engine did not make."""
    return UnsubscribeLink.of(app.tokens.open(PURPOSE, token))


def opt_out_by_link(app: Any, token: str) -> OptedOut:
    """Set OptOut ALL and record the event once; a repeat changes nothing. Raises BadRequest, Unavailable.

    The opt-out is what counts: when the event stream fails, it stands all the same.
    """
    link = read_link(app, token)
    endpoint = app.endpoints.get(link.app_id, link.endpoint_id)
    if endpoint is None or endpoint.opt_out == "ALL":
        return OptedOut(link, changed=False)
    now = app.clock.now()
    # An update without EndpointStatus would wake up an inactive endpoint.
    update = EndpointUpdate(link.endpoint_id, opt_out="ALL", endpoint_status=endpoint.endpoint_status)
    outcome = app.endpoints.apply(link.app_id, [update], now)[0]
    if outcome.refusal is not None:
        raise Unavailable(f"the opt-out was refused: {outcome.reason}")
    try:
        app.events.record([_event(app, link, now)])
    except EngagementError as error:
        return OptedOut(link, changed=True, event_lost=error.message)
    return OptedOut(link, changed=True)


def _event(app: Any, link: UnsubscribeLink, now: datetime) -> dict[str, Any]:
    milliseconds = int(now.timestamp() * 1000)
    attributes = {"feedback": "unsubscribed"} | ({"campaign_id": link.campaign_id} if link.campaign_id else {})
    return envelope(
        UNSUBSCRIBE,
        app_id=link.app_id,
        client_id=link.endpoint_id,
        attributes=attributes,
        custom={"legacy_identifier": link.app_id},
        event_ms=milliseconds,
        now_ms=milliseconds,
        account_id=app.settings.account_id,
    )
