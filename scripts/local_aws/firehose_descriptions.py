"""DescribeDeliveryStream with the time zone of object prefixes, which ministack does not keep: AWS answers UTC.

Terraform's provider sets UTC where nothing is given; without an answer it would plan the same change for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

from scripts.local_aws.aws_in_process import Caller, InProcessAws
from scripts.local_aws.exchange import Request, Response, json_response

TARGET = "Firehose_20150804.DescribeDeliveryStream"
DEFAULT_TIME_ZONE = "UTC"


@dataclass(frozen=True)
class FirehoseDescriptions:
    aws: InProcessAws

    def claims(self, method: str, path: str, headers: dict[str, str]) -> bool:
        return headers.get("x-amz-target") == TARGET

    async def answer(self, request: Request) -> Response | None:
        given = await self.aws.target(Caller.of(request), "firehose", TARGET, request.json())
        if given.status != 200:
            return None  # ministack says the same again
        described = given.json()
        for destination in described["DeliveryStreamDescription"].get("Destinations", ()):
            if "ExtendedS3DestinationDescription" in destination:
                destination["ExtendedS3DestinationDescription"].setdefault("CustomTimeZone", DEFAULT_TIME_ZONE)
        return json_response(described)
