"""Members of imported segments in S3: one object per part, one line per shard, each line a JSON list of endpoint ids.

A part is written by one PUT, so it is there whole or not at all, and writing it again replaces it. A reader of one
shard decodes only its line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from engagement.domain.endpoint import shard_of
from engagement.ports import Files


class S3SegmentMembers:
    """ports.SegmentMembers."""

    def __init__(self, *, files: Files, shards: int) -> None:
        self._files, self._shards = files, shards

    def add(self, app_id: str, segment_id: str, part: str, endpoint_ids: Iterable[str]) -> None:
        shards: list[list[str]] = [[] for _ in range(self._shards)]
        for endpoint_id in sorted(set(endpoint_ids)):
            shards[shard_of(endpoint_id, self._shards)].append(endpoint_id)
        lines = [json.dumps(ids, separators=(",", ":")) for ids in shards]
        name = hashlib.sha256(part.encode()).hexdigest()[:32]
        self._files.write(f"{_prefix(app_id, segment_id)}{name}.jsonl", "\n".join(lines).encode())

    def read(self, app_id: str, segment_id: str, shard: int) -> set[str]:
        members: set[str] = set()
        for stored in self._files.list(_prefix(app_id, segment_id)):
            members.update(json.loads(self._files.read(stored.key).split(b"\n")[shard]))
        return members


def _prefix(app_id: str, segment_id: str) -> str:
    return f"segments/{app_id}/{segment_id}/"
