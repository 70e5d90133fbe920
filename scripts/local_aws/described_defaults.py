"""Descriptions with members that AWS always answers and ministack leaves out.

Terraform's provider compares them with the configuration; without them it would plan the same change for ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scripts.local_aws.aws_in_process import Caller, InProcessAws
from scripts.local_aws.exchange import Request, Response, json_response

Json = dict[str, Any]
FIREHOSE, STATES = "Firehose_20150804.", "AWSStepFunctions."
TARGETS = {
    f"{FIREHOSE}DescribeDeliveryStream": "firehose",
    f"{STATES}CreateStateMachine": "states",
    f"{STATES}UpdateStateMachine": "states",
    f"{STATES}DescribeStateMachine": "states",
}


@dataclass(frozen=True)
class DescribedDefaults:
    """The time zone of Firehose's object prefixes (UTC), and whether a state machine is traced (as it was told)."""

    aws: InProcessAws
    _tracing: dict[str, Json] = field(default_factory=dict)

    def claims(self, method: str, path: str, headers: dict[str, str]) -> bool:
        return headers.get("x-amz-target") in TARGETS

    async def answer(self, request: Request) -> Response | None:
        target = request.headers["x-amz-target"]
        asked = request.json()
        given = await self.aws.target(Caller.of(request), TARGETS[target], target, asked)
        if given.status != 200:
            return given
        answered = given.json()
        if target.startswith(FIREHOSE):
            _add_time_zone(answered)
        else:
            self._add_tracing(asked, answered)
        return json_response(answered, content_type="application/x-amz-json-1.0")

    def _add_tracing(self, asked: Json, answered: Json) -> None:
        arn = asked.get("stateMachineArn") or answered["stateMachineArn"]
        if "tracingConfiguration" in asked:
            self._tracing[arn] = asked["tracingConfiguration"]
        if "definition" in answered:
            answered.setdefault("tracingConfiguration", self._tracing.get(arn, {"enabled": False}))


def _add_time_zone(answered: Json) -> None:
    for destination in answered["DeliveryStreamDescription"].get("Destinations", ()):
        if "ExtendedS3DestinationDescription" in destination:
            destination["ExtendedS3DestinationDescription"].setdefault("CustomTimeZone", "UTC")
