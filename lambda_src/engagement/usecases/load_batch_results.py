"""Read a file of batch results into the store that senders ask, and let its generation serve when it is whole.

A job may write several files, and it tells of each one when that is written: its generation serves when the job is
done and every one of its files was read, whichever comes last. Everything is safe to repeat: a line writes the same
item again, a file that was read before is not read again, and a generation older than the one that serves does not
take its place. Large files are read in pieces: when time runs short, a message of its own goes on at the next line.
How long generations are kept: adapters/batch_results_dynamodb.py (KEEP_DAYS).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engagement.domain.batch_results import (
    JobState,
    LineFault,
    OtherContents,
    ResultFile,
    UserItems,
    is_error_file,
    job_folder,
    read_line,
    result_file,
)
from engagement.domain.line_reader import Line, lines_of
from engagement.errors import BadRequest
from engagement.usecases.whole_generation import loaded_of

Json = dict[str, Any]
BLOCK = 500
FAULTS_TOLD = 5
STOP_BEFORE_DEADLINE_SECONDS = 15
JOB_WAIT_SECONDS = 15


@dataclass
class LoadReport:
    """What became of one file, for the log line. ``line`` is the line to go on with when the file is not finished,
    ``serves`` whether its generation took over; where it did not, ``why`` may say what it waits for.
    """

    users: int = 0
    faulty: int = 0
    faults: list[str] = field(default_factory=list)
    line: int | None = None
    serves: bool | None = None
    why: str | None = None

    def refuse(self, line: Line, reason: str) -> None:
        self.faulty += 1
        if len(self.faults) < FAULTS_TOLD:
            self.faults.append(f"line {line.number}: {reason}")


def load_batch_results(app: Any, message: Json, *, deadline: float) -> LoadReport:
    """Load the file that ``message`` names: {"bucket", "key", "etag", "at" (epoch milliseconds)}, and when it goes on
    with a file {"offset", "line", "users", "faulty"}. With "again" it is loaded anew, so that it is kept for longer.

    ``deadline`` (epoch seconds) is when this worker will be ended. Raises NotFound when the file is gone, BadRequest
    when no line of it can be used, and retryable errors.
    """
    key = message["key"]
    if is_error_file(key):
        return _told_errors(app, message)
    file = result_file(message["bucket"], key, message.get("etag", ""))
    if file is None:
        return LoadReport(why="is no file of batch results")
    if not message.get("again") and app.batch_results.is_loaded(file, key, message.get("etag", "")):
        return _serve_when_whole(app, file, message, LoadReport(why="was loaded before"))
    report = LoadReport(users=message.get("users", 0), faulty=message.get("faulty", 0))
    try:
        rest = _load(app, file, message, report, deadline)
    except OtherContents as error:
        return LoadReport(why=str(error))
    if rest:
        app.batch_results_queue.send([{**message, **rest}])
        return report
    return _finished(app, file, message, report)


def _load(app: Any, file: ResultFile, message: Json, report: LoadReport, deadline: float) -> Json | None:
    """Read on; answers what to go on with when the time runs short, None at the end of the file."""
    offset = message.get("offset", 0)
    chunks = app.files.open(message["key"], bucket=message["bucket"], start=offset)
    for block, last in _blocks(lines_of(chunks, offset=offset, number=message.get("line", 1)), report):
        app.batch_results.write(file, block)
        report.users += len(block)
        if app.clock.now().timestamp() > deadline - STOP_BEFORE_DEADLINE_SECONDS:
            report.line = last.number + 1
            return {"offset": last.end, "line": report.line, "users": report.users, "faulty": report.faulty}
    return None


def _blocks(lines: Iterator[Line], report: LoadReport) -> Iterator[tuple[list[UserItems], Line]]:
    """What up to BLOCK lines say, and the last of these lines."""
    block: list[UserItems] = []
    taken = 0
    line: Line | None = None
    for line in lines:
        taken += 1
        try:
            found = _read(line)
            if found and found.items:
                block.append(found)
        except LineFault as error:
            report.refuse(line, str(error))
        if taken == BLOCK:
            yield block, line
            block, taken = [], 0
    if line and taken:
        yield block, line


def _read(line: Line) -> UserItems | None:
    if line.content is None:
        raise LineFault("is longer than a megabyte")
    return read_line(line.content) if line.content.strip() else None


def _finished(app: Any, file: ResultFile, message: Json, report: LoadReport) -> LoadReport:
    if report.faulty and not report.users:
        raise _nothing_usable(message, report.faults[0] if report.faults else "every line is faulty")
    app.batch_results.mark_loaded(
        file, message["key"], message.get("etag", ""), users=report.users, faulty=report.faulty, at=message["at"]
    )
    return _serve_when_whole(app, file, message, report)


def _serve_when_whole(app: Any, file: ResultFile, message: Json, report: LoadReport) -> LoadReport:
    """Let the generation serve, if this was the last of its files; come back while its job may write more of them."""
    folder = job_folder(message["key"])
    state = app.batch_jobs.state(file.generation) if folder else JobState.DONE
    report.serves = False
    if state is JobState.FAILED:
        report.why = "its job failed, so its results do not serve"
        return report
    if state is JobState.WRITING:
        app.batch_results_queue.send([_from_the_start(message)], delay_seconds=JOB_WAIT_SECONDS)
        report.why = "its job may write more files"
        return report
    loaded = loaded_of(app, file, message["bucket"], folder or message["key"])
    if loaded is None or loaded.missing:
        report.why = f"{len(loaded.missing) if loaded else 'all'} files of its job are not loaded yet"
        return report
    if not loaded.users:
        raise _nothing_usable(message, "no line recommends anything")
    report.serves = app.batch_results.serve(file, loaded.at)
    return report


def _from_the_start(message: Json) -> Json:
    """The message without how far its file was read and why: it was read to its end."""
    return {name: message[name] for name in ("bucket", "key", "etag", "at") if name in message}


def _nothing_usable(message: Json, reason: str) -> BadRequest:
    return BadRequest(f"nothing in {message['key']} can be used: {reason}; what served before goes on serving")


def _told_errors(app: Any, message: Json) -> LoadReport:
    """The service's own list of lines that it could not answer: counted, its reasons shown without the input."""
    report = LoadReport(why="the service could not answer these lines of the input")
    for line in lines_of(app.files.open(message["key"], bucket=message["bucket"])):
        if line.content is None or line.content.strip():
            report.refuse(line, "see the file")
    return report
