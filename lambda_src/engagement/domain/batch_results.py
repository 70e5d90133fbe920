"""Results of Personalize's batch inference: which file belongs to which recommender, and what each line says.

A job writes ``<input's name>.out`` (one JSON object per line) and, when lines failed, ``<input's name>.errors``:
https://docs.aws.amazon.com/personalize/latest/dg/batch-data-upload.html

::

    personalize/output/<recommender>/<job>/<name>.out     what `kit train` makes: each job has a folder, a generation;
                                                          one file for each file of the job's input
    personalize/output/<recommender>/<name>.out           a job that somebody made by hand: each file is a generation

A recommender configuration names the recommender's folder: ``s3://<bucket>/personalize/output/<recommender>/``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

OUTPUT_PREFIX = "personalize/output/"
SCHEME = "s3://"
# A person whom the model has never seen: what it recommends to them is what everybody likes. `kit train` asks for them.
UNKNOWN_USER = "kit:unknown-user"
MAX_USER_ID, KEPT_ITEMS = 256, 25


@dataclass(frozen=True)
class ResultFile:
    """A file of results: of which provider (as ``provider_of`` writes it), and of which generation."""

    provider: str
    generation: str


@dataclass(frozen=True)
class UserItems:
    """What one line recommends: item ids, best first."""

    user_id: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Served:
    """The generations of a provider that senders read: who is not in ``current`` gets what ``previous`` says.

    ``at`` (epoch milliseconds) is when the file of the current generation was written.
    """

    current: str
    previous: str = ""
    at: int = 0

    @property
    def generations(self) -> tuple[str, ...]:
        return (self.current, self.previous) if self.previous else (self.current,)


@dataclass(frozen=True)
class Loaded:
    """How much of a generation was read: ``missing`` keys, users in all, when its newest file was written."""

    missing: tuple[str, ...]
    users: int
    at: int


class JobState(StrEnum):
    """Where the job stands that writes a generation."""

    WRITING = "writing"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


class LineFault(ValueError):
    """A line that gives nobody recommendations; the text says why and holds nothing of the line."""


class OtherContents(ValueError):
    """The file's lines are well formed and about something else: segments of users, items beside an item."""


def provider_of(uri: str) -> str:
    """``s3://bucket/folder/`` and ``s3://bucket/folder`` are the same provider."""
    return uri.rstrip("/")


def is_stored(uri: str) -> bool:
    """Do this provider's recommendations come from stored results, not from a live model?"""
    return uri.startswith(SCHEME)


def result_file(bucket: str, key: str, etag: str) -> ResultFile | None:
    """What ``key`` is a result of; None for anything that is no file of results."""
    if not key.startswith(OUTPUT_PREFIX) or not is_result(key):
        return None
    *folders, name = key.removeprefix(OUTPUT_PREFIX).split("/")
    if len(folders) < 2:
        return ResultFile(_uri(bucket, folders), f"{name}@{etag.strip(chr(34))[:16]}")
    return ResultFile(_uri(bucket, folders[:-1]), folders[-1])


def job_folder(key: str) -> str | None:
    """The folder whose files are one generation together; None for a file that is a generation by itself."""
    *folders, _ = key.removeprefix(OUTPUT_PREFIX).split("/")
    return f"{OUTPUT_PREFIX}{'/'.join(folders)}/" if len(folders) >= 2 else None


def is_result(key: str) -> bool:
    """Does this key's name say that recommendations are in it?"""
    return key.endswith(".out")


def is_error_file(key: str) -> bool:
    """Does the service tell there which lines of the input it could not answer?"""
    return key.startswith(OUTPUT_PREFIX) and key.endswith(".errors")


def _uri(bucket: str, folders: Sequence[str]) -> str:
    return provider_of("/".join([f"{SCHEME}{bucket}/{OUTPUT_PREFIX.rstrip('/')}", *folders]))


def read_line(line: bytes) -> UserItems:
    """The recommendations of one line. Raises LineFault and OtherContents."""
    found = _object(line)
    given, output = found.get("input"), found.get("output")
    if found.get("error"):
        raise LineFault("the service could not answer this line")
    if not isinstance(given, dict) or not isinstance(output, dict):
        raise LineFault("input or output is missing")
    if "userId" not in given or "usersList" in output:
        raise OtherContents("the lines are not about what users might like")
    user_id, items = given["userId"], output.get("recommendedItems")
    if not isinstance(user_id, str) or not 0 < len(user_id) <= MAX_USER_ID:
        raise LineFault(f"input.userId is not a text of 1 to {MAX_USER_ID} characters")
    if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):
        raise LineFault("output.recommendedItems is not a list of texts")
    return UserItems(user_id, tuple(items[:KEPT_ITEMS]))


def _object(line: bytes) -> dict[str, object]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise LineFault("is not JSON") from None
    if not isinstance(found, dict):
        raise LineFault("is not a JSON object")
    return found
