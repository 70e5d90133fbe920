"""The endpoints of a segment, shard by shard of the audience."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from engagement.domain.endpoint import Endpoint
from engagement.domain.segment_evaluation import Predicate, compile_segment
from engagement.errors import NotFound

GET_AT_ONCE = 500


@dataclass
class StoredDefinitions:
    """Definitions of source segments; nobody is a member. Enough to compile a segment, and needs no access to files."""

    app: Any
    app_id: str

    def definition(self, segment_id: str, version: int | None) -> dict[str, Any] | None:
        document = self.app.documents.get(f"apps/{self.app_id}/segments", segment_id, version)
        return document.body if document is not None else None

    def is_member(self, segment_id: str) -> Predicate:
        return lambda endpoint: False


@dataclass
class StoredSources(StoredDefinitions):
    """Source segments out of the stores, as seen from one shard: members of imported ones are read once."""

    shard: int
    _members: dict[str, set[str]] = field(default_factory=dict)

    def is_member(self, segment_id: str) -> Predicate:
        members = self._members.get(segment_id)
        if members is None:
            members = self._members[segment_id] = self.app.segment_members.read(self.app_id, segment_id, self.shard)
        return lambda endpoint: endpoint.id in members


def segment_members(
    app: Any, app_id: str, segment_id: str, version: int | None, shard: int, after: str | None = None
) -> Iterator[Endpoint]:
    """Members of one shard in id order, behind id ``after``; opted-out and inactive ones too.

    An imported segment is its fixed list of ids, with the endpoints as they are now; those deleted since are left out.
    Raises NotFound for a segment or version that does not exist.
    """
    document = app.documents.get(f"apps/{app_id}/segments", segment_id, version)
    if document is None:
        raise NotFound(f"segment {segment_id}{f' version {version}' if version else ''} does not exist")
    if document.body["SegmentType"] == "IMPORT":
        return _imported(app, app_id, segment_id, shard, after)
    predicate = compile_segment(document.body, StoredSources(app, app_id, shard), app.clock.now())
    return filter(predicate, app.endpoints.scan(app_id, shard, after=after))


def _imported(app: Any, app_id: str, segment_id: str, shard: int, after: str | None) -> Iterator[Endpoint]:
    ids = iter(
        sorted(one for one in app.segment_members.read(app_id, segment_id, shard) if after is None or one > after)
    )
    while chunk := list(islice(ids, GET_AT_ONCE)):
        found = app.endpoints.get_many(app_id, chunk)
        yield from (found[endpoint_id] for endpoint_id in chunk if endpoint_id in found)
