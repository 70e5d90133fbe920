"""Delete a template, or one of its versions."""

from __future__ import annotations

from typing import Any

from engagement.domain.application import timestamp
from engagement.errors import BadRequest, Conflict, NotFound
from engagement.ports import Document
from engagement.usecases.find_template import ACTIVE, latest_template, templates_of, version_number
from engagement.usecases.upsert_document import ATTEMPTS


def remove_template(app: Any, kind: str, name: str, version: str | None = None) -> None:
    """Without ``version`` all versions go. Raises NotFound; BadRequest for the active version of several."""
    if version is None:
        if app.documents.delete(templates_of(kind), name) is None:
            latest_template(app.documents, kind, name)
        return
    for _ in range(ATTEMPTS):
        try:
            _remove_version(app, kind, name, version)
            return
        except Conflict:
            continue
    raise Conflict(f"{kind} template {name} is being changed by others all the time; try again")


def _remove_version(app: Any, kind: str, name: str, version: str) -> None:
    collection = templates_of(kind)
    latest = latest_template(app.documents, kind, name)
    number = version_number(version, latest)
    if app.documents.get(collection, name, number) is None:
        raise NotFound(f"{kind} template {name} has no version {number}")
    newest = app.documents.versions(collection, name, limit=2).items
    if len(newest) < 2:
        app.documents.delete(collection, name)
        return
    if number == latest.body[ACTIVE]:
        raise BadRequest(f"Version: {number} is the active version; make another one active first")
    left = _latest_without(latest, newest[1], number)
    app.documents.remove_version(collection, latest, number, {**left, "LastModifiedDate": timestamp(app.clock.now())})


def _latest_without(latest: Document, before: Document, number: int) -> dict[str, Any]:
    """The body of what is the latest version afterwards: what belongs to the template goes with it."""
    if number != latest.version:
        return latest.body
    return {**before.body, "tags": latest.body["tags"], ACTIVE: latest.body[ACTIVE]}
