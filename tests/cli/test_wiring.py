"""Wiring finds by name, changes only what differs, and a second call changes nothing. Against the engine in memory."""

from dataclasses import replace

import pytest

from handlers.engagement_api import serve_request
from scripts.wiring import Wanted, wire
from tests.api.engine_server import engine_server, pinpoint_client
from tests.fakes import FakeApp

WANTED = Wanted(
    name="kit-test-sample",
    from_address="news@example.org",
    identity_arn="arn:aws:ses:us-east-1:000000000000:identity/news@example.org",
    role_arn="arn:aws:iam::000000000000:role/engine",
    recommender_uri="arn:aws:personalize:us-east-1:000000000000:campaign/a",
    transformer_arn="arn:aws:lambda:us-east-1:000000000000:function:t",
    recommended_attributes={"FriendlyRecommendation": "Block"},
    subject="Hi",
    html="<p>{{Recommendations.FriendlyRecommendation}}</p>",
    text="hi",
    default_substitutions={"Recommendations.FriendlyRecommendation": ""},
)


@pytest.fixture
def pinpoint(monkeypatch):
    app = FakeApp()
    monkeypatch.setattr(serve_request, "app", lambda: app)
    with engine_server(serve_request.handle) as url:
        yield pinpoint_client(url)


def test_everything_is_made_once(pinpoint):
    first, second = wire(pinpoint, WANTED), wire(pinpoint, WANTED)
    assert len(first.changes) == 4
    assert (second.changes, second.application_id) == ((), first.application_id)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"recommender_uri": "arn:aws:personalize:us-east-1:000000000000:campaign/b"},
            "recommender configuration updated",
        ),
        ({"html": "<p>new {{Recommendations.FriendlyRecommendation}}</p>"}, "version 2 is active"),
        ({"from_address": "other@example.org"}, "email channel set"),
    ],
)
def test_only_what_differs_is_changed(pinpoint, change, told):
    wire(pinpoint, WANTED)
    changed = wire(pinpoint, replace(WANTED, **change))
    assert len(changed.changes) == 1 and told in changed.changes[0]
    assert wire(pinpoint, replace(WANTED, **change)).changes == ()


def test_a_template_update_is_a_new_version_and_the_old_one_stays(pinpoint):
    wire(pinpoint, WANTED)
    wire(pinpoint, replace(WANTED, subject="Hello"))
    subjects = [
        pinpoint.get_email_template(TemplateName=WANTED.name, Version=version)["EmailTemplateResponse"]["Subject"]
        for version in ("1", "2")
    ]
    assert subjects == ["Hi", "Hello"]
