"""Dataset export jobs: what a dataset holds, as a CSV in S3."""

from __future__ import annotations

import csv
import io
import posixpath
import tempfile
from typing import TYPE_CHECKING, Any

from personalize.local_service.batch_files import IN_MEMORY
from personalize.local_service.kinds import DATASET, DATASET_EXPORT_JOB
from personalize.local_service.operations.tags import tags_of
from personalize.local_service.s3_files import S3Files, split_path
from personalize.local_service.store import Resource

if TYPE_CHECKING:
    from personalize.local_service.dataset_rows import DatasetRows
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]


def create_dataset_export_job(service: Service, caller: Caller, request: Json) -> Json:
    bucket, folder = split_path(request["jobOutput"]["s3DataDestination"]["path"], "jobOutput.s3DataDestination.path")
    service.demand_role(caller, request["roleArn"])
    mode = request.get("ingestionMode", "PUT")
    arn = caller.arn(DATASET_EXPORT_JOB.path, request["jobName"])
    body = {"datasetExportJobArn": arn, "ingestionMode": mode}
    body.update({name: request[name] for name in ("jobName", "datasetArn", "roleArn", "jobOutput")})
    with service.store.lock:
        dataset = service.store.ready(request["datasetArn"], DATASET)
        files, rows, key = service.files(caller), dataset.content, posixpath.join(folder, request["jobName"] + ".csv")
        job = Resource(DATASET_EXPORT_JOB, arn, body, {"datasetArn": dataset.arn}, tags=tags_of(service, request))
        service.start("CreateDatasetExportJob", job, lambda: _export(files, bucket, key, rows, mode))
    return {"datasetExportJobArn": arn}


def _export(files: S3Files, bucket: str, key: str, rows: DatasetRows, mode: str) -> None:
    columns = {"BULK": rows.bulk_columns, "PUT": rows.put_columns}.get(mode, rows.columns)()
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        for row in range(len(next(iter(columns.values())))):
            writer.writerow([column.at(row) for column in columns.values()])
        text.detach()
        file.seek(0)
        files.write(bucket, key, file)


OPERATIONS: dict[str, Operation] = {"CreateDatasetExportJob": create_dataset_export_job}
