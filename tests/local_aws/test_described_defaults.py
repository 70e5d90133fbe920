"""Streams and state machines are described as AWS does: Terraform would else plan the same change for ever."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.aws_clients import Clients

pytestmark = pytest.mark.local_aws
ROLE = "arn:aws:iam::000000000000:role/anybody"
S3 = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::events", "Prefix": "events/"}
MACHINE = {"definition": json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}), "roleArn": ROLE}


def test_the_time_zone_is_utc_where_none_is_kept(clients: Clients) -> None:
    firehose = clients("firehose")
    firehose.create_delivery_stream(DeliveryStreamName="zoned", ExtendedS3DestinationConfiguration=S3)
    description = firehose.describe_delivery_stream(DeliveryStreamName="zoned")["DeliveryStreamDescription"]
    [destination] = description["Destinations"]
    assert destination["ExtendedS3DestinationDescription"]["CustomTimeZone"] == "UTC"
    assert destination["ExtendedS3DestinationDescription"]["Prefix"] == "events/"
    assert description["DeliveryStreamStatus"] == "ACTIVE"


@pytest.mark.parametrize(("given", "told"), [({}, False), ({"tracingConfiguration": {"enabled": True}}, True)])
def test_a_state_machine_says_whether_it_is_traced(clients: Clients, given: dict[str, object], told: bool) -> None:
    states = clients("stepfunctions")
    arn = states.create_state_machine(name=f"traced-{told}", **MACHINE, **given)["stateMachineArn"]
    described = states.describe_state_machine(stateMachineArn=arn)
    assert described["tracingConfiguration"] == {"enabled": told}
    assert described["definition"] == MACHINE["definition"]


def test_what_is_not_there_is_ministacks_to_refuse(clients: Clients) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        clients("firehose").describe_delivery_stream(DeliveryStreamName="nowhere")
    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        clients("stepfunctions").describe_state_machine(
            stateMachineArn="arn:aws:states:us-east-1:000000000000:stateMachine:nowhere"
        )
