"""Where a batch inference job stands, in the engine's words."""

from __future__ import annotations

import pytest

from engagement.adapters.batch_jobs_personalize import PersonalizeBatchJobs
from engagement.domain.batch_results import JobState
from engagement.errors import Forbidden, TooManyRequests
from tests.aws_faults import Broken, client_error

START = "arn:aws:personalize:eu-west-1:111122223333:batch-inference-job/kit-dev-"


class Jobs:
    def __init__(self, **statuses):
        self.statuses = statuses
        self.asked = []

    def describe_batch_inference_job(self, batchInferenceJobArn):
        self.asked.append(batchInferenceJobArn)
        name = batchInferenceJobArn.rpartition("/")[2]
        if name not in self.statuses:
            raise client_error("ResourceNotFoundException", 400)
        return {"batchInferenceJob": {"status": self.statuses[name]}}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("CREATE PENDING", JobState.WRITING),
        ("CREATE IN_PROGRESS", JobState.WRITING),
        ("ACTIVE", JobState.DONE),
        ("CREATE FAILED", JobState.FAILED),
    ],
)
def test_a_job_by_its_name(status, state):
    client = Jobs(**{"kit-dev-news": status})
    assert PersonalizeBatchJobs(arn_start=START, client=client).state("kit-dev-news") is state
    assert client.asked == [f"{START}news"]


def test_names_that_are_no_job_of_this_environment_are_not_asked_for():
    client = Jobs(**{"kit-dev-news": "ACTIVE"})
    jobs = PersonalizeBatchJobs(arn_start=START, client=client)
    assert jobs.state("by-hand") is JobState.UNKNOWN and client.asked == []
    assert jobs.state("kit-dev-other") is JobState.UNKNOWN


@pytest.mark.parametrize(
    ("code", "kind"), [("AccessDeniedException", Forbidden), ("ThrottlingException", TooManyRequests)]
)
def test_failures_come_in_the_engines_words(code, kind):
    with pytest.raises(kind):
        PersonalizeBatchJobs(arn_start=START, client=Broken(client_error(code, 400))).state("kit-dev-news")
