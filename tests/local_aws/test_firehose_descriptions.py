"""Delivery streams are described with the time zone that AWS answers: Terraform would else plan a change for ever."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.aws_clients import Clients

pytestmark = pytest.mark.local_aws
S3 = {"RoleARN": "arn:aws:iam::000000000000:role/firehose", "BucketARN": "arn:aws:s3:::events", "Prefix": "events/"}


def test_the_time_zone_is_utc_where_none_is_kept(clients: Clients) -> None:
    firehose = clients("firehose")
    firehose.create_delivery_stream(DeliveryStreamName="zoned", ExtendedS3DestinationConfiguration=S3)
    description = firehose.describe_delivery_stream(DeliveryStreamName="zoned")["DeliveryStreamDescription"]
    [destination] = description["Destinations"]
    assert destination["ExtendedS3DestinationDescription"]["CustomTimeZone"] == "UTC"
    assert destination["ExtendedS3DestinationDescription"]["Prefix"] == "events/"
    assert description["DeliveryStreamStatus"] == "ACTIVE"


def test_a_stream_that_is_not_there_is_ministacks_to_refuse(clients: Clients) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        clients("firehose").describe_delivery_stream(DeliveryStreamName="nowhere")
