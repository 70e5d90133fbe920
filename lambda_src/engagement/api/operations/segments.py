"""Segments and their versions."""

from __future__ import annotations

from typing import Any

from engagement.domain.segment import segment_response
from engagement.usecases.delete_segment import delete_segment
from engagement.usecases.read_segments import (
    find_segment,
    list_segment_versions,
    list_segments,
    segment_version,
)
from engagement.usecases.save_segment import create_segment, update_segment

Json = dict[str, Any]


def create(app: Any, request: Json) -> Json:
    return create_segment(app, request["ApplicationId"], request["WriteSegmentRequest"])


def get(app: Any, request: Json) -> Json:
    document = find_segment(app, request["ApplicationId"], request["SegmentId"])
    return segment_response(document.body, document.version)


def get_version(app: Any, request: Json) -> Json:
    version = segment_version(request["Version"])
    document = find_segment(app, request["ApplicationId"], request["SegmentId"], version)
    return segment_response(document.body, document.version)


def get_all(app: Any, request: Json) -> Json:
    return list_segments(app, request["ApplicationId"], request.get("PageSize"), request.get("Token"))


def get_versions(app: Any, request: Json) -> Json:
    return list_segment_versions(
        app, request["ApplicationId"], request["SegmentId"], request.get("PageSize"), request.get("Token")
    )


def update(app: Any, request: Json) -> Json:
    return update_segment(app, request["ApplicationId"], request["SegmentId"], request["WriteSegmentRequest"])


def delete(app: Any, request: Json) -> Json:
    return delete_segment(app, request["ApplicationId"], request["SegmentId"])


OPERATIONS = {
    "CreateSegment": create,
    "GetSegment": get,
    "GetSegmentVersion": get_version,
    "GetSegments": get_all,
    "GetSegmentVersions": get_versions,
    "UpdateSegment": update,
    "DeleteSegment": delete,
}
