"""The files of batch jobs: JSON lines in, ``<name>.out`` of JSON lines out, and ``<name>.errors`` when lines failed."""

from __future__ import annotations

import itertools
import json
import posixpath
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from personalize.local_service.errors import ServiceError, WorkFailed
from personalize.local_service.s3_files import S3Files, split_path

Json = dict[str, Any]
CHUNK = 2_048
IN_MEMORY = 32 << 20
# One line of input as an object, or the reason why it is none.
Line = Json | str


class LineError(Exception):
    """This line of input can't be answered; the others can."""


def run_batch(
    files: S3Files, source: str, destination: str, answer: Callable[[list[Json]], Iterable[Json | LineError]]
) -> None:
    """Answer every line of every input file. ``answer`` takes some lines and gives the output of each, in order.

    Raises WorkFailed; files that were finished before stay.
    """
    bucket, path = split_path(source, "jobInput.s3DataSource.path")
    out_bucket, folder = split_path(destination, "jobOutput.s3DataDestination.path")
    for key in files.keys(bucket, path):
        target = posixpath.join(folder, posixpath.basename(key))
        files.demand_write(out_bucket, target + ".out")
        with _temporary() as out, _temporary() as errors:
            _answer_file(files.lines(bucket, key), answer, out, errors)
            _upload(files, out, out_bucket, target + ".out")
            if errors.tell():
                _upload(files, errors, out_bucket, target + ".errors")


def paths_of(request: Json) -> tuple[str, str]:
    """Source and destination of a job's request, checked. Raises InvalidInputException."""
    source = request["jobInput"]["s3DataSource"]["path"]
    destination = request["jobOutput"]["s3DataDestination"]["path"]
    split_path(source, "jobInput.s3DataSource.path")
    split_path(destination, "jobOutput.s3DataDestination.path")
    return source, destination


def text_of(line: Json, name: str) -> str:
    """A text member of an input line. Raises LineError."""
    value = line.get(name)
    if not isinstance(value, str) or not value:
        raise LineError(f"{name} is missing or not a text")
    return value


def _temporary() -> Any:
    return tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)


def _upload(files: S3Files, file: Any, bucket: str, key: str) -> None:
    file.seek(0)
    files.write(bucket, key, file)


def _answer_file(
    lines: Iterator[bytes], answer: Callable[..., Iterable[Json | LineError]], out: Any, errors: Any
) -> None:
    empty = True
    while chunk := [_parsed(line) for line in itertools.islice(lines, CHUNK)]:
        empty = False
        answers = iter(answer([line for line in chunk if isinstance(line, dict)]))
        for line in chunk:
            result = next(answers) if isinstance(line, dict) else LineError("the line is not a JSON object")
            if isinstance(result, LineError):
                result = {"input": line, "output": None, "error": str(result)}
                errors.write(_written(result))
            out.write(_written(result))
    if empty:
        raise WorkFailed("The input file has no lines.")


def _parsed(line: bytes) -> Line:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else line.decode("utf-8", "replace").strip()


def _written(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def guarded(function: Callable[[Json], Json], line: Json) -> Json | LineError:
    """The answer to one line; what the service would refuse is that line's error."""
    try:
        return function(line)
    except LineError as error:
        return error
    except ServiceError as error:
        return LineError(error.message)
