"""Alarms are described whole in the Query protocol too, which Terraform's provider 5.x speaks."""

from __future__ import annotations

from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
import urllib3

from scripts.local_aws.process import LocalAws
from tests.local_aws.aws_clients import Clients

pytestmark = pytest.mark.local_aws

ALARM = {
    "AlarmName": "sends-age",
    "AlarmDescription": "older than <900> s & waiting",
    "Namespace": "AWS/SQS",
    "MetricName": "ApproximateAgeOfOldestMessage",
    "Dimensions": [{"Name": "QueueName", "Value": "sends"}],
    "Statistic": "Maximum",
    "Period": 300,
    "EvaluationPeriods": 2,
    "Threshold": 900.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}
SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=0"


def described(endpoint_url: str, **names: str) -> list[ElementTree.Element]:
    answer = urllib3.request(
        "POST",
        endpoint_url,
        body=urlencode({"Action": "DescribeAlarms", "Version": "2010-08-01", **names}),
        headers={"authorization": SIGNED, "content-type": "application/x-www-form-urlencoded; charset=utf-8"},
    )
    assert answer.status == 200
    # Written by our own server a moment ago.
    root = ElementTree.fromstring(answer.data)
    return list(root.iterfind(".//{*}MetricAlarms/{*}member"))


def test_every_member_that_was_put_is_described(aws: LocalAws, clients: Clients) -> None:
    clients("cloudwatch").put_metric_alarm(**ALARM)
    (alarm,) = described(aws.endpoint_url, **{"AlarmNames.member.1": "sends-age"})
    seen = {element.tag.partition("}")[2]: element.text for element in alarm}
    wanted = {name: str(value) for name, value in ALARM.items() if name != "Dimensions"}
    assert {name: seen[name] for name in wanted} == wanted
    assert seen["ActionsEnabled"] == "true" and seen["StateUpdatedTimestamp"].endswith("Z")
    assert [element.text for element in alarm.iterfind("{*}Dimensions/{*}member/*")] == ["QueueName", "sends"]


def test_an_unknown_name_and_an_empty_prefix_answer_nothing(aws: LocalAws) -> None:
    assert described(aws.endpoint_url, **{"AlarmNames.member.1": "no-such-alarm"}) == []
    assert described(aws.endpoint_url, AlarmNamePrefix="no-such-prefix") == []
