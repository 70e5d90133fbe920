"""The sample through the engine's API, as any Pinpoint client would do it: import, campaign, and then the proof that
each person got the block that the recommender names for them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import click
import urllib3

from scripts.inbox import items_shown
from scripts.sample_campaign import Person, audience_csv
from scripts.steps import StepLog
from scripts.wiring import Wired

Json = dict[str, Any]
Sleep = Callable[[float], None]
IMPORT_KEY = "imports/sample/people.csv"


@dataclass(frozen=True)
class Received:
    """One person's mail: the items whose blocks stand in it, and what the recommender answers now (best first)."""

    user_id: str
    recipient: str
    recommended: tuple[Json, ...]
    received_items: tuple[str, ...]
    personalised: bool
    problem: str | None = None

    def as_json(self) -> Json:
        """For build/demo.json."""
        return asdict(self)


def wait_until(
    check: Callable[[], Any], *, what: str, seconds: float, pause: float = 0.25, sleep: Sleep = time.sleep
) -> Any:
    """Call ``check`` until it answers something true; a ClickException after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        answer = check()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise click.ClickException(f"{what} did not finish within {seconds:.0f} s")
        sleep(pause)


def import_audience(
    clients: Any, *, application_id: str, bucket: str, role_arn: str, text: str, sleep: Sleep = time.sleep
) -> str:
    """Import the audience as a segment and answer the segment's id. Row failures end the sample: they are a fault."""
    clients.client("s3").put_object(Bucket=bucket, Key=IMPORT_KEY, Body=text.encode(), ContentType="text/csv")
    pinpoint = clients.pinpoint()
    job = pinpoint.create_import_job(
        ApplicationId=application_id,
        ImportJobRequest={
            "Format": "CSV",
            "S3Url": f"s3://{bucket}/{IMPORT_KEY}",
            "RoleArn": role_arn,
            "DefineSegment": True,
            "RegisterEndpoints": True,
            "SegmentName": "sample people",
        },
    )["ImportJobResponse"]

    def ended() -> Json | None:
        now = pinpoint.get_import_job(ApplicationId=application_id, JobId=job["Id"])["ImportJobResponse"]
        return now if now["JobStatus"] in ("COMPLETED", "FAILED") else None

    result = wait_until(ended, what="the import job", seconds=120, sleep=sleep)
    if result["JobStatus"] == "FAILED" or result.get("TotalFailures"):
        raise click.ClickException("the import failed: " + "; ".join(result.get("Failures", ["no reason given"])))
    return job["Definition"]["SegmentId"]


def send_campaign(
    clients: Any, *, application_id: str, segment_id: str, template: str, name: str, sleep: Sleep = time.sleep
) -> tuple[str, Json]:
    """Start a campaign at once and wait for its run; answers the campaign's id and the finished activity."""
    pinpoint = clients.pinpoint()
    campaign = pinpoint.create_campaign(
        ApplicationId=application_id,
        WriteCampaignRequest={
            "Name": name,
            "SegmentId": segment_id,
            "TemplateConfiguration": {"EmailTemplate": {"Name": template}},
            "Schedule": {"StartTime": "IMMEDIATE"},
        },
    )["CampaignResponse"]

    def ended() -> Json | None:
        answer = pinpoint.get_campaign_activities(ApplicationId=application_id, CampaignId=campaign["Id"])
        activities = answer["ActivitiesResponse"]["Item"]
        return next((item for item in activities if item.get("State") in ("COMPLETED", "CANCELLED")), None)

    return campaign["Id"], wait_until(ended, what="the campaign", seconds=180, sleep=sleep)


def import_and_send(
    clients: Any,
    outputs: Mapping[str, Any],
    wired: Wired,
    people: Sequence[Person],
    log: StepLog,
    *,
    beside: bool = False,
    sleep: Sleep = time.sleep,
) -> tuple[str, Json]:
    """Import the people and run one campaign, as two steps of ``log``; answers the campaign's id and its activity."""
    with log.step("Import five people", beside=beside):
        segment = import_audience(
            clients,
            application_id=wired.application_id,
            bucket=outputs["bucket"],
            role_arn=outputs["engine_role_arn"],
            text=audience_csv(people),
            sleep=sleep,
        )
    with log.step("Run the campaign", beside=beside):
        return send_campaign(
            clients,
            application_id=wired.application_id,
            segment_id=segment,
            template=wired.template_name,
            name="sample",
            sleep=sleep,
        )


def read_mailbox(mailbox_url: str) -> list[Json]:
    """All mails in the local mailbox, newest last."""
    return urllib3.request("GET", mailbox_url, timeout=10.0, retries=3).json()


def blocks_of_items(clients: Any, transformer_arn: str, items: Sequence[str]) -> dict[str, str]:
    """The HTML block that the transformer makes for each item."""
    event = {"Endpoints": {item: {"Id": item, "RecommendationItems": [item]} for item in items}}
    answer = clients.client("lambda").invoke(FunctionName=transformer_arn, Payload=json.dumps(event).encode())
    endpoints = json.loads(answer["Payload"].read())
    return {item: endpoints[item]["Recommendations"]["FriendlyRecommendation"][0] for item in items}


def recommendations_now(clients: Any, *, campaign_arn: str, user_id: str, count: int = 5) -> list[Json]:
    """What the recommender answers for one user: ``{"item": id, "score": number}``, best first."""
    answer = clients.client("personalize-runtime").get_recommendations(
        campaignArn=campaign_arn, userId=user_id, numResults=count
    )
    return [{"item": item["itemId"], "score": item.get("score")} for item in answer["itemList"]]


def judge(
    people: Sequence[Person],
    mails: Sequence[Json],
    recommended: Mapping[str, Sequence[Json]],
    blocks: Mapping[str, str],
) -> list[Received]:
    """Did each person get exactly one mail, and in it the block of the best recommended item and no other block?"""
    verdicts = []
    for person in people:
        own = [mail for mail in mails if person.address in mail["to"]]
        html = own[-1]["html"] or "" if own else ""
        items = items_shown(html, blocks)
        wanted = recommended[person.user_id][0]["item"] if recommended[person.user_id] else None
        problem = None
        if len(own) != 1:
            problem = f"{len(own)} mails in the mailbox, one expected"
        elif items != (wanted,):
            problem = f"the mail shows {', '.join(items) or 'no block'}; the recommender says {wanted}"
        elif person.first_name not in html:
            problem = "the mail does not greet by first name"
        verdicts.append(
            Received(
                person.user_id, person.address, tuple(recommended[person.user_id]), items, problem is None, problem
            )
        )
    return verdicts
