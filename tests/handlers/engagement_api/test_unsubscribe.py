"""The unsubscribe link as mail programs, link scanners and people use it."""

from __future__ import annotations

import json
import re

import pytest

from engagement.domain.endpoint import EndpointUpdate
from engagement.domain.unsubscribe_link import PURPOSE, UnsubscribeLink
from engagement.errors import EventsNotRecorded, Unavailable
from handlers.engagement_api import unsubscribe
from tests.api.engine_server import http_event
from tests.fakes import FakeApp

APP, ENDPOINT = "a" * 32, "mobile/id=="


@pytest.fixture
def app(monkeypatch):
    app = FakeApp()
    monkeypatch.setattr(unsubscribe, "app", lambda: app)
    update = EndpointUpdate(ENDPOINT, address="ann@example.org", channel_type="EMAIL", attributes={"a": ["b"]})
    app.endpoints.apply(APP, [update], app.clock.now())
    return app


@pytest.fixture
def token(app):
    return app.tokens.sign(PURPOSE, UnsubscribeLink(APP, ENDPOINT, "c1").payload())


def follow(method, token, **more):
    return unsubscribe.handle(http_event(method, f"/unsubscribe/{token}", **more), None)


def test_a_look_at_the_link_asks_and_changes_nothing(app, token):
    answer = follow("GET", token)
    assert answer["statusCode"] == 200
    assert re.search(r'<form method="post">.*List-Unsubscribe.*One-Click.*<button', answer["body"], re.DOTALL)
    assert follow("HEAD", token) == {**answer, "body": ""}
    assert app.endpoints.get(APP, ENDPOINT).opt_out == "NONE"
    assert app.events.records == []


@pytest.mark.parametrize("body", [b"List-Unsubscribe=One-Click", b"", b"\xff\x00", b"anything=else"])
def test_one_click_opts_out(app, token, body):
    assert follow("POST", token, body=body)["statusCode"] == 200
    endpoint = app.endpoints.get(APP, ENDPOINT)
    assert (endpoint.opt_out, endpoint.endpoint_status) == ("ALL", "ACTIVE")
    assert (endpoint.address, dict(endpoint.attributes)) == ("ann@example.org", {"a": ["b"]})
    (record,) = app.events.records
    assert (record["event_type"], record["client"]) == ("_email.unsubscribe", {"client_id": ENDPOINT})
    assert record["attributes"] == {"feedback": "unsubscribed", "campaign_id": "c1"}
    assert record["application"]["app_id"] == APP


def test_a_second_click_changes_nothing_and_is_no_event(app, token):
    follow("POST", token)
    before = app.endpoints.get(APP, ENDPOINT)
    app.clock.move(days=1)
    assert follow("POST", token)["statusCode"] == 200
    assert app.endpoints.get(APP, ENDPOINT) == before
    assert len(app.events.records) == 1


def test_an_inactive_endpoint_stays_inactive(app, token):
    app.endpoints.apply(APP, [EndpointUpdate(ENDPOINT, endpoint_status="INACTIVE")], app.clock.now())
    follow("POST", token)
    endpoint = app.endpoints.get(APP, ENDPOINT)
    assert (endpoint.opt_out, endpoint.endpoint_status) == ("ALL", "INACTIVE")


def test_an_endpoint_that_is_gone_is_unsubscribed(app, token):
    app.endpoints.delete(APP, ENDPOINT)
    assert follow("POST", token)["statusCode"] == 200
    assert app.endpoints.get(APP, ENDPOINT) is None


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("bad", ["", "x", "x.y", "../../v1/apps", "%00", "a" * 9000])
def test_any_other_link_is_refused(app, method, bad):
    answer = follow(method, bad)
    assert answer["statusCode"] == 400
    assert answer["headers"]["Content-Type"].startswith("text/html")
    assert app.endpoints.get(APP, ENDPOINT).opt_out == "NONE"


@pytest.mark.parametrize("payload", ["", "[]", "{}", "7", '["a"]', "not json"])
def test_a_signed_token_that_is_no_link_is_refused(app, payload):
    assert follow("POST", app.tokens.sign(PURPOSE, payload))["statusCode"] == 400


def test_a_token_made_for_something_else_is_refused(app):
    page_token = app.tokens.sign("page of apps", UnsubscribeLink(APP, ENDPOINT).payload())
    assert follow("POST", page_token)["statusCode"] == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_not_allowed(app, token, method):
    answer = follow(method, token)
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "GET, HEAD, POST")


def test_a_failing_store_says_try_again(app, token, capsys):
    app.endpoints.before_apply.append(Unavailable("DynamoDB is away"))
    assert follow("POST", token)["statusCode"] == 500
    assert "DynamoDB is away" in json.loads(capsys.readouterr().out)["fault"]
    assert follow("POST", token)["statusCode"] == 200
    assert app.endpoints.get(APP, ENDPOINT).opt_out == "ALL"


def test_a_failing_event_stream_does_not_undo_the_opt_out(app, token, capsys):
    app.events.failures.append(EventsNotRecorded("the stream is away", []))
    assert follow("POST", token)["statusCode"] == 200
    assert app.endpoints.get(APP, ENDPOINT).opt_out == "ALL"
    assert json.loads(capsys.readouterr().out)["fault"] == "the stream is away"


def test_neither_page_nor_log_nor_header_names_anybody(app, token, capsys):
    answers = [follow(method, token) for method in ("GET", "POST", "PUT")]
    shown = json.dumps(answers) + capsys.readouterr().out
    for secret in ("ann@", ENDPOINT, token):
        assert secret not in shown
