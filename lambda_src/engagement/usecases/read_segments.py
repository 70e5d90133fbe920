"""Segments, their versions and their import jobs, as the API lists them."""

from __future__ import annotations

from typing import Any

from engagement.domain.segment import segment_response
from engagement.errors import BadRequest, NotFound
from engagement.ports import Document
from engagement.usecases.read_page import item_list, latest_page, versions_page

Json = dict[str, Any]


def segments_of(app_id: str) -> str:
    """The collection of an application's segments."""
    return f"apps/{app_id}/segments"


def find_segment(app: Any, app_id: str, segment_id: str, version: int | None = None) -> Document:
    """Raises NotFound, saying whether the segment or its version is missing."""
    document: Document | None = app.documents.get(segments_of(app_id), segment_id, version)
    if document is None:
        wanted = f"version {version} of segment" if version else "segment"
        raise NotFound(
            f"{wanted} {segment_id[:64]} does not exist in this application; GetSegments lists those that do"
        )
    return document


def segment_version(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 10):
        raise BadRequest(f"Version: value '{text[:20]}' is not a whole number from 1 on")
    return int(text)


def list_segments(app: Any, app_id: str, page_size: str | None, token: str | None) -> Json:
    collection = segments_of(app_id)
    page = latest_page(app, collection, page_size, token)
    return item_list([segment_response(one.body, one.version) for one in page.items], page.next_token)


def list_segment_versions(app: Any, app_id: str, segment_id: str, page_size: str | None, token: str | None) -> Json:
    """Newest first."""
    find_segment(app, app_id, segment_id)
    collection = segments_of(app_id)
    page = versions_page(app, collection, segment_id, page_size, token)
    return item_list([segment_response(one.body, one.version) for one in page.items], page.next_token)
