"""Is a generation of batch results whole? Only then may it serve: a part of it would leave the other people out."""

from __future__ import annotations

from typing import Any

from engagement.domain.batch_results import Loaded, ResultFile, result_file


def loaded_of(app: Any, file: ResultFile, bucket: str, folder: str) -> Loaded | None:
    """How much of the generation whose files lie in ``folder`` was read; None when nothing was.

    Files that are gone from the bucket, but were read, do not count as missing.
    """
    found = [one for one in app.files.list(folder, bucket=bucket) if result_file(bucket, one.key, one.etag) == file]
    loaded: Loaded | None = app.batch_results.loaded(file, found)
    return loaded
