"""Descriptions with members that AWS always answers and ministack leaves out.

Terraform's provider compares them with its own defaults; without them it would plan the same change for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scripts.local_aws.aws_in_process import Caller, InProcessAws
from scripts.local_aws.exchange import Request, Response, json_response

Json = dict[str, Any]


def time_zone_of_prefixes(described: Json) -> None:
    """Firehose: the time zone of object prefixes, UTC where none was given."""
    for destination in described["DeliveryStreamDescription"].get("Destinations", ()):
        if "ExtendedS3DestinationDescription" in destination:
            destination["ExtendedS3DestinationDescription"].setdefault("CustomTimeZone", "UTC")


def tracing(described: Json) -> None:
    """Step Functions: whether executions are traced."""
    described.setdefault("tracingConfiguration", {"enabled": False})


# X-Amz-Target -> service, what fills its answer
FILLED: dict[str, tuple[str, Callable[[Json], None]]] = {
    "Firehose_20150804.DescribeDeliveryStream": ("firehose", time_zone_of_prefixes),
    "AWSStepFunctions.DescribeStateMachine": ("states", tracing),
}


@dataclass(frozen=True)
class DescribedDefaults:
    aws: InProcessAws

    def claims(self, method: str, path: str, headers: dict[str, str]) -> bool:
        return headers.get("x-amz-target") in FILLED

    async def answer(self, request: Request) -> Response | None:
        target = request.headers["x-amz-target"]
        service, fill = FILLED[target]
        given = await self.aws.target(Caller.of(request), service, target, request.json())
        if given.status != 200:
            return None  # ministack says the same again
        described = given.json()
        fill(described)
        return json_response(described)
