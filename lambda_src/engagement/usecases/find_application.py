"""The application that a request names: everything below ``/v1/apps/<id>`` begins with this question."""

from __future__ import annotations

from engagement.errors import NotFound
from engagement.ports import Document, Documents

APPS = "apps"


def find_application(documents: Documents, app_id: str) -> Document:
    """Raises NotFound for an application that was never created or has been deleted."""
    document = documents.get(APPS, app_id)
    if document is None:
        raise NotFound(f"application {app_id[:64]} does not exist; GetApps lists those that do")
    return document
