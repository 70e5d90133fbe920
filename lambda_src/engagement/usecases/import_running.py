"""Whether somebody is still filling a segment: an immediate campaign waits for that."""

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
