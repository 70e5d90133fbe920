"""Channels of an application: email. Channels that nothing here can set up are honestly not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engagement.api.unserved_operations import DEAD_CHANNELS
from engagement.errors import NotFound
from engagement.usecases.configure_email_channel import (
    configure_email_channel,
    find_email_channel,
    list_channels,
    remove_email_channel,
)

Json = dict[str, Any]


def get_channels(app: Any, request: Json) -> Json:
    return {"Channels": list_channels(app, request["ApplicationId"])}


def get_email_channel(app: Any, request: Json) -> Json:
    return find_email_channel(app, request["ApplicationId"])


def update_email_channel(app: Any, request: Json) -> Json:
    return configure_email_channel(app, request["ApplicationId"], request["EmailChannelRequest"])


def delete_email_channel(app: Any, request: Json) -> Json:
    return remove_email_channel(app, request["ApplicationId"])


def _not_configured(channel: str) -> Callable[[Any, Json], Json]:
    def get_channel(app: Any, request: Json) -> Json:
        raise NotFound(f"the {channel} channel is not configured, and this engine does not provide it")

    return get_channel


OPERATIONS = {
    "GetChannels": get_channels,
    "GetEmailChannel": get_email_channel,
    "UpdateEmailChannel": update_email_channel,
    "DeleteEmailChannel": delete_email_channel,
    **{f"Get{channel}Channel": _not_configured(channel) for channel in DEAD_CHANNELS},
}
