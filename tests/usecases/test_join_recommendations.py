"""Recommendations in mails: what the template gets, and that no failure of a recommender costs a mail."""

from __future__ import annotations

import email
import email.policy

import pytest

from engagement.domain.campaign_activity import activities
from engagement.errors import NotFound, TooManyRequests, Unavailable
from engagement.usecases.join_recommendations import FAILURES_BEFORE_GIVING_UP
from tests.usecases.sending_stage import (
    APP,
    Deliverer,
    campaign,
    ids_in_one_shard,
    people,
    person,
    stage,
    the_run,
)

MODEL = "arn:aws:personalize:us-east-1:000000000000:campaign/model"
TRANSFORMER = "arn:aws:lambda:us-east-1:000000000000:function:kit-transform"
TEMPLATE = {
    "Subject": "News",
    "HtmlPart": "<div>{{Recommendations.Block}}</div>",
    "TextPart": "{{RecommendationItems.[0]}}",
    "RecommenderId": "r1",
    "DefaultSubstitutions": '{"Recommendations.Block": "<p>default</p>", "RecommendationItems": "none"}',
}


def blocks(event):
    """What the seed's transformer does: one declared attribute, as a one-item list of HTML."""
    return {
        endpoint_id: {**one, "Recommendations": {"Recommendations.Block": [f"<b>{one['RecommendationItems'][0]}</b>"]}}
        for endpoint_id, one in event["Endpoints"].items()
    }


def scene(members, *, transformer=blocks, template=TEMPLATE, **config):
    app = stage(members, template=template)
    body = {
        "Id": "r1",
        "RecommendationProviderUri": MODEL,
        "RecommendationProviderIdType": "PINPOINT_USER_ID",
        "RecommendationsPerMessage": 1,
        "RecommendationTransformerUri": TRANSFORMER,
        **config,
    }
    app.documents.create("recommenders", "r1", body)
    app.functions.functions[TRANSFORMER] = transformer
    return app


def run(app):
    made = campaign(app)
    Deliverer(app).run()
    return activities(the_run(app, made["Id"]))[0]["ExecutionMetrics"]


def html_by_address(app):
    return {
        mail.to: email.message_from_bytes(mail.mime, policy=email.policy.default)
        .get_body(("html",))
        .get_content()
        .strip()
        for mail in app.mailer.sent
    }


def attributes(app):
    return {one["client"]["client_id"]: one["attributes"] for one in app.events.records}


def test_each_person_gets_the_block_of_their_own_recommendation():
    app = scene(people(2))
    app.recommender.items = {"user_0": ["DONATE"], "user_1": ["NEWS", "EVENTS"]}
    metrics = run(app)
    assert html_by_address(app) == {
        "p0@example.org": "<div><b>DONATE</b></div>",
        "p1@example.org": "<div><b>NEWS</b></div>",
    }
    assert "RECOMMENDATION_FALLBACK" not in metrics
    assert "recommendation_status" not in attributes(app)["e0000"]
    assert app.recommender.asked[0][0] == MODEL


def test_the_transformer_is_told_what_pinpoint_told_it():
    app = scene([person(1)])
    run(app)
    ((name, event),) = app.functions.invoked
    assert name == TRANSFORMER
    assert set(event) == {"ApplicationId", "CampaignId", "TreatmentId", "ActivityId", "ScheduledTime", "Endpoints"}
    told = event["Endpoints"]["e0001"]
    assert told["RecommendationItems"] == ["NEWS"] and told["User"]["UserId"] == "user_1"
    assert told["Address"] == "p1@example.org" and event["ApplicationId"] == APP


