"""Deleting an application: its campaigns stop sending, from then on everything below it answers 404, its audience goes."""

from __future__ import annotations

from typing import Any

from engagement.usecases.end_campaigns import end_campaigns
from engagement.usecases.find_application import APPS, find_application
from engagement.usecases.remove_audience import announce_removal


def delete_application(app: Any, app_id: str) -> dict[str, Any]:
    """Answers the ApplicationResponse as it was. Raises NotFound. Safe to repeat after a crash in between.

    The campaigns end first, while a repeat can still find the application; one that is made meanwhile finds no
    application when it starts. The removal of the audience is announced before: it begins later, and not at all when
    the application still exists then.
    """
    body = find_application(app.documents, app_id).body
    end_campaigns(app, app_id)
    announce_removal(app, app_id)
    app.documents.delete(APPS, app_id)
    return body
