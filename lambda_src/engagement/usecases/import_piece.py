"""Import one file block by block: apply its rows slice by slice, remember the members, then move the checkpoint on.

The checkpoint (a document per piece) holds position and counts and is written under the condition that nobody else
moved it. A message that is delivered twice, or whose worker died, therefore repeats at most the rows of one block,
which merge into what they gave before, and no row is counted twice or left out.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engagement.domain.audience_file import BlockReader, UnreadableFile, file_label, unpacked
from engagement.domain.audience_piece import PieceReader, ReadRows
from engagement.domain.audience_rows import RowFailure
from engagement.domain.endpoint import EndpointUpdate
from engagement.domain.import_job import (
    OPEN,
    TERMINAL,
    checked_request,
    new_piece,
    piece_after_block,
    piece_ended,
    piece_refused,
    registers_all,
)
from engagement.domain.refusal import Refusal, hidden
from engagement.errors import Conflict, EngagementError, Forbidden, NotFound
from engagement.ports import Document
from engagement.usecases.complete_import import piece_has_ended
from engagement.usecases.find_application import APPS
from engagement.usecases.prepare_import import port_bucket
from engagement.usecases.remove_audience import announce_removal

Json = dict[str, Any]
STOP_BEFORE_DEADLINE_SECONDS = 30
CHECKPOINT_BYTES = 128 * 1024  # some thousand rows: a block, one part of a segment's members


@dataclass
class ImportReport:
    """What happened, for the log line."""

    blocks: int = 0
    processed: int = 0
    failed: int = 0
    status: str = ""
    why: str | None = None


def import_piece(app: Any, message: Json, *, deadline: float) -> ImportReport:
    """Handle one imports message; what time does not allow is continued by a message of its own.

    ``deadline`` in epoch seconds. Raises Unavailable, TooManyRequests or Conflict when a repeat will help.
    """
    report = ImportReport()
    app_id, job_id, number = message["app_id"], message["job_id"], message["piece"]
    job = app.documents.get(f"apps/{app_id}/import-jobs", job_id)
    if job is None or job.body["JobStatus"] in TERMINAL:
        report.why = "the job is gone or has ended"
        return report
    collection = f"apps/{app_id}/import-jobs/{job_id}/pieces"
    if _is_deleted(app, app_id):
        if app.documents.get(collection, _piece_id(number)) is not None:  # a worker that died may have written late
            announce_removal(app, app_id)
        report.why = "the application was deleted"
        return report
    piece = _piece(app, collection, number, message["key"])
    work = _Work(app, job.body, message, collection)
    try:
        while piece.body["State"] == OPEN:
            if report.blocks and app.clock.now().timestamp() > deadline - STOP_BEFORE_DEADLINE_SECONDS:
                position = {"offset": piece.body["Offset"], "line": piece.body["Line"]}
                app.imports_queue.send([{**message, **position}])
                report.why = "continued by a message of its own"
                return report
            piece = work.step(piece, report)
            if _is_deleted(app, app_id):
                announce_removal(app, app_id)  # anew: the step may have written behind the removal
                report.why = "the application was deleted"
                return report
    except Conflict:
        report.why = "another worker is at this piece"
        return report
    report.status = piece_has_ended(app, app_id, job_id, number, piece.body)
    return report


def _piece_id(number: int) -> str:
    return f"{number:05d}"


def _is_deleted(app: Any, app_id: str) -> bool:
    return app.documents.get(APPS, app_id) is None


def _piece(app: Any, collection: str, number: int, key: str) -> Document:
    piece_id = _piece_id(number)
    found = app.documents.get(collection, piece_id)
    if found is not None:
        return found
    try:
        return app.documents.create(collection, piece_id, new_piece(key, 0, 1))
    except Conflict:
        return app.documents.get(collection, piece_id)


@dataclass
class _Applied:
    """What was done since the last checkpoint; the next one goes to ``offset`` and ``line``."""

    offset: int
    line: int
    processed: int = 0
    uncounted: int = 0
    members: dict[str, str | None] = field(default_factory=dict)
    failures: list[RowFailure] = field(default_factory=list)
    refusal: Refusal | None = None


class _Work:
    """The file of one piece, opened once per invocation."""

    def __init__(self, app: Any, job: Json, message: Json, collection: str) -> None:
        self._app, self._job, self._message, self._collection = app, job, message, collection
        self._segment_id: str | None = job["Definition"].get("SegmentId")
        self._reader: PieceReader | None = None

    def step(self, piece: Document, report: ImportReport) -> Document:
        """One block further, or to the end of the piece."""
        begin = piece.body["Offset"]
        applied = _Applied(begin, piece.body["Line"])
        reader = self._reader = self._reader or self._opened(piece.body)
        ended = False
        while not ended and applied.offset < begin + CHECKPOINT_BYTES:
            try:
                read = _read(reader, report)
            except UnreadableFile as unreadable:
                applied.refusal, ended = _at_line(unreadable.refusal, reader.line), True
            else:
                if read is not None:
                    self._apply(read, applied)
                ended = read is None or read.last
        body = self._counted({**piece.body, "Header": reader.header}, applied, report)
        return self._put(piece, piece_ended(body) if ended else body)

    def _opened(self, piece: Json) -> PieceReader:
        bucket = port_bucket(self._app, self._message["bucket"])
        content = unpacked(self._app.files.open(piece["Key"], bucket=bucket), piece["Offset"])
        return PieceReader(
            BlockReader(content, piece["Offset"]),
            wanted=self._job["Definition"]["Format"],
            app_id=self._message["app_id"],
            create_only=not registers_all(self._job),
            line=piece["Line"],
            header=piece["Header"],
            refused=piece["Refused"],
        )

    def _apply(self, read: ReadRows, applied: _Applied) -> None:
        """Apply the rows of a slice."""
        rows = read.rows
        applied.failures += rows.failures
        applied.uncounted += read.uncounted
        applied.refusal = applied.refusal or read.refusal
        self._put_endpoints(rows.updates, rows.update_lines, applied)
        self._find_users(rows.user_ids, rows.user_lines, applied)
        applied.offset, applied.line = read.offset, read.line

    def _counted(self, piece: Json, applied: _Applied, report: ImportReport) -> Json:
        """Add the members of a block, and count: the piece as its next checkpoint."""
        if self._segment_id and applied.members:
            part = f"{self._message['job_id']}/{self._message['piece']}/{piece['Offset']}"
            self._app.segment_members.add(self._message["app_id"], self._segment_id, part, applied.members)
        file = file_label(piece["Key"], checked_request(self._job["Definition"])[1])
        if applied.refusal is not None:
            piece = piece_refused(piece, f"{file} {applied.refusal.message}")
        failures = sorted(applied.failures, key=lambda failure: failure.line)
        report.blocks += 1
        report.processed += applied.processed
        report.failed += len(failures) + applied.uncounted
        return piece_after_block(
            piece,
            offset=applied.offset,
            line=applied.line,
            processed=applied.processed,
            failures=[failure.message(file) for failure in failures],
            uncounted=applied.uncounted,
            channels=Counter(channel for channel in applied.members.values() if channel),
        )

    def _put_endpoints(self, updates: Sequence[EndpointUpdate], lines: Iterable[int], applied: _Applied) -> None:
        app_id = self._message["app_id"]
        outcomes = self._app.endpoints.apply(app_id, updates, self._app.clock.now())
        for line, outcome in zip(lines, outcomes):
            if outcome.refusal is not None:
                applied.failures.append(RowFailure(line, outcome.refusal, column=outcome.refusal.path != "Endpoint"))
            else:
                applied.members[outcome.endpoint.id] = outcome.endpoint.channel_type
                applied.processed += 1

    def _find_users(self, user_ids: Sequence[str], lines: Iterable[int], applied: _Applied) -> None:
        found = self._app.endpoints.of_users(self._message["app_id"], user_ids) if user_ids else {}
        for line, user_id in zip(lines, user_ids):
            endpoints = found.get(user_id)
            if not endpoints:
                remedy = "import the endpoints of this user first"
                refusal = Refusal("User.UserId", "is no user of this application", remedy, user_id)
                applied.failures.append(RowFailure(line, refusal))
            else:
                applied.members.update((endpoint.id, endpoint.channel_type) for endpoint in endpoints)
                applied.processed += 1

    def _put(self, piece: Document, body: Json) -> Document:
        return self._app.documents.put(self._collection, Document(piece.id, body, piece.version, piece.revision))


def _at_line(refusal: Refusal, line: int) -> Refusal:
    """Where a file is unreadable that could be read so far."""
    return refusal if line == 1 else replace(refusal, rule=f"{refusal.rule} (line {line})")


def _read(reader: PieceReader, report: ImportReport) -> ReadRows | None:
    """The next rows. Raises UnreadableFile, also where this code was not made for the file: a repeat would end alike."""
    try:
        return reader.next_rows()
    except Forbidden as error:
        remedy = "allow the role in the bucket and key policies"
        raise UnreadableFile(Refusal("file", "S3 denies it to the engine's role", remedy)) from error
    except NotFound as error:
        raise UnreadableFile(Refusal("file", "is not there any more", "upload it again")) from error
    except (UnreadableFile, EngagementError, MemoryError):
        raise
    except Exception as fault:
        where = traceback.format_tb(fault.__traceback__)[-1].strip()
        report.why = hidden(f"the reader failed: {type(fault).__name__} {where}")
        rule = f"cannot be read from line {reader.line} on ({type(fault).__name__})"
        raise UnreadableFile(
            Refusal("file", rule, "look for an odd row there; the log says where it failed")
        ) from fault
