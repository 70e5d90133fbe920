"""Batch inference jobs of Amazon Personalize: is one still writing its results?"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from engagement.adapters.aws_client import aws_client, call
from engagement.domain.batch_results import JobState
from engagement.errors import NotFound


class PersonalizeBatchJobs:
    """ports.BatchJobs. ``arn_start``: ARN of a job up to the prefix that names of this environment begin with."""

    def __init__(self, *, arn_start: str, client: Any = None) -> None:
        self._arn_start, self._given = arn_start, client

    @cached_property
    def _client(self) -> Any:
        return self._given or aws_client("personalize")

    def state(self, name: str) -> JobState:
        arn = f"{self._arn_start.rpartition('/')[0]}/{name}"
        if not arn.startswith(self._arn_start):
            return JobState.UNKNOWN
        try:
            job = call(self._client, "Personalize", "describe_batch_inference_job", batchInferenceJobArn=arn)
        except NotFound:
            return JobState.UNKNOWN
        status = job["batchInferenceJob"]["status"]
        if status == "ACTIVE":
            return JobState.DONE
        return JobState.FAILED if "FAILED" in status else JobState.WRITING
