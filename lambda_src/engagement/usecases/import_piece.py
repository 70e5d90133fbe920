"""Import one file block by block: apply its rows, remember the members, then move the checkpoint on.

The checkpoint (a document per piece) holds position and counts and is written under the condition that nobody else
moved it. A message that is delivered twice, or whose worker died, therefore repeats at most the rows of one block,
which merge into what they gave before, and no row is counted twice or left out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from engagement.domain.audience_file import BlockReader, UnreadableFile, file_label, unpacked
from engagement.domain.audience_piece import PieceReader, ReadRows
from engagement.domain.audience_rows import RowFailure
from engagement.domain.endpoint import EndpointUpdate, derived_id
from engagement.domain.import_job import (
    OPEN,
    TERMINAL,
    new_piece,
    piece_after_block,
    piece_ended,
    piece_refused,
    registers_all,
)
from engagement.domain.refusal import Refusal
from engagement.errors import Conflict, Forbidden, NotFound
from engagement.ports import Document
from engagement.usecases.complete_import import piece_has_ended
from engagement.usecases.prepare_import import port_bucket

Json = dict[str, Any]
STOP_BEFORE_DEADLINE_SECONDS = 30


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
    except Conflict:
        report.why = "another worker is at this piece"
        return report
    report.status = piece_has_ended(app, app_id, job_id, number, piece.body)
    return report


def _piece(app: Any, collection: str, number: int, key: str) -> Document:
    piece_id = f"{number:05d}"
    found = app.documents.get(collection, piece_id)
    if found is not None:
        return found
    try:
        return app.documents.create(collection, piece_id, new_piece(key, 0, 1))
    except Conflict:
        return app.documents.get(collection, piece_id)


class _Work:
    """The file of one piece, opened once per invocation."""

    def __init__(self, app: Any, job: Json, message: Json, collection: str) -> None:
        self._app, self._job, self._message, self._collection = app, job, message, collection
        self._segment_id: str | None = job["Definition"].get("SegmentId")
        self._reader: PieceReader | None = None

    def step(self, piece: Document, report: ImportReport) -> Document:
        """One block further, or to the end of the piece."""
        try:
            reader = self._reader = self._reader or self._opened(piece.body)
            read = reader.next_rows()
        except UnreadableFile as unreadable:
            return self._unreadable(piece, unreadable.refusal)
        except (Forbidden, NotFound) as error:
            why = "S3 denies it to the engine's role" if isinstance(error, Forbidden) else "is not there any more"
            remedy = (
                "allow the role in the bucket and key policies" if isinstance(error, Forbidden) else "upload it again"
            )
            return self._unreadable(piece, Refusal("file", why, remedy))
        if read is None:
            return self._put(piece, piece_ended(piece.body))
        body = {**piece.body, "Header": reader.header}
        if read.refusal is not None:
            body = piece_refused(body, self._file_message(piece, read.refusal))
        body = self._with_rows(piece, body, read, report)
        return self._put(piece, piece_ended(body) if read.last else body)

    def _opened(self, piece: Json) -> PieceReader:
        bucket = port_bucket(self._app, self._message["bucket"])
        content = unpacked(self._app.files.open(piece["Key"], bucket=bucket), piece["Offset"])
        return PieceReader(
            BlockReader(content, piece["Offset"]),
            wanted=self._job["Definition"]["Format"],
            line=piece["Line"],
            header=piece["Header"],
            refused=piece["Refused"],
        )

    def _with_rows(self, piece: Document, body: Json, read: ReadRows, report: ImportReport) -> Json:
        """Apply the rows of a block, add the members, count."""
        rows, failures = read.rows, list(read.rows.failures)
        members: dict[str, str | None] = {}
        processed = self._apply(rows.updates, rows.update_lines, members, failures)
        processed += self._find_users(rows.user_ids, rows.user_lines, members, failures)
        if self._segment_id and members:
            part = f"{self._message['job_id']}/{self._message['piece']}/{piece.body['Offset']}"
            self._app.segment_members.add(self._message["app_id"], self._segment_id, part, members)
        failures.sort(key=lambda failure: failure.line)
        file = file_label(piece.body["Key"])
        report.blocks += 1
        report.processed += processed
        report.failed += len(failures) + read.uncounted
        counted = piece_after_block(
            body,
            offset=read.offset,
            line=read.line,
            processed=processed,
            failures=[failure.message(file) for failure in failures],
            channels=Counter(channel for channel in members.values() if channel),
        )
        return {**counted, "Failed": counted["Failed"] + read.uncounted}

    def _apply(self, updates: Any, lines: Any, members: dict[str, str | None], failures: list[RowFailure]) -> int:
        app_id = self._message["app_id"]
        create_only = not registers_all(self._job)
        named = [_named(app_id, update, create_only) for update in updates]
        processed = 0
        outcomes = self._app.endpoints.apply(app_id, named, self._app.clock.now())
        for line, outcome in zip(lines, outcomes):
            if outcome.refusal is not None:
                failures.append(RowFailure(line, outcome.refusal, column=outcome.refusal.path != "Endpoint"))
            else:
                members[outcome.endpoint.id] = outcome.endpoint.channel_type
                processed += 1
        return processed

    def _find_users(self, user_ids: Any, lines: Any, members: dict[str, str | None], failures: list[RowFailure]) -> int:
        found = self._app.endpoints.of_users(self._message["app_id"], user_ids) if user_ids else {}
        processed = 0
        for line, user_id in zip(lines, user_ids):
            endpoints = found.get(user_id)
            if not endpoints:
                remedy = "import the endpoints of this user first"
                failures.append(
                    RowFailure(line, Refusal("User.UserId", "is no user of this application", remedy, user_id))
                )
            else:
                members.update((endpoint.id, endpoint.channel_type) for endpoint in endpoints)
                processed += 1
        return processed

    def _unreadable(self, piece: Document, refusal: Refusal) -> Document:
        return self._put(piece, piece_ended(piece_refused(piece.body, self._file_message(piece, refusal))))

    def _file_message(self, piece: Document, refusal: Refusal) -> str:
        return f"{file_label(piece.body['Key'])} {refusal.message}"

    def _put(self, piece: Document, body: Json) -> Document:
        return self._app.documents.put(self._collection, Document(piece.id, body, piece.version, piece.revision))


def _named(app_id: str, update: EndpointUpdate, create_only: bool) -> EndpointUpdate:
    """The update with its id: an update without one is known by channel, address and user."""
    if update.id and not create_only:
        return update
    endpoint_id = update.id or derived_id(app_id, update.channel_type or "", update.address or "", update.user_id)
    return update._replace(id=endpoint_id, create_only=create_only)