def test_a_batch_is_one_call_of_the_transformer():
    app = scene([person(n, id=one) for n, one in enumerate(ids_in_one_shard(50))])
    run(app)
    assert len(app.functions.invoked) == 1 and len(app.mailer.sent) == 50


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "TRANSFORMER_ANSWERED_NOTHING"),
        ({}, "TRANSFORMER_ANSWERED_NOTHING"),
        ("odd", "TRANSFORMER_ANSWERED_NOTHING"),
        ([1], "TRANSFORMER_ANSWERED_NOTHING"),
        ({"e0001": None}, "TRANSFORMER_ANSWERED_NOTHING"),
        ({"e0001": {"Recommendations": {}}}, "TRANSFORMER_ANSWERED_NOTHING"),
        ({"e0001": {"Recommendations": {"Block": []}}}, "TRANSFORMER_ANSWERED_NOTHING"),
    ],
)
def test_a_transformer_that_answers_nothing_leaves_the_default(answer, reason):
    app = scene([person(1)], transformer=lambda event: answer)
    metrics = run(app)
    assert html_by_address(app) == {"p1@example.org": "<div><p>default</p></div>"}
    assert metrics["RECOMMENDATION_FALLBACK"] == "1" and metrics["SEND_SUCCESS"] == "1"
    told = attributes(app)["e0001"]
    assert told["recommendation_status"] == "FALLBACK" and told["recommendation_reason"] == reason
    assert told["campaign_send_status"] == "SUCCESS"


@pytest.mark.parametrize("value", ["<i>x</i>", ["<i>x</i>"], 1, ["<i>x</i>", None]])
def test_a_transformer_may_answer_a_string_or_a_list_and_under_either_name(value):
    wanted = "<div>1</div>" if value == 1 else "<div><i>x</i></div>"
    for name in ("Block", "Recommendations.Block"):
        app = scene([person(1)], transformer=lambda event, name=name: {"e0001": {"Recommendations": {name: value}}})
        run(app)
        assert html_by_address(app) == {"p1@example.org": wanted}


def test_a_wrapped_answer_is_understood():
    app = scene([person(1)], transformer=lambda event: {"Endpoints": blocks(event)})
    run(app)
    assert html_by_address(app) == {"p1@example.org": "<div><b>NEWS</b></div>"}


def test_who_the_transformer_leaves_out_is_not_mailed():
    app = scene(
        [person(n, id=one) for n, one in enumerate(ids_in_one_shard(2))],
        transformer=lambda event: dict(list(blocks(event).items())[:1]),
    )
    metrics = run(app)
    assert len(app.mailer.sent) == 1 and metrics["RECOMMENDATION_FAILURE"] == "1"
    (left_out,) = [one for one in attributes(app).values() if one["campaign_send_status"] != "SUCCESS"]
    assert left_out["campaign_send_status"] == "RECOMMENDATION_FAILURE"
    assert left_out["campaign_send_reason"] == "LEFT_OUT_BY_TRANSFORMER"


def test_without_a_user_id_the_person_is_not_mailed_when_the_model_knows_users():
    app = scene([person(1), person(2, user_id=None, user_attributes={})])
    metrics = run(app)
    assert list(html_by_address(app)) == ["p1@example.org"] and metrics["RECOMMENDATION_FAILURE"] == "1"
    assert attributes(app)["e0002"]["campaign_send_reason"] == "NO_USER_ID"


def test_a_model_that_knows_endpoints_is_asked_by_endpoint_id():
    app = scene([person(2, user_id=None, user_attributes={})], RecommendationProviderIdType="PINPOINT_ENDPOINT_ID")
    run(app)
    assert app.recommender.asked == [(MODEL, "e0002", 1)]


@pytest.mark.parametrize(
    "error", [Unavailable("down"), NotFound("no such campaign"), TooManyRequests("slow"), Unavailable("timeout")]
)
def test_a_recommender_that_fails_leaves_the_default(error):
    app = scene([person(1)])
    app.recommender.failures = [error]
    metrics = run(app)
    assert html_by_address(app) == {"p1@example.org": "<div><p>default</p></div>"}
    assert metrics["RECOMMENDATION_FALLBACK"] == "1" and app.functions.invoked == []
    assert attributes(app)["e0001"]["recommendation_reason"] == "PROVIDER_FAILED"


