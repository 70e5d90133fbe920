"""CPU per mail: a whole batch by the engine (read, check, reserve, render, sign, send, record, tell, count) over a bare
SendEmail of the same mail by boto3. Both talk HTTP to the same stub in another process, so only our CPU counts.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import boto3

from engagement.domain.run import SEND_BATCH

Json = dict[str, Any]
BATCH, RUNS = SEND_BATCH, 25
APP, RUN, CAMPAIGN = "a" * 32, "r" * 32, "c" * 32
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "ENDPOINTS_TABLE": "endpoints",
    "ENGAGEMENT_TABLE": "engagement",
    "DELIVERIES_TABLE": "deliveries",
    "DATA_BUCKET": "bench-data",
    "EVENT_DELIVERY_STREAM": "events",
    "CONFIGURATION_SET": "bench-mail",
    "TOKEN_KEY_ID": "alias/bench",
    "PUBLIC_URL": "https://api.example.org",
    "ACCOUNT_ID": "000000000000",
    "EACH_LIMIT": "15",
    "TEMPLATE_COMPARE": "numeric",
}
PARAGRAPH = (
    "<p>Dear {{User.UserAttributes.FirstName}}, the school in {{Location.City}} has a new roof, and the class of "
    "{{Attributes.Class}} moves in on Monday. Tin, timber and six weeks of work were needed; two hundred children "
    "have a dry place to learn again, and each of them painted one tile in the corridor.</p>\n"
)
HTML = "<!DOCTYPE html><html><body>\n" + PARAGRAPH * 52 + "</body></html>"
TEXT = "Dear {{User.UserAttributes.FirstName}},\n\n" + "The school in {{Location.City}} has a new roof.\n" * 30


@contextmanager
def stub(ses_answers_after: float) -> Iterator[str]:
    """The stub's URL, while it runs."""
    command = [sys.executable, "-m", "tests.bench.send_cpu.stub_aws", str(ses_answers_after)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdin
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.stdin.close()


def measure() -> list[Json]:
    """CPU milliseconds per mail, ours and the bare call's, medians over RUNS batches, each beside as many bare calls (a
    processor changes its speed within seconds): once with an SES that takes 5 ms to answer (the real one takes more), once
    with one that answers at once, which no SES does.
    """
    return [_measured("send: CPU per mail", 0.005), _measured("send: CPU per mail, SES answers at once", 0.0)]


def _measured(name: str, ses_answers_after: float) -> Json:
    with stub(ses_answers_after) as url:
        os.environ.update(ENVIRONMENT, AWS_ENDPOINT_URL=url)
        scene = _Scene()
        ours, bare, ratios = [], [], []
        scene.send(scene.prepare(BATCH))
        scene.send_bare(scene.mails(BATCH))
        for _ in range(RUNS):
            mails, messages = scene.mails(BATCH), scene.prepare(BATCH)
            bare.append(_cpu(lambda mails=mails: scene.send_bare(mails)) / BATCH)
            ours.append(_cpu(lambda messages=messages: scene.send(messages)) / BATCH)
            ratios.append(ours[-1] / bare[-1])
    return {
        "name": name,
        "unit": "ms of CPU per mail",
        "ours": statistics.median(ours) * 1000,
        "peer": statistics.median(bare) * 1000,
        "peer_name": "bare boto3 SendEmail",
        "ratio": statistics.median(ratios),
        "target": "<= 1.5x",
        "runs": RUNS,
    }


def _cpu(work: Any) -> float:
    """Seconds of CPU of this process, all threads."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


class _Scene:
    """A run that can always send another batch: each batch has endpoints of its own."""

    def __init__(self) -> None:
        from engagement.app import App
        from engagement.domain.run import Plan, Treatment
        from engagement.settings import Settings

        self.app = App(settings=Settings(os.environ))
        self.dynamodb = boto3.client("dynamodb")
        template = {
            "TemplateName": "t", "TemplateType": "EMAIL", "Subject": "News for {{User.UserAttributes.FirstName}}",
            "HtmlPart": HTML, "TextPart": TEXT, "_active_version": 1, "_version_created": "",
        }  # fmt: skip
        self.app.documents.create("templates/EMAIL", "t", template)
        treatment = Treatment("0", 100, RUN, "News <news@charity.example>", {"Name": "t", "Version": "1"})
        self.plan = Plan(APP, CAMPAIGN, RUN, 1, "s" * 32, 1, 0, "2026-11-21T12:00:00.000Z", (treatment,), shards=16)
        self.app.runs.create(self.plan)
        self.app.runs.start(self.plan, datetime.now(UTC))
        self.made = 0

    def mails(self, count: int) -> list[Any]:
        """The mails that the engine would send to the next ``count`` people."""
        from engagement.domain.endpoint import endpoint_document
        from engagement.domain.recommendation import Joined
        from engagement.usecases.load_content import load_content
        from engagement.usecases.write_mail import write_mail

        treatment = self.plan.treatments[0]
        content = load_content(self.app, treatment)
        return [
            write_mail(self.app, self.plan, treatment, content, endpoint_document(self._person(n)), Joined())
            for n in range(count)
        ]

    def send_bare(self, mails: list[Any]) -> None:
        """A client as everybody makes it, one call after the other."""
        client = boto3.client("sesv2")
        for mail in mails:
            client.send_email(
                FromEmailAddress=mail.sender,
                Destination={"ToAddresses": [mail.to]},
                Content={"Raw": {"Data": mail.mime}},
                EmailTags=[{"Name": name, "Value": value} for name, value in mail.tags.items()],
                ConfigurationSetName=mail.configuration_set,
            )

    def prepare(self, count: int) -> list[Json]:
        """Store the next ``count`` people and a recipient file; answers the messages of their batches."""
        from engagement.adapters.endpoint_items_dynamodb import record_item
        from engagement.domain.endpoint_merge import User

        people = [self._person(self.made + n) for n in range(count)]
        self.made += count
        items = [record_item(APP, ("endpoint", one.id), one) for one in people]
        for one in people:
            user = User(one.user_id, one.user_attributes, (one.id,), 1)
            items.append(record_item(APP, ("user", one.user_id), user))
        for first in range(0, len(items), 25):
            writes = [{"PutRequest": {"Item": item}} for item in items[first : first + 25]]
            self.dynamodb.batch_write_item(RequestItems={"endpoints": writes})
        file = f"audiences/{self.made}.jsonl"
        lines = [json.dumps({"id": one.id, "t": "0"}) for one in people]
        self.app.files.write(file, "\n".join(lines).encode())
        ids = {"app_id": APP, "campaign_id": CAMPAIGN, "run_id": RUN, "file": file}
        return [{**ids, "first": first, "count": BATCH} for first in range(0, count, BATCH)]

    def send(self, messages: list[Json]) -> None:
        from engagement.usecases.send_batch import send_batch

        for message in messages:
            report = send_batch(self.app, message, deadline=time.time() + 600)
            assert report.outcomes == {"0:SEND_SUCCESS": BATCH}, report

    def _person(self, number: int) -> Any:
        from engagement.domain.endpoint import Endpoint

        return Endpoint(
            id=f"endpoint-{number:08d}",
            app_id=APP,
            address=f"person{number}@example.org",
            channel_type="EMAIL",
            attributes={"Class": ["4b"], "Interests": ["music", "football"]},
            demographic={"Locale": "fr_HT", "Timezone": "America/Port-au-Prince"},
            location={"City": "Jérémie", "Country": "HT"},
            user_id=f"user-{number}",
            user_attributes={"FirstName": [f"Marie {number}"], "Member": ["yes"]},
            effective_date="2026-11-21T12:00:00.000Z",
            creation_date="2026-11-21T12:00:00.000Z",
        )
