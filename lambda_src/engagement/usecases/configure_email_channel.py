"""Set, find and remove the email channel of an application."""

from __future__ import annotations

from typing import Any

from engagement.domain.application import timestamp
from engagement.domain.email_channel import EMAIL, channel_body
from engagement.errors import NotFound
from engagement.ports import Document
from engagement.usecases.upsert_document import upsert_document

Json = dict[str, Any]


def channels_of(app_id: str) -> str:
    """The collection of an application's channels; a channel's id is its platform (``EMAIL``)."""
    return f"apps/{app_id}/channels"


def configure_email_channel(app: Any, app_id: str, request: Json) -> Json:
    """``request`` is an EmailChannelRequest; answers the EmailChannelResponse. Raises BadRequest."""
    now = timestamp(app.clock.now())

    def change(current: Document | None) -> Json:
        return channel_body(app_id, request, current.body if current else None, now)

    return upsert_document(app.documents, channels_of(app_id), EMAIL, change).body


def find_email_channel(app: Any, app_id: str) -> Json:
    """The EmailChannelResponse. Raises NotFound when the application has no email channel."""
    found = app.documents.get(channels_of(app_id), EMAIL)
    return _known(found, app_id).body


def remove_email_channel(app: Any, app_id: str) -> Json:
    """Answers the channel as it was. Raises NotFound."""
    return _known(app.documents.delete(channels_of(app_id), EMAIL), app_id).body


def list_channels(app: Any, app_id: str) -> dict[str, Json]:
    """Channels by platform (``EMAIL``), as ChannelsResponse shows them."""
    return {document.body["Platform"]: document.body for document in app.documents.list(channels_of(app_id)).items}


def _known(found: Document | None, app_id: str) -> Document:
    if found is None:
        raise NotFound(f"application {app_id} has no email channel; set one by UpdateEmailChannel")
    return found
