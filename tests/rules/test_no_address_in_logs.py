"""No address in a log line: every handler, on data full of addresses, when all is well and when things break."""

from __future__ import annotations

import importlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engagement.domain.unsubscribe_link import PURPOSE, UnsubscribeLink
from engagement.errors import BadRequest, Forbidden, NotFound, OutcomeUnknown, TooManyRequests, Unavailable
from engagement.usecases.create_import_job import create_import_job
from handlers.audience_import import import_endpoints
from handlers.campaign_sending import select_audience, send_messages, start_run
from handlers.engagement_api import serve_request, unsubscribe
from handlers.recommendations import transform_recommendations
from tests.api.engine_server import http_event
from tests.usecases.sending_stage import APP, campaign, person, save_template, stage

HANDLERS = Path(__file__).parents[2] / "lambda_src" / "handlers"
MAIL, PHONE = "ann.canary@example.org", "+15555550123"
TRACES = re.compile(r"canary|example\.org|5550123|@", re.IGNORECASE)
CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 100_000, aws_request_id="r1")
QUEUE_HANDLERS = sorted(
    f"handlers.{path.parent.name}.{path.stem}"
    for path in HANDLERS.glob("*/*.py")
    if "handle_records(" in path.read_text("utf-8")
)


class Breaking:
    """An app whose every part fails with an address in the error's text."""

    clock = SimpleNamespace(now=lambda: datetime(2026, 11, 20, tzinfo=UTC))

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"{name} failed for {MAIL}, {PHONE}")


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Any:
    people = [
        person(
            number,
            id=f"{number}-{MAIL}",
            address=f"{number}.{MAIL}",
            user_id=MAIL,
            attributes={"Second": [MAIL], "Mobile": [PHONE]},
            user_attributes={"FirstName": [MAIL]},
        )
        for number in range(3)
    ]
    app = stage(people)
    for handler in (import_endpoints, select_audience, send_messages, start_run, serve_request, unsubscribe):
        monkeypatch.setattr(handler, "app", lambda: app)
    return app


