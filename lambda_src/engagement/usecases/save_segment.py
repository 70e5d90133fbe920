"""Create and change segments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from engagement.domain.segment import new_segment, segment_response, updated_segment
from engagement.domain.segment_evaluation import compile_segment
from engagement.errors import BadRequest
from engagement.ports import Document
from engagement.usecases.read_segments import find_segment, segments_of
from engagement.usecases.segment_members import StoredDefinitions

Json = dict[str, Any]


def create_segment(app: Any, app_id: str, request: Json) -> Json:
    """Answers the SegmentResponse, version 1. Raises BadRequest for a definition that could not be evaluated."""
    body = new_segment(
        app_id,
        uuid4().hex,
        request,
        region=app.settings.region,
        account_id=app.settings.account_id,
        now=app.clock.now(),
    )
    _check_sources(app, app_id, body)
    return segment_response(app.documents.create(segments_of(app_id), body["Id"], body).body, 1)


def update_segment(app: Any, app_id: str, segment_id: str, request: Json) -> Json:
    """Every change is a new version, the old ones stay readable. Raises NotFound, BadRequest, Conflict."""
    current = find_segment(app, app_id, segment_id)
    body = updated_segment(current.body, request, app.clock.now())
    _check_sources(app, app_id, body)
    changed = Document(segment_id, body, current.version, current.revision)
    stored = app.documents.put(segments_of(app_id), changed, new_version=True)
    return segment_response(stored.body, stored.version)


def _check_sources(app: Any, app_id: str, body: Mapping[str, Any]) -> None:
    """Source segments exist, do not lead back here, and are dimensional ones or exactly one imported one."""
    compile_segment(body, StoredDefinitions(app, app_id), app.clock.now())
    for index, group in enumerate((body.get("SegmentGroups") or {}).get("Groups") or []):
        ids = [source["Id"] for source in group.get("SourceSegments") or []]
        imported = [one for one in ids if find_segment(app, app_id, one).body["SegmentType"] == "IMPORT"]
        if imported and len(ids) > 1:
            path = f"SegmentGroups.Groups[{index}].SourceSegments"
            raise BadRequest(f"{path}: a group is built on dimensional segments or on one imported one, not on both")
