"""Tags of applications, segments, campaigns, journeys and templates, which keep them in their documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engagement.domain.tags import checked_tags, tagged_document
from engagement.errors import NotFound
from engagement.ports import Document
from engagement.usecases.upsert_document import upsert_document


def tags_of(app: Any, arn: str) -> dict[str, str]:
    """Raises BadRequest for a string that is no ARN, NotFound for a resource that does not exist."""
    return dict(_known(app.documents.get(*tagged_document(arn)), arn).body.get("tags") or {})


def tag_resource(app: Any, arn: str, tags: Mapping[str, str]) -> None:
    """Add tags and replace those with the same key."""
    _change(app, arn, lambda before: checked_tags({**before, **tags}, "TagsModel.tags"))


def untag_resource(app: Any, arn: str, keys: Sequence[str]) -> None:
    """Remove tags by key; keys that are not there change nothing."""
    _change(app, arn, lambda before: {key: value for key, value in before.items() if key not in keys})


def _change(app: Any, arn: str, changed: Callable[[dict[str, str]], dict[str, str]]) -> None:
    def change(current: Document | None) -> dict[str, Any]:
        body = _known(current, arn).body
        return {**body, "tags": changed(body.get("tags") or {})}

    upsert_document(app.documents, *tagged_document(arn), change)


def _known(found: Document | None, arn: str) -> Document:
    if found is None:
        raise NotFound(f"ResourceArn: {arn.rpartition(':')[2][:140]} does not exist")
    return found
