"""The pipeline from a campaign to its mails: who gets one, who does not and why, and that the totals add up."""

from __future__ import annotations

import email
import email.policy
import json
import threading

import pytest

from engagement.domain.campaign_activity import activities
from engagement.domain.execution_metrics import DROP_METRICS
from engagement.errors import BadRequest, Forbidden, NotFound, OutcomeUnknown, TooManyRequests, Unavailable
from engagement.ports import Mail
from engagement.usecases.send_batch import RESERVE_GROUP, send_batch
from tests.usecases.sending_stage import (
    APP,
    TEMPLATE,
    Deliverer,
    campaign,
    ids_in_one_shard,
    people,
    person,
    save_template,
    sent_to,
    stage,
    the_run,
)


def finished(app, made):
    Deliverer(app).run()
    run = the_run(app, made["Id"])
    assert run.state == "COMPLETED"
    for activity in activities(run):
        check_invariant(activity)
    return activities(run)


def check_invariant(activity):
    metrics = {name: int(count) for name, count in activity["ExecutionMetrics"].items() if count.isdecimal()}
    drops = sum(count for name, count in metrics.items() if name in DROP_METRICS)
    assert metrics["ENDPOINT_PRODUCED"] == metrics["SEND_ATTEMPTED"] + drops
    assert activity["TotalEndpointCount"] == metrics["SEND_ATTEMPTED"]


def metrics_of(app, made):
    return finished(app, made)[0]["ExecutionMetrics"]


def parsed(mail: Mail):
    return email.message_from_bytes(mail.mime, policy=email.policy.default)


def statuses(app):
    return {one["client"]["client_id"]: one["attributes"]["campaign_send_status"] for one in app.events.records}


def test_everybody_gets_exactly_one_mail_and_the_run_ends():
    app = stage(people(130))
    made = campaign(app)
    activity = finished(app, made)[0]
    assert sent_to(app) == sorted(f"p{n}@example.org" for n in range(130))
    assert activity["SuccessfulEndpointCount"] == activity["TotalEndpointCount"] == 130
    assert activity["Result"] == "SUCCESS" and activity["State"] == "COMPLETED"
    assert app.documents.get(f"apps/{APP}/campaigns", made["Id"]).body["State"] == {"CampaignStatus": "COMPLETED"}
    assert len(app.events.records) == 130 and set(statuses(app).values()) == {"SUCCESS"}


def test_a_mail_carries_parts_tags_sender_and_one_click_unsubscribe():
    app = stage([person(7, id="mobile/id+1=", user_attributes={"FirstName": ["Zoë & Co"]})])
    made = campaign(app)
    finished(app, made)
    (mail,) = app.mailer.sent
    message = parsed(mail)
    assert message.get_body(("html",)).get_content().strip() == "<p>Hi Zoë &amp; Co!</p>"
    assert message.get_body(("plain",)).get_content().strip() == "Hi there"
    assert message["From"] == "Charity <news@charity.example>" and message["To"] == "p7@example.org"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = message["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://api.example.org/unsubscribe/")
    payload = json.loads(app.tokens.open("unsubscribe", link.rsplit("/", 1)[1]))
    assert payload == [APP, "mobile/id+1=", made["Id"]]
    assert mail.tags["campaign_id"] == made["Id"] and mail.tags["treatment_id"] == "0"
    assert mail.tags["campaign_activity_id"] == the_run(app, made["Id"]).plan.run_id
    assert set(mail.tags["endpoint_ref"]) <= set("abcdefghijklmnopqrstuvwxyz234567-")
    assert mail.configuration_set == app.settings.configuration_set


def test_an_html_only_template_gets_a_text_part():
    app = stage(
        people(1),
        template={"Subject": "News", "HtmlPart": "<h1>Title</h1><p>Read <a href='https://x.example/a'>on</a></p>"},
    )
    finished(app, campaign(app))
    text = parsed(app.mailer.sent[0]).get_body(("plain",)).get_content()
    assert text.split() == ["Title", "Read", "on", "(https://x.example/a)"]


DROPPED = [
    ({"opt_out": "ALL"}, "ENDPOINT_OPT_OUT"),
    ({"endpoint_status": "INACTIVE"}, "ENDPOINT_INACTIVE"),
    ({"channel_type": "SMS", "address": "+15555550100"}, "ENDPOINT_CHANNEL_MISMATCH"),
    ({"address": None}, "ENDPOINT_MISSING_ADDRESS"),
    ({"channel_type": None, "address": None}, "ENDPOINT_MISSING_CHANNEL"),
]


