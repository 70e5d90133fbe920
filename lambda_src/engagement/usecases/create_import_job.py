"""CreateImportJob: the segment is there at once, the files are read by the import worker."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from engagement.domain.import_job import checked_request, new_job
from engagement.domain.segment import imported_segment
from engagement.errors import BadRequest, NotFound
from engagement.ports import Document
from engagement.usecases.upsert_document import upsert_document

Json = dict[str, Any]


def create_import_job(app: Any, app_id: str, request: Json) -> Json:
    """Answers the ImportJobResponse; ``Definition.SegmentId`` names the segment that will be filled.

    Raises BadRequest for a request that no file can mend, NotFound for an unknown SegmentId. A bucket that may not be
    read is found by the worker, and then the job ends as FAILED with the reason.
    """
    bucket, key = checked_request(request)
    job_id = uuid4().hex
    segment_id = _segment(app, app_id, job_id, request)
    job = app.documents.create(
        f"apps/{app_id}/import-jobs", job_id, new_job(app_id, job_id, request, segment_id, app.clock.now())
    )
    message = {"app_id": app_id, "job_id": job_id, "bucket": bucket, "key": key}
    # Line 0 asks the worker to find the files first; pieces begin at line 1.
    app.imports_queue.send([{**message, "piece": 0, "offset": 0, "line": 0}])
    return job.body


def _segment(app: Any, app_id: str, job_id: str, request: Json) -> str | None:
    """The segment to fill, marked as being filled; made now when the job defines one."""
    collection = f"apps/{app_id}/segments"
    segment_id = request.get("SegmentId")
    if segment_id:
        upsert_document(app.documents, collection, segment_id, lambda current: _filling(current, segment_id, job_id))
        return str(segment_id)
    defines = request.get("DefineSegment")
    if defines is None:
        defines = bool(request.get("SegmentName"))
    if not defines:
        return None
    created = uuid4().hex
    body = imported_segment(
        app_id, created, request, region=app.settings.region, account_id=app.settings.account_id, now=app.clock.now()
    )
    app.documents.create(collection, created, {**body, "_running_imports": [job_id]})
    return created


def _filling(segment: Document | None, segment_id: str, job_id: str) -> Json:
    if segment is None:
        raise NotFound(f"segment {segment_id[:64]} does not exist in this application; GetSegments lists those that do")
    if segment.body["SegmentType"] != "IMPORT":
        raise BadRequest("ImportJobRequest.SegmentId: names a dimensional segment; only imported ones can be added to")
    return {**segment.body, "_running_imports": [*segment.body.get("_running_imports", []), job_id]}
