"""Import jobs as the API shows them."""

from __future__ import annotations

from typing import Any

from engagement.domain.import_job import TERMINAL, with_progress
from engagement.errors import NotFound
from engagement.ports import Document, Page
from engagement.usecases.read_page import item_list, latest_page, read_page
from engagement.usecases.read_segments import find_segment

Json = dict[str, Any]
SHOWN_PIECES = 100


def find_import_job(app: Any, app_id: str, job_id: str) -> Json:
    """The ImportJobResponse; of a running job, with the rows of its first 100 open files counted so far."""
    document = app.documents.get(f"apps/{app_id}/import-jobs", job_id)
    if document is None:
        raise NotFound(
            f"import job {job_id[:64]} does not exist in this application; GetImportJobs lists those that do"
        )
    job: Json = document.body
    if job["JobStatus"] in TERMINAL or not job["TotalPieces"]:
        return job
    pieces = app.documents.list(f"apps/{app_id}/import-jobs/{job_id}/pieces", limit=SHOWN_PIECES).items
    return with_progress(job, [piece.body for piece in pieces if int(piece.id) not in job["_ended_pieces"]])


def list_import_jobs(app: Any, app_id: str, page_size: str | None, token: str | None) -> Json:
    collection = f"apps/{app_id}/import-jobs"
    page = latest_page(app, collection, page_size, token)
    return item_list([job.body for job in page.items], page.next_token)


def list_segment_import_jobs(app: Any, app_id: str, segment_id: str, page_size: str | None, token: str | None) -> Json:
    """Jobs into one segment, found among all jobs of the application."""
    find_segment(app, app_id, segment_id)
    collection = f"apps/{app_id}/import-jobs"

    def fetch(after: str | None, limit: int) -> Page:
        found: list[Document] = []
        while True:
            page = app.documents.list(collection, after=after, limit=limit)
            for job in page.items:
                if job.body["Definition"].get("SegmentId") == segment_id:
                    found.append(job)
                    if len(found) > limit:
                        return Page(found[:limit], found[limit - 1].id)
            after = page.after
            if after is None:
                return Page(found, None)

    page = read_page(app.tokens, f"{collection} of {segment_id}", page_size, token, fetch)
    return item_list([job.body for job in page.items], page.next_token)
