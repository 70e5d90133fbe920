"""The first step of an import: find the files, and queue a message for each."""

from __future__ import annotations

import hashlib
import json
from itertools import islice
from typing import Any

from engagement.domain.audience_file import imported_keys
from engagement.domain.import_job import CREATED, MAX_FILES, PROCESSING, TERMINAL
from engagement.errors import Forbidden, NotFound
from engagement.ports import Document
from engagement.usecases.complete_import import fail_import
from engagement.usecases.upsert_document import upsert_document

Json = dict[str, Any]


def prepare_import(app: Any, message: Json) -> Json:
    """Answers fields for the log. A repeated message queues the same files again, whatever lies in the bucket by then."""
    app_id, job_id = message["app_id"], message["job_id"]
    collection = f"apps/{app_id}/import-jobs"
    job = app.documents.get(collection, job_id)
    if job is None or job.body["JobStatus"] in TERMINAL:
        return {"why": "the job is gone or has ended"}
    if job.body["JobStatus"] == CREATED:
        keys, problem = _files(app, message, job.body["Definition"]["Format"])
        if problem:
            fail_import(app, app_id, job_id, problem)
            return {"failed": problem}
        listing = _written(app, app_id, job_id, keys)
        job = upsert_document(app.documents, collection, job_id, lambda now: _begun(now, len(keys), listing))
    keys = json.loads(app.files.read(job.body["_files"]))
    app.imports_queue.send(
        [{**message, "key": key, "piece": number, "offset": 0, "line": 1} for number, key in enumerate(keys)]
    )
    return {"pieces": len(keys)}


def readable_bucket(app: Any, bucket: str) -> bool:
    allowed = {app.settings.data_bucket, *filter(None, app.settings.import_buckets.split(","))}
    return bucket in allowed


def port_bucket(app: Any, bucket: str) -> str | None:
    """The bucket as ports.Files names it."""
    return None if bucket == app.settings.data_bucket else bucket


def _begun(job: Document | None, pieces: int, listing: str) -> Json:
    """PROCESSING with its list of files; the first list that was stored stays."""
    if job is None:
        raise NotFound("the import job was deleted")
    if job.body["JobStatus"] != CREATED:
        return job.body
    return {**job.body, "JobStatus": PROCESSING, "TotalPieces": pieces, "_files": listing}


def _written(app: Any, app_id: str, job_id: str, keys: list[str]) -> str:
    """Keep the list of files in S3 (10,000 keys are too long for a document), under a name that tells its content."""
    content = json.dumps(keys).encode()
    key = f"imports/{app_id}/{job_id}/files-{hashlib.sha256(content).hexdigest()[:16]}.json"
    app.files.write(key, content)
    return key


def _files(app: Any, message: Json, wanted: str) -> tuple[list[str], str]:
    """Keys to import, or why there are none."""
    bucket, key = message["bucket"], message["key"]
    if not readable_bucket(app, bucket):
        remedy = "add it to import_buckets in the Terraform variables and apply, or copy the file to the data bucket"
        return [], f"bucket {bucket}: the engine may not read it -> {remedy}"
    try:
        keys, skipped = _listed(app, bucket, key, wanted)
    except Forbidden:
        return (
            [],
            f"bucket {bucket}: S3 denies the engine's role to list it -> allow it in the bucket policy and key policy",
        )
    except NotFound:
        return [], f"bucket {bucket}: does not exist -> correct S3Url"
    if len(keys) > MAX_FILES:
        return [], f"s3://{bucket}/{key}: has over {MAX_FILES} files -> import it folder by folder"
    if not keys:
        others = f" ({skipped} of the other format)" if skipped else ""
        return [], f"s3://{bucket}/{key}: there is no {wanted} file{others} -> correct S3Url or Format"
    return keys, ""


def _listed(app: Any, bucket: str, key: str, wanted: str) -> tuple[list[str], int]:
    """The object of exactly this name; else the folder; else what begins like it."""
    where = port_bucket(app, bucket)
    if any(found.key == key for found in islice(app.files.list(key, bucket=where), 1)) and not key.endswith("/"):
        return [key], 0
    folder = key if key.endswith("/") else f"{key}/"
    for prefix in dict.fromkeys((folder, key)):
        found = [one.key for one in islice(app.files.list(prefix, bucket=where), 10 * MAX_FILES)]
        if found:
            return imported_keys(found, wanted)
    return [], 0
