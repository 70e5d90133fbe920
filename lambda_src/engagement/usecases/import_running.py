"""Whether somebody is still filling a segment, or has failed to: an immediate campaign waits, or says so."""

from __future__ import annotations

from engagement.domain.import_job import TERMINAL
from engagement.ports import Documents


def import_running(documents: Documents, app_id: str, segment_id: str) -> bool:
    """True while an import job into this segment has not ended."""
    segment = documents.get(f"apps/{app_id}/segments", segment_id)
    for job_id in segment.body.get("_running_imports", ()) if segment is not None else ():
        job = documents.get(f"apps/{app_id}/import-jobs", job_id)
        if job is not None and job.body["JobStatus"] not in TERMINAL:
            return True
    return False


def import_failure(documents: Documents, app_id: str, segment_id: str) -> str | None:
    """Why nobody is in a segment whose last import failed; None for any other segment."""
    segment = documents.get(f"apps/{app_id}/segments", segment_id)
    return segment.body.get("_import_failure") if segment is not None else None
