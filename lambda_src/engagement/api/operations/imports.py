"""Import jobs."""

from __future__ import annotations

from typing import Any

from engagement.usecases.create_import_job import create_import_job
from engagement.usecases.read_import_jobs import find_import_job, list_import_jobs, list_segment_import_jobs

Json = dict[str, Any]


def create(app: Any, request: Json) -> Json:
    return create_import_job(app, request["ApplicationId"], request["ImportJobRequest"])


def get(app: Any, request: Json) -> Json:
    return find_import_job(app, request["ApplicationId"], request["JobId"])


def get_all(app: Any, request: Json) -> Json:
    return list_import_jobs(app, request["ApplicationId"], request.get("PageSize"), request.get("Token"))


def get_of_segment(app: Any, request: Json) -> Json:
    return list_segment_import_jobs(
        app, request["ApplicationId"], request["SegmentId"], request.get("PageSize"), request.get("Token")
    )


OPERATIONS = {
    "CreateImportJob": create,
    "GetImportJob": get,
    "GetImportJobs": get_all,
    "GetSegmentImportJobs": get_of_segment,
}
