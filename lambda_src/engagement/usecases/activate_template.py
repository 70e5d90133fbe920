"""Choose the version of a template that is used when none is named."""

from __future__ import annotations

from typing import Any

from engagement.domain.template_resource import checked_template_type
from engagement.errors import BadRequest, NotFound
from engagement.ports import Document
from engagement.usecases.find_template import ACTIVE, latest_template, templates_of, version_number
from engagement.usecases.upsert_document import upsert_document


def activate_template(app: Any, kind: str, name: str, version: str | None) -> None:
    """``version`` is the number of a version that exists, or ``latest``. Raises BadRequest, NotFound."""
    kind = checked_template_type(kind)
    if not version:
        raise BadRequest("TemplateActiveVersionRequest.Version: is missing; give a version number or 'latest'")
    collection = templates_of(kind)

    def change(current: Document | None) -> dict[str, Any]:
        latest = current or latest_template(app.documents, kind, name)
        number = version_number(version, latest)
        if app.documents.get(collection, name, number) is None:
            raise NotFound(f"{kind} template {name} has no version {number}")
        return {**latest.body, ACTIVE: number}

    upsert_document(app.documents, collection, name, change)
