"""Deleting an application: its campaigns stop sending, and from then on everything below it answers 404."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from engagement.domain.application import timestamp
from engagement.errors import Conflict
from engagement.usecases.end_campaigns import end_campaigns
from engagement.usecases.find_application import APPS, find_application

# What belongs to a deleted application is out of reach at once; this mark tells a sweeper what it may remove.
DELETED_APPS = "deleted-apps"


def delete_application(app: Any, app_id: str) -> dict[str, Any]:
    """Answers the ApplicationResponse as it was. Raises NotFound. Safe to repeat after a crash in between.

    The campaigns end first, while a repeat can still find the application; one that is made meanwhile finds no
    application when it starts.
    """
    body = find_application(app.documents, app_id).body
    end_campaigns(app, app_id)
    with suppress(Conflict):  # marked by an attempt that ended before it deleted
        app.documents.create(DELETED_APPS, app_id, {**body, "_deleted": timestamp(app.clock.now())})
    app.documents.delete(APPS, app_id)
    return body
