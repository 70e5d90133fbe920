"""What an unsubscribe link says: whom it takes off which project's mails, and which campaign brought it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from engagement.errors import BadRequest

PURPOSE = "unsubscribe"


@dataclass(frozen=True)
class UnsubscribeLink:
    """The payload of the signed token in ``<public url>/unsubscribe/<token>``."""

    app_id: str
    endpoint_id: str
    campaign_id: str | None = None

    def payload(self) -> str:
        return json.dumps([self.app_id, self.endpoint_id, self.campaign_id], separators=(",", ":"))

    @classmethod
    def of(cls, payload: str) -> UnsubscribeLink:
        """The inverse of ``payload``. Raises BadRequest for anything else."""
        try:
            app_id, endpoint_id, campaign_id = json.loads(payload)
        except (ValueError, TypeError):
            raise BadRequest("this is not an unsubscribe link of this engine") from None
        return cls(app_id, endpoint_id, campaign_id)