def test_a_recommender_that_stays_down_is_not_asked_for_everybody():
    app = scene([person(n, id=one) for n, one in enumerate(ids_in_one_shard(50))])
    app.recommender.failures = [Unavailable("down")] * 1000
    metrics = run(app)
    assert len(app.mailer.sent) == 50 and metrics["RECOMMENDATION_FALLBACK"] == "50"
    assert len(app.recommender.asked) <= FAILURES_BEFORE_GIVING_UP + 10


def test_a_transformer_that_fails_leaves_the_default_but_the_items_can_be_used():
    app = scene([person(1)])
    app.functions.failures = [Unavailable("timed out")]
    run(app)
    message = email.message_from_bytes(app.mailer.sent[0].mime, policy=email.policy.default)
    assert message.get_body(("html",)).get_content().strip() == "<div><p>default</p></div>"
    assert message.get_body(("plain",)).get_content().strip() == "NEWS"
    assert attributes(app)["e0001"]["recommendation_reason"] == "TRANSFORMER_FAILED"


def test_no_recommendations_at_all_leaves_the_default():
    app = scene([person(1)])
    app.recommender.default = ()
    run(app)
    assert attributes(app)["e0001"]["recommendation_reason"] == "NO_RECOMMENDATIONS"
    assert app.functions.invoked == []


def test_without_a_transformer_the_items_are_the_recommendation():
    app = scene([person(1)], RecommendationTransformerUri=None, RecommendationsPerMessage=2)
    app.recommender.items = {"user_1": ["A", "B", "C"]}
    run(app)
    message = email.message_from_bytes(app.mailer.sent[0].mime, policy=email.policy.default)
    assert message.get_body(("plain",)).get_content().strip() == "A"
    assert app.recommender.asked == [(MODEL, "user_1", 2)]


@pytest.mark.parametrize("change", [{"RecommenderId": None}, {"HtmlPart": "<p>same for all</p>", "TextPart": "same"}])
def test_a_template_that_needs_no_recommendation_asks_nobody(change):
    app = scene([person(1)], template={**TEMPLATE, **change})
    run(app)
    assert app.recommender.asked == [] and len(app.mailer.sent) == 1


def test_a_configuration_that_was_deleted_leaves_the_default():
    app = scene([person(1)])
    app.documents.delete("recommenders", "r1")
    metrics = run(app)
    assert metrics["RECOMMENDATION_FALLBACK"] == "1" and len(app.mailer.sent) == 1
    assert attributes(app)["e0001"]["recommendation_reason"] == "RECOMMENDER_NOT_FOUND"


STORED = "s3://data/personalize/output/news/"
EVERYBODY = "kit:unknown-user"


def test_stored_results_are_read_for_all_at_once():
    app = scene(people(2), RecommendationProviderUri=STORED)
    app.recommender.items = {"user_0": ["DONATE", "NEWS"], "user_1": ["NEWS"]}
    run(app)
    assert set(html_by_address(app).values()) == {"<div><b>DONATE</b></div>", "<div><b>NEWS</b></div>"}
    assert app.recommender.asked == [], "nobody is asked for one by one"


def test_who_has_no_stored_results_gets_what_everybody_likes_and_it_is_counted():
    app = scene(people(2), RecommendationProviderUri=STORED)
    app.recommender.items = {"user_0": ["DONATE"], EVERYBODY: ["NEWS"]}
    run(app)
    assert set(html_by_address(app).values()) == {"<div><b>DONATE</b></div>", "<div><b>NEWS</b></div>"}
    told = [one.get("recommendation_reason") or one.get("recommendation_status") for one in attributes(app).values()]
    assert len([one for one in told if one]) == 1


@pytest.mark.parametrize("fault", [None, Unavailable("not now"), NotFound("no table")])
def test_without_stored_results_the_mail_has_its_defaults(fault):
    app = scene(people(1), RecommendationProviderUri=STORED)
    app.recommender.items = {}
    app.recommender.failures = [fault] if fault else []
    run(app)
    assert list(html_by_address(app).values()) == ["<div><p>default</p></div>"]