@pytest.mark.parametrize(("change", "reason"), DROPPED)
def test_who_is_not_mailed_is_counted_by_reason(change, reason):
    app = stage([person(1), person(2, **change)])
    metrics = metrics_of(app, campaign(app))
    assert sent_to(app) == ["p1@example.org"]
    assert metrics[reason] == "1" and metrics["ENDPOINT_PRODUCED"] == "2"


@pytest.mark.parametrize(("change", "reason"), DROPPED)
def test_what_changes_after_the_audience_was_made_counts_at_the_last_moment(change, reason):
    one, two = ids_in_one_shard(2)
    app = stage([person(1, id=one), person(2, id=two)])
    made = campaign(app)
    deliverer = Deliverer(app)
    while not app.sends_queue.messages:
        assert deliverer.step()
    late = stage([person(1, id=one), person(2, id=two, **change)])
    app.endpoints = late.endpoints
    deliverer.run()
    assert sent_to(app) == ["p1@example.org"]
    assert activities(the_run(app, made["Id"]))[0]["ExecutionMetrics"][reason] == "1"
    assert len(app.events.records) == 2


def test_an_endpoint_deleted_meanwhile_is_dropped_and_its_event_has_its_id():
    (one,) = ids_in_one_shard(1)
    app = stage([person(1, id=one)])
    made = campaign(app)
    deliverer = Deliverer(app)
    while not app.sends_queue.messages:
        assert deliverer.step()
    app.endpoints.delete(APP, one)
    deliverer.run()
    assert app.mailer.sent == []
    assert activities(the_run(app, made["Id"]))[0]["ExecutionMetrics"]["ENDPOINT_DELETED"] == "1"
    (record,) = app.events.records
    assert record["client"]["client_id"] == one and record["attributes"]["campaign_send_status"] == "FAILURE"
    assert json.loads(record["client_context"]["custom"]["endpoint"])["Id"] == one


def test_suppressed_addresses_are_not_mailed():
    app = stage(people(3))
    app.mailer.suppression_list = {"P1@example.org"}
    metrics = metrics_of(app, campaign(app))
    assert sent_to(app) == ["p0@example.org", "p2@example.org"]
    assert metrics["SUPPRESSED"] == "1" and statuses(app)["e0001"] == "SUPPRESSED"


def test_an_address_with_a_name_is_suppressed_as_the_mailbox_it_is():
    app = stage([person(1, address="One <p1@example.org>"), person(2, address="p2@dömain.org"), person(3)])
    app.mailer.suppression_list = {"p1@example.org", "p2@xn--dmain-jua.org"}
    metrics = metrics_of(app, campaign(app))
    assert sent_to(app) == ["p3@example.org"] and metrics["SUPPRESSED"] == "2"


@pytest.mark.parametrize("spelling", ["P1@Example.org", "One <p1@example.org>"])
def test_one_address_is_mailed_once(spelling):
    app = stage([person(1, id="one"), person(1, id="two", address=spelling)])
    metrics = metrics_of(app, campaign(app))
    assert metrics["ENDPOINT_INACTIVE"] == "1" and len(app.mailer.sent) == 1


def test_the_holdout_and_the_treatments_share_the_audience_by_cohort():
    app = stage(people(400))
    save_template(app, "other", Subject="Other", TextPart="other")
    made = campaign(
        app,
        HoldoutPercent=20,
        AdditionalTreatments=[
            {"SizePercent": 30, "TemplateConfiguration": {"EmailTemplate": {"Name": "other"}}, "TreatmentName": "B"}
        ],
    )
    first, second = finished(app, made)
    held = int(first["ExecutionMetrics"]["TREATMENT_HOLDOUT"])
    assert 50 <= held <= 110 and 80 <= second["TotalEndpointCount"] <= 160
    assert held + first["TotalEndpointCount"] + second["TotalEndpointCount"] == 400
    assert first["TreatmentId"] == "0" and second["TreatmentId"] == "1" and first["Id"] != second["Id"]
    others = [mail for mail in app.mailer.sent if parsed(mail)["Subject"] == "Other"]
    assert len(others) == second["TotalEndpointCount"]
    assert {mail.tags["campaign_activity_id"] for mail in others} == {second["Id"]}


def test_a_repeated_message_sends_nothing_again():
    app = stage(people(60))
    made = campaign(app)
    start = app.campaign_runs_queue.messages[0]
    finished(app, made)
    events = len(app.events.records)
    before = the_run(app, made["Id"])
    app.campaign_runs_queue.send([start, start])
    app.audiences_queue.send([{**start, "shard": n, "after": None} for n in range(16)])
    Deliverer(app).run()
    assert len(app.mailer.sent) == 60 and the_run(app, made["Id"]) == before and len(app.events.records) == events


