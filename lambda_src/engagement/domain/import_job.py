"""An import job and its pieces (one piece per file) as documents: what they hold and how they move on.

Every row of every file is counted once, as processed or as failed, so TotalProcessed + TotalFailures is the number of
rows. A row that names an endpoint of an earlier row merges into it and counts as processed. A file that cannot be read
as a whole fails its piece, its rows count as failed, and the job ends as FAILED.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engagement.domain.application import timestamp
from engagement.errors import BadRequest

Json = dict[str, Any]

CREATED, PROCESSING, COMPLETING, COMPLETED = "CREATED", "PROCESSING", "COMPLETING", "COMPLETED"
FAILING, FAILED = "FAILING", "FAILED"
TERMINAL = frozenset({COMPLETED, FAILED})
MAX_FAILURES = 100
MAX_FILES = 10_000
OPEN, DONE, UNREADABLE = "OPEN", "DONE", "UNREADABLE"

_S3_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.+)", re.IGNORECASE | re.DOTALL)
_DEFINITION = (
    "DefineSegment", "ExternalId", "Format", "RegisterEndpoints", "RoleArn", "S3Url", "SegmentId", "SegmentName"
)  # fmt: skip


def checked_request(request: Mapping[str, Any]) -> tuple[str, str]:
    """Bucket and key (or prefix) that an ImportJobRequest names. Raises BadRequest for what can never be imported."""
    if request.get("Format") not in ("CSV", "JSON"):
        raise BadRequest("ImportJobRequest.Format: give CSV or JSON")
    if not request.get("RoleArn"):
        raise BadRequest(
            "ImportJobRequest.RoleArn: is missing; give a role's ARN (kept and shown, the engine reads by its own)"
        )
    found = _S3_URL.fullmatch(request.get("S3Url") or "")
    if found is None:
        raise BadRequest("ImportJobRequest.S3Url: is not s3://<bucket>/<file or folder>")
    return found.group(1), found.group(2)


def new_job(app_id: str, job_id: str, request: Mapping[str, Any], segment_id: str | None, now: datetime) -> Json:
    """The body of a job that was just created; its Definition echoes the request."""
    definition = {name: request[name] for name in _DEFINITION if request.get(name) is not None}
    if segment_id is not None:
        definition["SegmentId"] = segment_id
    return {
        "ApplicationId": app_id,
        "Id": job_id,
        "Type": "IMPORT",
        "JobStatus": CREATED,
        "CreationDate": timestamp(now),
        "Definition": definition,
        "TotalPieces": 0,
        "CompletedPieces": 0,
        "FailedPieces": 0,
        "TotalProcessed": 0,
        "TotalFailures": 0,
        "Failures": [],
        "_ended_pieces": [],
        "_channels": {},
    }


def registers_all(job: Mapping[str, Any]) -> bool:
    """Whether endpoints that exist are updated too. A job that only defines a segment adds what its members lack."""
    definition = job["Definition"]
    return bool(definition.get("RegisterEndpoints")) or not definition.get("SegmentId")


def new_piece(key: str, offset: int, line: int) -> Json:
    """A file that nobody has read yet. ``Offset`` and ``Line`` are where the next block begins."""
    return {
        "Key": key,
        "State": OPEN,
        "Offset": offset,
        "Line": line,
        "Processed": 0,
        "Failed": 0,
        "Failures": [],
        "Channels": {},
        "Header": None,
        "Refused": False,
    }


def piece_after_block(
    piece: Mapping[str, Any],
    *,
    offset: int,
    line: int,
    processed: int,
    failures: Sequence[str],
    uncounted: int,
    channels: Mapping[str, int],
) -> Json:
    """The piece when one more block is done: counted in the same write that moves its position on.

    ``uncounted`` rows failed with the file as a whole, without a message of their own.
    """
    return {
        **piece,
        "Offset": offset,
        "Line": line,
        "Processed": piece["Processed"] + processed,
        "Failed": piece["Failed"] + len(failures) + uncounted,
        "Failures": [*piece["Failures"], *failures][:MAX_FAILURES],
        "Channels": dict(Counter(piece["Channels"]) + Counter(channels)),
    }


def piece_refused(piece: Mapping[str, Any], message: str) -> Json:
    """The file as a whole is wrong: the reason is told once, its rows are counted as failed without one each."""
    return {**piece, "Refused": True, "Failures": [*piece["Failures"], message][:MAX_FAILURES]}


def piece_ended(piece: Mapping[str, Any]) -> Json:
    return {**piece, "State": UNREADABLE if piece["Refused"] else DONE}


def job_with_piece(job: Mapping[str, Any], number: int, piece: Mapping[str, Any]) -> Json:
    """The job when a piece has ended. The same piece counts once, however often it is told."""
    if number in job["_ended_pieces"] or job["JobStatus"] in TERMINAL:
        return dict(job)
    failed = piece["State"] == UNREADABLE
    ended = [*job["_ended_pieces"], number]
    every = len(ended) == job["TotalPieces"]
    failing = failed or job["JobStatus"] == FAILING
    return {
        **with_progress(job, [piece]),
        "CompletedPieces": job["CompletedPieces"] + (not failed),
        "FailedPieces": job["FailedPieces"] + failed,
        "_channels": dict(Counter(job["_channels"]) + Counter(piece["Channels"])),
        "_ended_pieces": ended,
        "JobStatus": FAILING if failing else COMPLETING if every else PROCESSING,
    }


def with_progress(job: Mapping[str, Any], pieces: Sequence[Mapping[str, Any]]) -> Json:
    """The job with the rows of some pieces that it does not count yet."""
    failures = [failure for piece in pieces for failure in piece["Failures"]]
    return {
        **job,
        "TotalProcessed": job["TotalProcessed"] + sum(piece["Processed"] for piece in pieces),
        "TotalFailures": job["TotalFailures"] + sum(piece["Failed"] for piece in pieces),
        "Failures": [*job["Failures"], *failures][:MAX_FAILURES],
    }


def has_every_piece(job: Mapping[str, Any]) -> bool:
    return job["TotalPieces"] > 0 and len(job["_ended_pieces"]) == job["TotalPieces"]


def job_ended(job: Mapping[str, Any], now: datetime, failure: str | None = None) -> Json:
    """The job at its end; one that has ended stays as it is. ``failure`` says why it could not even begin."""
    if job["JobStatus"] in TERMINAL:
        return dict(job)
    failures = [*job["Failures"], failure][:MAX_FAILURES] if failure else job["Failures"]
    status = FAILED if failure or job["FailedPieces"] else COMPLETED
    return {**job, "JobStatus": status, "CompletionDate": timestamp(now), "Failures": failures}
