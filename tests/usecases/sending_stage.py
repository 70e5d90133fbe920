"""A project with an audience, a template and a campaign, all in memory, and the queues' way of delivering messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engagement.domain.endpoint import EndpointUpdate, shard_of
from engagement.usecases.create_campaign import create_campaign
from engagement.usecases.select_audience import select_audience
from engagement.usecases.send_batch import send_batch
from engagement.usecases.start_run import start_run
from tests.fakes import FakeApp

Json = dict[str, Any]
APP, SEGMENT, TEMPLATE = "a" * 32, "5" * 32, "hello"
HTML = "<p>Hi {{User.UserAttributes.FirstName}}!</p>"


def stage(people: Iterable[Mapping[str, Any]] = (), *, template: Mapping[str, Any] | None = None) -> FakeApp:
    """An app whose imported segment holds ``people``: members of EndpointUpdate, at least ``id``."""
    app = FakeApp()
    app.documents.create("apps", APP, {"Id": APP, "Name": "charity", "CreationDate": "2026-11-01T00:00:00.000Z"})
    app.documents.create(
        f"apps/{APP}/channels", "EMAIL", {"FromAddress": "Charity <news@charity.example>", "Enabled": True}
    )
    body = {"Id": SEGMENT, "ApplicationId": APP, "SegmentType": "IMPORT", "Version": 1, "ImportDefinition": {}}
    app.documents.create(f"apps/{APP}/segments", SEGMENT, {**body, "Name": "all", "Dimensions": {}})
    save_template(app, **(template or {"Subject": "News", "HtmlPart": HTML, "TextPart": "Hi there"}))
    add_people(app, people)
    return app


def save_template(app: FakeApp, name: str = TEMPLATE, **parts: Any) -> None:
    body = {"TemplateName": name, "TemplateType": "EMAIL", "_active_version": 1, "_version_created": "", **parts}
    app.documents.create("templates/EMAIL", name, body)


def person(number: int, **more: Any) -> Json:
    return {
        "id": f"e{number:04d}",
        "channel_type": "EMAIL",
        "address": f"p{number}@example.org",
        "user_id": f"user_{number}",
        "user_attributes": {"FirstName": [f"Name{number}"]},
        **more,
    }


def people(count: int) -> list[Json]:
    return [person(number) for number in range(count)]


def add_people(app: FakeApp, members: Iterable[Mapping[str, Any]]) -> None:
    updates = [EndpointUpdate(**one) for one in members]
    outcomes = app.endpoints.apply(APP, updates, app.clock.now())
    assert [outcome.reason for outcome in outcomes if outcome.refusal] == []
    app.segment_members.add(APP, SEGMENT, "part", [one.id for one in updates])


def campaign(app: FakeApp, **more: Any) -> Json:
    request = {
        "Name": "spring",
        "SegmentId": SEGMENT,
        "TemplateConfiguration": {"EmailTemplate": {"Name": TEMPLATE}},
        "Schedule": {"StartTime": "IMMEDIATE"},
        **more,
    }
    return create_campaign(app, APP, request)


def sent_to(app: FakeApp) -> list[str]:
    return sorted(mail.to for mail in app.mailer.sent)


def the_run(app: FakeApp, campaign_id: str) -> Any:
    return app.runs.of_campaign(APP, campaign_id)[0]


def ids_in_one_shard(count: int, shard: int = 0) -> list[str]:
    """Endpoint ids that all lie in one shard, so that they share a page and its batches."""
    found: list[str] = []
    number = 0
    while len(found) < count:
        if shard_of(f"s{number}") == shard:
            found.append(f"s{number}")
        number += 1
    return found


class Deliverer:
    """What SQS and Lambda do: deliver until handled, and again after a kill.

    ``process`` is the app as the worker sees it; another one may take its place.
    """

    def __init__(self, app: FakeApp, budget_seconds: float = 120) -> None:
        self._queues, self._budget = app, budget_seconds
        self.process: Any = app
        self._waiting: list[tuple[str, Json, bool]] = []

    def run(self, rounds: int = 500, between: Callable[[], None] | None = None) -> None:
        """Deliver until every queue is empty; ``between`` is called between rounds, in which time passes."""
        for _ in range(rounds):
            self._collect()
            if not self._waiting:
                return
            waiting, self._waiting = self._waiting, []
            for message in waiting:
                self._deliver(*message)
            if between:
                between()
        raise AssertionError("the queues do not run empty")

    def step(self) -> bool:
        """Deliver the oldest message; False when there is none. Whatever it raises leaves the message in its queue."""
        self._collect()
        if not self._waiting:
            return False
        message = self._waiting.pop(0)
        try:
            self._deliver(*message)
        except BaseException:
            self._waiting.insert(0, (message[0], message[1], True))
            raise
        return True

    def _collect(self) -> None:
        for name in ("campaign_runs_queue", "audiences_queue", "sends_queue"):
            self._waiting += [(name, message, False) for message in getattr(self._queues, name).take()]

    def _deliver(self, queue: str, message: Json, repeated: bool) -> None:
        deadline = self.process.clock.now().timestamp() + self._budget
        if queue == "campaign_runs_queue":
            start_run(self.process, message)
        elif queue == "audiences_queue":
            select_audience(self.process, message, deadline=deadline)
        else:
            send_batch(self.process, message, deadline=deadline, repeated=repeated)