def test_a_batch_delivered_twice_at_the_same_time_sends_once_and_tells_once():
    ids = ids_in_one_shard(12)
    app = stage([person(n, id=one) for n, one in enumerate(ids)])
    made = campaign(app)
    deliverer = Deliverer(app)
    while not app.sends_queue.messages:
        assert deliverer.step()
    (message,) = app.sends_queue.take()
    # Another shard's batch is still open, so the run has not ended when the second delivery comes.
    app.sends_queue.send([message, message, message])
    deliverer.run()
    assert len(app.mailer.sent) == 12 and len(app.events.records) == 12
    assert activities(the_run(app, made["Id"]))[0]["SuccessfulEndpointCount"] == 12


def test_throttling_is_back_pressure_not_a_failure():
    app = stage([person(n, id=one) for n, one in enumerate(ids_in_one_shard(25))])
    app.mailer.failures = [TooManyRequests("slow down")] * 7
    made = campaign(app)
    activity = finished(app, made)[0]
    assert len(app.mailer.sent) == 25 == len(set(sent_to(app)))
    assert activity["SuccessfulEndpointCount"] == 25
    assert app.sends_dead_letter_queue.messages == [] and len(app.events.records) == 25


def test_the_pause_grows_while_nothing_gets_through_and_shrinks_when_something_does():
    app = stage([person(1)])
    made = campaign(app)
    deliverer = Deliverer(app)
    while not app.sends_queue.messages:
        assert deliverer.step()
    app.sends_queue.delays.clear()
    app.mailer.failures = [TooManyRequests("slow down")] * 12
    deliverer.run()
    assert app.sends_queue.delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert activities(the_run(app, made["Id"]))[0]["SuccessfulEndpointCount"] == 1


@pytest.mark.parametrize("error", [BadRequest("rejected", code="MessageRejected"), Forbidden("not yours")])
def test_a_permanent_failure_is_a_dead_letter_with_its_reason_and_no_address(error):
    app = stage(people(3))
    app.mailer.failures = [error]
    made = campaign(app)
    metrics = metrics_of(app, made)
    assert metrics["SEND_FAILURE_PERMANENT"] == "1" and metrics["SEND_SUCCESS"] == "2"
    (letter,) = app.sends_dead_letter_queue.messages
    assert letter["run_id"] == the_run(app, made["Id"]).plan.run_id and letter["reason"] == error.message
    assert letter["code"] == (error.code or "Forbidden")
    assert statuses(app)[letter["endpoint_id"]] == "FAILURE_PERMANENT" and "@" not in json.dumps(letter)


def test_an_unknown_outcome_is_counted_and_never_sent_again():
    app = stage(people(1))
    app.mailer.failures = [OutcomeUnknown("no answer")]
    made = campaign(app)
    activity = finished(app, made)[0]
    assert activity["ExecutionMetrics"]["SEND_UNKNOWN"] == "1" and app.mailer.sent == []
    assert statuses(app) == {"e0000": "UNKNOWN"} and activity["Result"] == "FAIL"
    (letter,) = app.sends_dead_letter_queue.messages
    assert (letter["endpoint_id"], letter["code"], letter["reason"]) == ("e0000", "NO_ANSWER", "no answer")


def test_what_is_certainly_not_sent_is_tried_again():
    app = stage(people(1))
    app.mailer.failures = [Unavailable("no connection")]
    finished(app, campaign(app))
    assert len(app.mailer.sent) == 1


def test_a_mail_that_cannot_be_rendered_is_dropped_and_the_others_go_out():
    app = stage([person(1), person(2, address="two@exämple.org"), person(3, address="dreï@example.org")])
    metrics = metrics_of(app, campaign(app))
    assert sent_to(app) == ["p1@example.org", "two@xn--exmple-cua.org"]
    assert metrics["RENDERING_FAILURE"] == "1"
    (letter,) = app.sends_dead_letter_queue.messages
    assert (letter["endpoint_id"], letter["code"]) == ("e0003", "RENDERING_FAILURE")
    assert letter["reason"] and "@" not in json.dumps(letter)


def test_the_date_in_a_mail_is_the_engine_s():
    app = stage(people(1), template={"Subject": "{{now format='yyyy-MM-dd HH:mm'}}", "TextPart": "x"})
    made = campaign(app)
    app.clock.move(days=40)
    finished(app, made)
    assert [parsed(mail)["Subject"] for mail in app.mailer.sent] == ["2026-12-30 12:00"]


