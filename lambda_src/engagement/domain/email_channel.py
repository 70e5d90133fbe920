"""The email channel of an application: whom its mails are from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engagement.domain.email_address import MailFault, bare_address
from engagement.errors import BadRequest

Json = dict[str, Any]
EMAIL = "EMAIL"
_IDENTITY = re.compile(r"arn:[a-z-]+:ses:[a-z0-9-]+:\d*:identity/.+\Z")
_SETTABLE = (
    "ConfigurationSet", "Enabled", "FromAddress", "Identity", "OrchestrationSendingRoleArn", "RoleArn",
)  # fmt: skip


def channel_body(app_id: str, request: Mapping[str, Any], current: Json | None, now: str) -> Json:
    """The EmailChannelResponse after an update; a new channel is enabled unless the request says otherwise.

    Raises BadRequest for a from address that no mail can carry and an identity that is not SES's.
    """
    try:
        bare_address(request["FromAddress"])
    except MailFault as fault:
        raise BadRequest(f"EmailChannelRequest.FromAddress: {fault}") from None
    if not _IDENTITY.match(request["Identity"]):
        raise BadRequest(
            "EmailChannelRequest.Identity: is not an ARN such as arn:aws:ses:<region>:<account>:identity/<domain>"
        )
    before = current or {"CreationDate": now, "Enabled": True, "Version": 0}
    return {
        **before,
        **{name: request[name] for name in _SETTABLE if name in request},
        "ApplicationId": app_id,
        "Id": "email",
        "Platform": EMAIL,
        "HasCredential": True,
        "IsArchived": False,
        "LastModifiedDate": now,
        "Version": before["Version"] + 1,
    }
