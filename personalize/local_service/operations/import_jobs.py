"""CreateDatasetImportJob: reads CSV files from S3 into a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize.local_service.columns import Columns, joined
from personalize.local_service.csv_import import read_csv
from personalize.local_service.dataset_rows import DatasetRows
from personalize.local_service.errors import WorkFailed, invalid_input
from personalize.local_service.kinds import DATASET, DATASET_IMPORT_JOB
from personalize.local_service.operations.tags import tags_of
from personalize.local_service.s3_files import S3Files, split_path
from personalize.local_service.store import Resource

if TYPE_CHECKING:
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]


def create_dataset_import_job(service: Service, caller: Caller, request: Json) -> Json:
    if "roleArn" not in request:
        raise invalid_input("roleArn is needed: the role that Personalize takes to read the data.")
    if "dataLocation" not in request["dataSource"]:
        raise invalid_input("dataSource.dataLocation is needed: the S3 location of the data.")
    bucket, path = split_path(request["dataSource"]["dataLocation"], "dataSource.dataLocation")
    service.demand_role(caller, request["roleArn"])
    mode = request.get("importMode", "FULL")
    arn = caller.arn(DATASET_IMPORT_JOB.path, request["jobName"])
    kept = ("jobName", "datasetArn", "dataSource", "roleArn", "publishAttributionMetricsToS3")
    body = {"datasetImportJobArn": arn, "importMode": mode, **{name: request.get(name) for name in kept}}
    with service.store.lock:
        dataset = service.store.ready(request["datasetArn"], DATASET)
        if service.store.find(arn) is None:
            service.check_quota("pending_import_jobs", DATASET_IMPORT_JOB, pending=True)
        files, rows = service.files(caller), dataset.content
        job = Resource(
            DATASET_IMPORT_JOB, arn, body, {"datasetArn": dataset.arn}, tags=tags_of(service, request)
        )  # fmt: skip
        service.start("CreateDatasetImportJob", job, lambda: import_files(files, bucket, path, rows, mode))
    return {"datasetImportJobArn": arn}


def import_files(files: S3Files, bucket: str, path: str, rows: DatasetRows, mode: str) -> None:
    """All or nothing: the dataset changes only when every file was read. Raises WorkFailed."""
    columns: Columns | None = None
    for key in files.keys(bucket, path):
        read = read_csv(files.read(bucket, key), rows.schema, f"s3://{bucket}/{key}")
        columns = joined(columns, read) if columns else read
    if not columns or not len(next(iter(columns.values()))):
        raise WorkFailed(f"Input csv has no rows: s3://{bucket}/{path}.")
    if mode == "FULL":
        rows.replace(columns)
    else:
        rows.append(columns)


OPERATIONS: dict[str, Operation] = {"CreateDatasetImportJob": create_dataset_import_job}