def test_a_template_that_was_deleted_drops_its_batches_with_the_reason():
    app = stage(people(2))
    made = campaign(app)
    deliverer = Deliverer(app)
    while not app.sends_queue.messages:
        assert deliverer.step()
    app.documents.delete("templates/EMAIL", TEMPLATE)
    deliverer.run()
    activity = activities(the_run(app, made["Id"]))[0]
    assert app.mailer.sent == [] and activity["ExecutionMetrics"]["RENDERING_FAILURE"] == "2"
    assert activity["Result"] == "FAIL", "everybody was lost to a failure"
    assert ["hello does not exist" in letter["reason"] for letter in app.sends_dead_letter_queue.messages] == [True] * 2
    assert activity["State"] == "COMPLETED"


def test_events_that_cannot_be_recorded_do_not_hold_up_the_mails():
    app = stage(people(1))
    app.events.failures = [Unavailable("no stream")]
    finished(app, campaign(app))
    (letter,) = app.sends_dead_letter_queue.messages
    assert letter["code"] == "EVENTS_NOT_RECORDED" and len(app.mailer.sent) == 1


def test_a_batch_of_an_unknown_run_or_file_is_poison():
    app = stage(people(1))
    message = {"app_id": APP, "campaign_id": "c", "run_id": "r", "file": "audiences/x", "first": 0, "count": 5}
    with pytest.raises(NotFound, match="run r does not exist"):
        send_batch(app, message, deadline=0)
    made = campaign(app)
    with pytest.raises(NotFound):
        send_batch(app, {**message, "run_id": the_run(app, made["Id"]).plan.run_id}, deadline=0)


def test_a_batch_without_time_left_comes_again_and_loses_nobody():
    ids = ids_in_one_shard(RESERVE_GROUP * 3)
    app = stage([person(n, id=one) for n, one in enumerate(ids)])
    made = campaign(app)
    deliverer = Deliverer(app, budget_seconds=11)
    while not app.sends_queue.messages:
        assert deliverer.step()
    send = app.mailer.send

    def slow(mail):
        app.clock.move(seconds=0.3)
        return send(mail)

    app.mailer.send = slow
    deliverer.run()
    assert len(app.mailer.sent) == len(ids) and the_run(app, made["Id"]).state == "COMPLETED"
    rounds = [delay for delay in app.sends_queue.delays if delay]
    assert len(rounds) > 2 and set(rounds) == {1}


@pytest.mark.parametrize(
    ("answers_after", "works_for", "side_by_side"),
    [
        (0.0, 0.0, False),
        (0.002, 0.0, False),
        (0.004, 0.0, True),
        (1.0, 0.0, True),
        (0.002, 0.1, False),
        (0.004, 0.1, True),
    ],
)
def test_mails_go_out_side_by_side_only_while_ses_takes_its_time(answers_after, works_for, side_by_side):
    app = stage([person(n, id=one) for n, one in enumerate(ids_in_one_shard(RESERVE_GROUP))])
    made = campaign(app)
    send, threads = app.mailer.send, []

    def answered(mail):
        threads.append(threading.current_thread())
        app.clock.work(works_for)
        app.clock.move(seconds=answers_after)
        return send(mail)

    app.mailer.send = answered
    finished(app, made)
    assert len(app.mailer.sent) == RESERVE_GROUP
    assert [one is threading.main_thread() for one in threads] == [True] + [not side_by_side] * (RESERVE_GROUP - 1)


@pytest.mark.parametrize("answers_after", [0.0, 1.0])
def test_after_slow_down_no_mail_of_the_group_is_tried(answers_after):
    app = stage([person(n, id=one) for n, one in enumerate(ids_in_one_shard(RESERVE_GROUP))])
    made = campaign(app)
    tried = []

    def refused(mail):
        tried.append(mail.to)
        app.clock.move(seconds=answers_after)
        raise TooManyRequests("slow down")

    deliverer = Deliverer(app)
    while not app.sends_queue.messages:
        assert deliverer.step()
    send, app.mailer.send = app.mailer.send, refused
    (message,) = app.sends_queue.take()
    report = send_batch(app, message, deadline=app.clock.now().timestamp() + 120)
    assert len(tried) == 1 and report.why == "slow down"
    app.mailer.send = send
    deliverer.run()
    assert len(app.mailer.sent) == RESERVE_GROUP and the_run(app, made["Id"]).state == "COMPLETED"


def test_the_end_of_the_campaign_s_time_drops_what_is_left():
    app = stage(people(4))
    made = campaign(app, Limits={"MaximumDuration": 60})
    deliverer = Deliverer(app)
    while not app.sends_queue.messages:
        assert deliverer.step()
    app.clock.move(seconds=61)
    deliverer.run()
    activity = activities(the_run(app, made["Id"]))[0]
    assert activity["ExecutionMetrics"]["ENDED"] == "4" and app.mailer.sent == []
    assert set(statuses(app).values()) == {"EXPIRED"}
