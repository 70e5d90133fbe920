"""The end of an import: counts go into the segment first, then the job ends, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from engagement.domain.import_job import FAILED, has_every_piece, job_ended, job_with_piece
from engagement.domain.segment import with_import_counts
from engagement.errors import NotFound
from engagement.ports import Document
from engagement.usecases.upsert_document import upsert_document

Json = dict[str, Any]
COUNT_AT_ONCE = 1000


def piece_has_ended(app: Any, app_id: str, job_id: str, number: int, piece: Mapping[str, Any]) -> str:
    """Count a piece's rows in its job; with the last one the job ends. Answers the job's status. Safe to repeat."""
    job = upsert_document(
        app.documents, f"apps/{app_id}/import-jobs", job_id, lambda now: job_with_piece(_body(now), number, piece)
    )
    if not has_every_piece(job.body):
        return str(job.body["JobStatus"])
    return _end(app, app_id, job_id, job.body, None)


def fail_import(app: Any, app_id: str, job_id: str, reason: str) -> None:
    """End a job that could not begin. Safe to repeat."""
    job = app.documents.get(f"apps/{app_id}/import-jobs", job_id)
    if job is not None:
        _end(app, app_id, job_id, job.body, reason)


def _end(app: Any, app_id: str, job_id: str, job: Mapping[str, Any], failure: str | None) -> str:
    segment_id = job["Definition"].get("SegmentId")
    if segment_id:
        _count_members(app, app_id, job, job_ended(job, app.clock.now(), failure))
    ended = upsert_document(
        app.documents,
        f"apps/{app_id}/import-jobs",
        job_id,
        lambda current: job_ended(_body(current), app.clock.now(), failure),
    )
    return str(ended.body["JobStatus"])


def _count_members(app: Any, app_id: str, job: Mapping[str, Any], ended: Mapping[str, Any]) -> None:
    """Size and channel counts of the segment, over all imports into it; why the import failed, if it did."""
    job_id, segment_id, imported = job["Id"], job["Definition"]["SegmentId"], job["_channels"]
    failure = (ended["Failures"] or ["no file could be read"])[-1] if ended["JobStatus"] == FAILED else None
    shards = [app.segment_members.read(app_id, segment_id, shard) for shard in range(app.endpoints.shards)]
    size = sum(map(len, shards))
    channels = dict(imported)
    if sum(channels.values()) != size:  # ids that repeat over blocks or jobs: counted exactly, by reading them
        channels = dict(_channels(app, app_id, shards))
    collection, now = f"apps/{app_id}/segments", app.clock.now()
    if app.documents.get(collection, segment_id) is not None:  # it may have been deleted meanwhile
        upsert_document(
            app.documents,
            collection,
            segment_id,
            lambda current: with_import_counts(_body(current), job_id, size, channels, now, failure),
        )


def _channels(app: Any, app_id: str, shards: list[set[str]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for members in shards:
        ids = sorted(members)
        for first in range(0, len(ids), COUNT_AT_ONCE):
            found = app.endpoints.get_many(app_id, ids[first : first + COUNT_AT_ONCE])
            counts.update(endpoint.channel_type for endpoint in found.values() if endpoint.channel_type)
    return counts


def _body(document: Document | None) -> Json:
    if document is None:
        raise NotFound("the import job or its segment was deleted")
    return document.body
