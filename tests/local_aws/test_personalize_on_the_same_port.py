"""All three clients of Personalize reach the local Personalize, S3 beside it reaches ministack: one endpoint URL."""

from __future__ import annotations

import pytest

from tests.local_aws.aws_clients import Clients, Kit

pytestmark = pytest.mark.local_aws


def test_the_control_plane_keeps_what_it_is_given(clients: Clients) -> None:
    personalize = clients("personalize")
    arn = personalize.create_dataset_group(name="on-one-port")["datasetGroupArn"]
    assert arn == "arn:aws:personalize:us-east-1:000000000000:dataset-group/on-one-port"
    assert personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]["name"] == "on-one-port"
    assert "Buckets" in clients("s3").list_buckets()


def test_runtime_and_events_are_answered_by_the_same_service(clients: Clients) -> None:
    runtime = clients("personalize-runtime")
    gone = "arn:aws:personalize:us-east-1:000000000000:campaign/gone"
    with pytest.raises(runtime.exceptions.ResourceNotFoundException):
        runtime.get_recommendations(campaignArn=gone, userId="user_0")
    events = clients("personalize-events")
    with pytest.raises(events.exceptions.InvalidInputException):
        events.put_events(trackingId="gone", sessionId="s", eventList=[{"eventType": "click", "sentAt": 1}])


def test_its_page_is_under_kit(kit: Kit) -> None:
    assert "step_seconds" in kit.call("personalize")