def event(*messages: Any) -> dict[str, Any]:
    bodies = [message if isinstance(message, str) else json.dumps(message) for message in messages]
    return {"Records": [{"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]}


def said(capsys: pytest.CaptureFixture[str], at_least: int = 1) -> str:
    """Everything that was written; fails on a trace of an address."""
    captured = capsys.readouterr()
    text = captured.out + captured.err
    assert len(text.splitlines()) >= at_least, "nothing was logged"
    assert [line for line in text.splitlines() if TRACES.search(line)] == []
    return text


def test_the_check_sees_an_address(capsys):
    for text in (MAIL, PHONE, "to: x@y"):
        print(text)
        with pytest.raises(AssertionError):
            said(capsys)


POISON = [
    f"{MAIL} {PHONE}",
    json.dumps([MAIL]),
    {"to": MAIL},
    {"app_id": 1, "address": MAIL},
    {MAIL: PHONE},
]


@pytest.mark.parametrize("name", QUEUE_HANDLERS)
@pytest.mark.parametrize("message", POISON, ids=["text", "list", "no ids", "wrong type", "as a name"])
def test_poison_with_addresses(app, name, message, monkeypatch, capsys):
    module = importlib.import_module(name)
    monkeypatch.setattr(module, "app", lambda: app)
    module.handle(event(message), CONTEXT)
    said(capsys)


@pytest.mark.parametrize("name", QUEUE_HANDLERS)
def test_parts_that_fail_with_addresses_in_their_words(name, monkeypatch, capsys):
    module = importlib.import_module(name)
    monkeypatch.setattr(module, "app", Breaking)
    members = getattr(module, "MEMBERS", {"key": str, "bucket": str})
    message = {member: 1 if kind is int else "x" for member, kind in members.items()}
    try:
        module.handle(event(message), CONTEXT)
    except RuntimeError as error:
        # What cannot even be buried ends the invocation; Lambda prints the traceback, so nothing of a mail may be in
        # it: what raised here is the dead-letter queue, which knows no address.
        assert "dead_letter" in str(error)
    said(capsys)


def test_a_campaign_to_people_whose_every_field_is_an_address(app, capsys):
    save_template(app, "odd", Subject="{{Address}}", HtmlPart="<p>{{User.UserId}} {{Attributes.Second}}</p>")
    campaign(app, TemplateConfiguration={"EmailTemplate": {"Name": "odd"}}, Name=f"for {MAIL}")
    start_run.handle(event(*app.campaign_runs_queue.take()), CONTEXT)
    select_audience.handle(event(*app.audiences_queue.take()), CONTEXT)
    send_messages.handle(event(*app.sends_queue.take()), CONTEXT)
    assert len(app.mailer.sent) == 3
    said(capsys, at_least=3)


REFUSALS = [BadRequest, Forbidden, NotFound, OutcomeUnknown, TooManyRequests, Unavailable]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_mails_that_ses_refuses(app, refusal, capsys):
    campaign(app)
    start_run.handle(event(*app.campaign_runs_queue.take()), CONTEXT)
    select_audience.handle(event(*app.audiences_queue.take()), CONTEXT)
    app.mailer.failures = [refusal("SES SendEmail: refused") for _ in range(3)]
    send_messages.handle(event(*app.sends_queue.take()), CONTEXT)
    said(capsys, at_least=3)


def test_an_import_of_rows_that_are_wrong(app, capsys):
    rows = ["ChannelType,Address,Id,User.UserId", f"EMAIL,{MAIL},{MAIL},{MAIL}", f"EMAIL,{PHONE},1,", f"{MAIL},x,2,"]
    key = f"exports/{MAIL}.csv"
    app.files.objects[None, key] = "\n".join(rows).encode()
    bucket = app.settings.data_bucket
    request = {"Format": "CSV", "S3Url": f"s3://{bucket}/{key}", "RoleArn": "arn:aws:iam::1:role/x"}
    create_import_job(app, APP, request)
    for _ in range(3):
        import_endpoints.handle(event(*app.imports_queue.take()), CONTEXT)
    said(capsys, at_least=2)


REQUESTS = [
    ("GET", f"/v1/apps/{APP}/endpoints/{MAIL}", ""),
    ("GET", f"/v1/apps/{APP}/users/{MAIL}", ""),
    ("GET", f"/v1/apps/{MAIL}", ""),
    ("GET", f"/v1/{MAIL}/{PHONE}", ""),
    ("DELETE", f"/v1/apps/{APP}/endpoints/0-{MAIL}", ""),
    ("PUT", f"/v1/apps/{APP}/endpoints/{MAIL}", {"Address": MAIL, "ChannelType": MAIL}),
    ("PUT", f"/v1/apps/{APP}/endpoints/{MAIL}", {"Address": MAIL, "ChannelType": "EMAIL", "Demographic": MAIL}),
    ("POST", f"/v1/apps/{APP}/segments", {"Name": MAIL, "Dimensions": {"UserAttributes": {MAIL: {"Values": [1]}}}}),
    ("POST", f"/v1/apps/{APP}/messages", {"Addresses": {MAIL: {"ChannelType": "EMAIL"}}, "MessageConfiguration": {}}),
    ("POST", f"/v1/apps/{APP}/messages", {"Addresses": {PHONE: {"ChannelType": "SMS"}}, "MessageConfiguration": MAIL}),
    ("POST", "/v1/apps", f"not json {MAIL}"),
]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
@pytest.mark.parametrize("breaks", [False, True])
def test_requests_with_addresses(app, method, path, body, breaks, monkeypatch, capsys):
    if breaks:
        monkeypatch.setattr(serve_request, "app", Breaking)
    content = (body if isinstance(body, str) else json.dumps(body)).encode()
    serve_request.handle(http_event(method, path, body=content, query=f"token={MAIL}"), CONTEXT)
    said(capsys)


@pytest.mark.parametrize("breaks", [False, True])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_unsubscribe_links(app, method, breaks, monkeypatch, capsys):
    token = app.tokens.sign(PURPOSE, UnsubscribeLink(APP, f"0-{MAIL}", MAIL).payload())
    if breaks:
        monkeypatch.setattr(unsubscribe, "app", Breaking)
    for path in (f"/unsubscribe/{token}", f"/unsubscribe/{MAIL}"):
        unsubscribe.handle(http_event(method, path), CONTEXT)
    said(capsys, at_least=2)


def test_the_transformer(capsys):
    endpoint = {"Address": MAIL, "User": {"UserId": MAIL}, "Recommendations": [MAIL]}
    transform_recommendations.handle({"Endpoints": {MAIL: endpoint}}, CONTEXT)
    said(capsys)
