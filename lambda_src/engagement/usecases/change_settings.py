"""An application's settings: defaults of its campaigns and journeys."""

from __future__ import annotations

from typing import Any

from engagement.domain.application import checked_settings, timestamp
from engagement.ports import Document
from engagement.usecases.find_application import find_application
from engagement.usecases.upsert_document import upsert_document

Json = dict[str, Any]
SETTINGS_ID = "settings"
NO_SETTINGS: Json = {"CampaignHook": {}, "Limits": {}, "QuietTime": {}}


def read_settings(app: Any, app_id: str) -> Json:
    """The ApplicationSettingsResource; an application that never set any has empty ones from its creation on."""
    found = app.documents.get(_collection(app_id), SETTINGS_ID)
    if found is not None:
        return found.body
    created = find_application(app.documents, app_id).body["CreationDate"]
    return {"ApplicationId": app_id, "LastModifiedDate": created, **NO_SETTINGS}


def change_settings(app: Any, app_id: str, request: Json) -> Json:
    """``request`` is a WriteApplicationSettingsRequest: a member replaces what was set, an absent one keeps it."""
    checked_settings(request)
    changed = {"ApplicationId": app_id, "LastModifiedDate": timestamp(app.clock.now())}

    def change(current: Document | None) -> Json:
        return {**(current.body if current else NO_SETTINGS), **request, **changed}

    return upsert_document(app.documents, _collection(app_id), SETTINGS_ID, change).body


def _collection(app_id: str) -> str:
    return f"apps/{app_id}/settings"
