"""Campaigns: what is accepted and acted upon, what is refused and how; waiting for an import, pausing, deleting."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from engagement.api.operations.campaigns import OPERATIONS
from engagement.api.operations.segments import OPERATIONS as SEGMENTS
from engagement.errors import BadRequest, Conflict, NotFound, Unavailable
from engagement.usecases.change_settings import change_settings
from engagement.usecases.delete_application import delete_application
from tests.usecases.sending_stage import (
    APP,
    SEGMENT,
    TEMPLATE,
    Deliverer,
    campaign,
    people,
    save_template,
    stage,
    the_run,
)
from tests.usecases.test_send_killed import Killed, Process, Switch

EMAIL = {"Title": "Hello {{User.UserId}}", "HtmlBody": "<p>Hi</p>", "Body": "Hi"}


def call(app, name, **request):
    return OPERATIONS[name](app, {"ApplicationId": APP, **request})


def status(app, made):
    return call(app, "GetCampaign", CampaignId=made["Id"])["State"]["CampaignStatus"]


def activity(app, made):
    return call(app, "GetCampaignActivities", CampaignId=made["Id"])["Item"][0]


def import_job(app, state):
    """The segment's import job in this state."""
    body = {"Id": "j1", "ApplicationId": APP, "JobStatus": state, "Definition": {"SegmentId": SEGMENT}}
    app.documents.delete(f"apps/{APP}/import-jobs", "j1")
    app.documents.create(f"apps/{APP}/import-jobs", "j1", body)
    segment = app.documents.get(f"apps/{APP}/segments", SEGMENT)
    filled = replace(segment, body={**segment.body, "_running_imports": ["j1"]})
    app.documents.put(f"apps/{APP}/segments", filled)


def test_the_seed_s_own_request_starts_at_once():
    app = stage(people(3))
    made = campaign(
        app,
        HoldoutPercent=0,
        Schedule={"IsLocalTime": False, "Timezone": "UTC-07", "StartTime": "IMMEDIATE"},
    )
    assert made["State"] == {"CampaignStatus": "SCHEDULED"} and made["Version"] == 1
    assert made["Arn"].endswith(f":apps/{APP}/campaigns/{made['Id']}") and made["SegmentVersion"] == 1
    assert activity(app, made)["State"] == "PENDING"
    Deliverer(app).run()
    assert status(app, made) == "COMPLETED" and len(app.mailer.sent) == 3
    assert activity(app, made)["Result"] == "SUCCESS"


def test_a_campaign_with_a_message_of_its_own():
    app = stage(people(1))
    campaign(
        app,
        TemplateConfiguration=None,
        MessageConfiguration={"EmailMessage": {**EMAIL, "FromAddress": "own@charity.example"}},
    )
    Deliverer(app).run()
    (mail,) = app.mailer.sent
    assert mail.sender == "own@charity.example" and b"Subject: Hello user_0\r\n" in mail.mime


def test_a_message_s_parts_win_over_the_template_s():
    app = stage(people(1))
    campaign(app, MessageConfiguration={"EmailMessage": {"Title": "Own title"}})
    Deliverer(app).run()
    assert b"Subject: Own title\r\n" in app.mailer.sent[0].mime and b"Name0" in app.mailer.sent[0].mime


REFUSED = [
    ({"SegmentId": ""}, "WriteCampaignRequest.SegmentId"),
    ({"SegmentId": "f" * 32}, "does not exist"),
    ({"SegmentVersion": 9}, "version 9 of segment"),
    ({"TemplateConfiguration": {"EmailTemplate": {"Name": "gone"}}}, "TemplateConfiguration.EmailTemplate"),
    ({"TemplateConfiguration": {"EmailTemplate": {"Name": TEMPLATE, "Version": "7"}}}, "no version 7"),
    ({"TemplateConfiguration": {"EmailTemplate": {}}}, "EmailTemplate.Name"),
    ({"TemplateConfiguration": {"SMSTemplate": {"Name": "x"}}}, "TemplateConfiguration.SMSTemplate: .* not served yet"),
    ({"TemplateConfiguration": None}, "no content"),
    ({"MessageConfiguration": {"SMSMessage": {"Body": "x"}}}, "MessageConfiguration.SMSMessage: .* not served yet"),
    ({"MessageConfiguration": {"EmailMessage": {"FromAddress": "nobody"}}}, "EmailMessage.FromAddress"),
    ({"MessageConfiguration": {"EmailMessage": {"Headers": [{"Name": "Bcc", "Value": "x"}]}}}, r"Headers\[0\]"),
    ({"MessageConfiguration": {"EmailMessage": {"Headers": [{"Name": "X", "Value": "1"}] * 16}}}, "at most 15"),
    ({"Schedule": None}, "Schedule"),
    ({"Schedule": {}}, "Schedule"),
    ({"Schedule": {"StartTime": "2027-01-01T10:00:00Z"}}, "Schedule.StartTime: .* not served yet"),
    (
        {"Schedule": {"StartTime": "2020-01-01T10:00:00Z"}},
        "Schedule.StartTime: .* is not in the future; use 'IMMEDIATE'",
    ),
    ({"Schedule": {"StartTime": "tomorrow"}}, "Schedule.StartTime: 'tomorrow' is not an ISO-8601"),
    ({"Schedule": {"StartTime": "IMMEDIATE", "Frequency": "DAILY"}}, "Schedule.Frequency: .* not served yet"),
    ({"Schedule": {"StartTime": "IMMEDIATE", "IsLocalTime": True}}, "Schedule.IsLocalTime: .* not served yet"),
    ({"Schedule": {"StartTime": "IMMEDIATE", "QuietTime": {"Start": "20:00"}}}, "QuietTime: .* not served yet"),
    ({"Schedule": {"StartTime": "IMMEDIATE", "Timezone": "Europe/Paris"}}, "Schedule.Timezone"),
    ({"Schedule": {"StartTime": "IMMEDIATE", "EndTime": "2020-01-01T00:00:00Z"}}, "EndTime: .* not in the future"),
    ({"HoldoutPercent": 101}, "HoldoutPercent"),
    ({"HoldoutPercent": -1}, "HoldoutPercent"),
    ({"HoldoutPercent": 60, "AdditionalTreatments": [{"SizePercent": 41}]}, "add up to 101"),
    ({"AdditionalTreatments": [{"SizePercent": 0}]}, r"AdditionalTreatments\[0\].SizePercent"),
    ({"AdditionalTreatments": [{"SizePercent": 10}] * 5}, "at most 4"),
    (
        {"AdditionalTreatments": [{"SizePercent": 10, "TemplateConfiguration": {"EmailTemplate": {"Name": "gone"}}}]},
        r"AdditionalTreatments\[0\].TemplateConfiguration",
    ),
    ({"Limits": {"MessagesPerSecond": 50}}, "Limits.MessagesPerSecond: .* not served yet"),
    ({"Limits": {"MaximumDuration": 10}}, "MaximumDuration"),
    ({"Limits": {"Daily": 101}}, "Limits.Daily"),
    ({"Hook": {"LambdaFunctionName": "f", "Mode": "FILTER"}}, "Hook: .* not served yet"),
    ({"Hook": {"LambdaFunctionName": "f", "Mode": "DELIVERY"}}, "Hook.Mode"),
    ({"CustomDeliveryConfiguration": {"DeliveryUri": "x"}}, "CustomDeliveryConfiguration: .* not served yet"),
]


@pytest.mark.parametrize(("change", "rule"), REFUSED)
def test_what_cannot_be_done_is_refused_and_leaves_nothing_behind(change, rule):
    app = stage(people(1))
    with pytest.raises(BadRequest, match=rule):
        campaign(app, **change)
    assert call(app, "GetCampaigns")["Item"] == [] and app.campaign_runs_queue.messages == []


@pytest.mark.parametrize(
    ("inherited", "rule"),
    [
        ({"QuietTime": {"Start": "20:00", "End": "07:00"}}, "ApplicationSettings.QuietTime"),
        ({"Limits": {"Daily": 3}}, "ApplicationSettings.Limits.Daily"),
        ({"CampaignHook": {"LambdaFunctionName": "f", "Mode": "FILTER"}}, "ApplicationSettings.CampaignHook"),
    ],
)
def test_defaults_of_the_project_that_cannot_be_kept_are_refused(inherited, rule):
    app = stage(people(1))
    change_settings(app, APP, inherited)
    with pytest.raises(BadRequest, match=f"{rule}: .* not served yet"):
        campaign(app)


def test_the_project_s_maximum_duration_is_kept_and_the_campaign_s_own_wins():
    app = stage(people(1))
    change_settings(app, APP, {"Limits": {"MaximumDuration": 600}})
    first, second = campaign(app), campaign(app, Limits={"MaximumDuration": 60})
    Deliverer(app).run()
    assert the_run(app, first["Id"]).plan.ends_at == "2026-11-20T12:10:00.000Z"
    assert the_run(app, second["Id"]).plan.ends_at == "2026-11-20T12:01:00.000Z"


def test_without_any_from_address_it_is_refused():
    app = stage(people(1))
    app.documents.delete(f"apps/{APP}/channels", "EMAIL")
    with pytest.raises(BadRequest, match="FromAddress"):
        campaign(app)


def test_a_campaign_that_cannot_be_queued_is_not_left_behind():
    app = stage(people(1))
    app.campaign_runs_queue.failures = [Unavailable("no queue")]
    with pytest.raises(Unavailable):
        campaign(app)
    assert call(app, "GetCampaigns")["Item"] == []


def test_it_waits_for_a_running_import_and_then_mails_who_is_in_it():
    app = stage(people(2))
    import_job(app, "PROCESSING")
    made = campaign(app)
    deliverer = Deliverer(app)
    for _ in range(3):
        deliverer.step()
        app.clock.move(seconds=10)
    assert activity(app, made)["State"] == "PENDING" and app.mailer.sent == []
    assert app.campaign_runs_queue.delays[-3:] == [1, 2, 4]
    import_job(app, "COMPLETED")
    deliverer.run()
    assert status(app, made) == "COMPLETED" and len(app.mailer.sent) == 2


def test_an_import_that_does_not_end_within_an_hour_fails_the_run_with_its_reason():
    app = stage(people(2))
    import_job(app, "PROCESSING")
    made = campaign(app)
    Deliverer(app).run(between=lambda: app.clock.move(minutes=7))
    shown = activity(app, made)
    assert shown["State"] == "COMPLETED" and shown["Result"] == "FAIL" and status(app, made) == "INVALID"
    assert "did not end within an hour" in shown["ExecutionMetrics"]["FAILURE_REASON"]


def test_a_segment_that_its_import_left_empty_fails_the_run_with_the_import_s_reason():
    app = stage()
    segment = app.documents.get(f"apps/{APP}/segments", SEGMENT)
    failed = {**segment.body, "_import_failure": "people.csv file: is UTF-16 -> save it as UTF-8"}
    app.documents.put(f"apps/{APP}/segments", replace(segment, body=failed))
    made = campaign(app)
    Deliverer(app).run()
    shown = activity(app, made)
    assert (shown["State"], shown["Result"], status(app, made)) == ("COMPLETED", "FAIL", "INVALID")
    assert "nobody is in it: people.csv file: is UTF-16" in shown["ExecutionMetrics"]["FAILURE_REASON"]


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ({"HtmlBody": "one\n{{#if x}}open"}, "EmailMessage.HtmlBody: line 2, column 1"),
        ({"Title": "{{nosuch a b}}"}, "EmailMessage.Title: line 1, column 3"),
        ({"Body": "{{/if}}"}, "EmailMessage.Body: line 1"),
        ({"Headers": [{"Name": "X-A", "Value": "{{"}]}, r"EmailMessage.Headers\[0\].Value: line 1"),
    ],
)
def test_a_message_that_does_not_compile_is_refused_when_the_campaign_is_saved(message, says):
    app = stage(people(1))
    broken = {"MessageConfiguration": {"EmailMessage": {**EMAIL, **message}}}
    with pytest.raises(BadRequest, match=says):
        campaign(app, **broken)
    with pytest.raises(BadRequest, match=r"AdditionalTreatments\[0\]\.MessageConfiguration"):
        campaign(app, AdditionalTreatments=[{"SizePercent": 10, **broken}])
    made = campaign(app, IsPaused=True)
    with pytest.raises(BadRequest, match=says):
        call(app, "UpdateCampaign", CampaignId=made["Id"], WriteCampaignRequest=broken)
    assert len(call(app, "GetCampaigns")["Item"]) == 1


def test_what_was_deleted_before_the_start_fails_the_run_with_its_reason():
    app = stage(people(2))
    made = campaign(app)
    app.documents.delete("templates/EMAIL", TEMPLATE)
    Deliverer(app).run()
    assert "hello does not exist" in activity(app, made)["ExecutionMetrics"]["FAILURE_REASON"]
    assert status(app, made) == "INVALID"


def test_the_template_version_that_is_active_at_the_start_is_sent():
    app = stage(people(1))
    document = app.documents.get("templates/EMAIL", TEMPLATE)
    changed = {**document.body, "Subject": "Second", "_active_version": 2}
    made = campaign(app)
    app.documents.put("templates/EMAIL", type(document)(document.id, changed, 1, document.revision), new_version=True)
    Deliverer(app).run()
    assert b"Subject: Second" in app.mailer.sent[0].mime
    assert the_run(app, made["Id"]).plan.treatments[0].template == {"Name": TEMPLATE, "Version": "2"}


def test_a_paused_campaign_starts_when_it_is_resumed():
    app = stage(people(2))
    made = campaign(app, IsPaused=True)
    assert made["State"] == {"CampaignStatus": "PAUSED"} and app.campaign_runs_queue.messages == []
    resumed = call(app, "UpdateCampaign", CampaignId=made["Id"], WriteCampaignRequest={"IsPaused": False})
    assert resumed["Version"] == 2 and resumed["State"] == {"CampaignStatus": "SCHEDULED"}
    Deliverer(app).run()
    assert status(app, made) == "COMPLETED" and len(app.mailer.sent) == 2


def test_pausing_holds_a_run_between_batches_and_resuming_goes_on():
    app = stage(people(40))
    made = campaign(app)
    deliverer = Deliverer(app)
    while not app.mailer.sent:
        deliverer.step()
    so_far = len(app.mailer.sent)
    paused = call(app, "UpdateCampaign", CampaignId=made["Id"], WriteCampaignRequest={"IsPaused": True})
    assert paused["State"] == {"CampaignStatus": "PAUSED"} and activity(app, made)["State"] == "PAUSED"
    for _ in range(60):
        deliverer.step()
    assert len(app.mailer.sent) == so_far
    call(app, "UpdateCampaign", CampaignId=made["Id"], WriteCampaignRequest={"IsPaused": False})
    deliverer.run()
    assert len(app.mailer.sent) == 40 and status(app, made) == "COMPLETED"


def test_a_campaign_that_has_begun_to_send_cannot_change():
    app = stage(people(1))
    made = campaign(app)
    Deliverer(app).run()
    with pytest.raises(BadRequest, match="has begun to send, so only IsPaused"):
        call(app, "UpdateCampaign", CampaignId=made["Id"], WriteCampaignRequest={"Name": "other"})


def test_an_update_before_the_start_is_what_is_sent_and_a_version_of_its_own():
    app = stage(people(1))
    save_template(app, "other", Subject="Other", TextPart="x")
    made = campaign(app)
    call(
        app,
        "UpdateCampaign",
        CampaignId=made["Id"],
        WriteCampaignRequest={"TemplateConfiguration": {"EmailTemplate": {"Name": "other"}}},
    )
    Deliverer(app).run()
    assert [b"Subject: Other" in mail.mime for mail in app.mailer.sent] == [True]
    versions = call(app, "GetCampaignVersions", CampaignId=made["Id"])["Item"]
    assert [one["Version"] for one in versions] == [2, 1]
    first = call(app, "GetCampaignVersion", CampaignId=made["Id"], Version="1")
    assert first["TemplateConfiguration"]["EmailTemplate"]["Name"] == TEMPLATE
    with pytest.raises(BadRequest, match="Version"):
        call(app, "GetCampaignVersion", CampaignId=made["Id"], Version="x")
    with pytest.raises(NotFound, match="version 3"):
        call(app, "GetCampaignVersion", CampaignId=made["Id"], Version="3")


def test_deleting_a_campaign_stops_what_is_not_sent():
    app = stage(people(40))
    made = campaign(app)
    deliverer = Deliverer(app)
    while not app.mailer.sent:
        deliverer.step()
    so_far = len(app.mailer.sent)
    assert call(app, "DeleteCampaign", CampaignId=made["Id"])["State"] == {"CampaignStatus": "DELETED"}
    deliverer.run()
    assert len(app.mailer.sent) == so_far and the_run(app, made["Id"]).state == "CANCELLED"
    with pytest.raises(NotFound, match="campaign"):
        call(app, "GetCampaign", CampaignId=made["Id"])


def test_a_campaign_deleted_before_its_start_sends_nothing():
    app = stage(people(1))
    made = campaign(app)
    call(app, "DeleteCampaign", CampaignId=made["Id"])
    Deliverer(app).run()
    assert app.mailer.sent == [] and the_run(app, made["Id"]).state == "CANCELLED"


def delete_segment(app, segment_id=SEGMENT):
    return SEGMENTS["DeleteSegment"](app, {"ApplicationId": APP, "SegmentId": segment_id})


def test_deleting_its_segment_ends_a_campaign_as_deleted_and_what_is_not_sent_is_not_sent():
    app = stage(people(40))
    done = campaign(app)
    Deliverer(app).run()
    sending, waiting, paused = campaign(app), None, None
    deliverer = Deliverer(app)
    before = len(app.mailer.sent)
    while len(app.mailer.sent) == before:
        deliverer.step()
    waiting, paused = campaign(app, Name="waiting"), campaign(app, Name="paused", IsPaused=True)
    so_far = len(app.mailer.sent)
    assert delete_segment(app)["Id"] == SEGMENT
    assert status(app, done) == "COMPLETED"
    assert [status(app, one) for one in (sending, waiting, paused)] == ["DELETED"] * 3
    deliverer.run()
    assert len(app.mailer.sent) == so_far
    assert [status(app, one) for one in (done, sending, waiting, paused)] == ["COMPLETED"] + ["DELETED"] * 3
    assert [the_run(app, one["Id"]).state for one in (sending, waiting)] == ["CANCELLED"] * 2
    assert activity(app, done)["Result"] == "SUCCESS" and activity(app, sending)["Result"] == "FAIL"
    with pytest.raises(BadRequest, match="segment was deleted"):
        call(app, "UpdateCampaign", CampaignId=paused["Id"], WriteCampaignRequest={"IsPaused": False})
    assert call(app, "DeleteCampaign", CampaignId=sending["Id"])["State"] == {"CampaignStatus": "DELETED"}


@pytest.mark.parametrize("steps", [0, 1, 2, 5, 40])
def test_deleting_the_project_stops_its_campaigns(steps):
    app = stage(people(40))
    made = campaign(app)
    deliverer = Deliverer(app)
    for _ in range(steps):
        deliverer.step()
    so_far = len(app.mailer.sent)
    assert delete_application(app, APP)["Id"] == APP
    deliverer.run()
    assert len(app.mailer.sent) == so_far
    assert the_run(app, made["Id"]).state == ("CANCELLED" if so_far < 40 else "COMPLETED")


def test_a_campaign_made_while_its_project_was_being_deleted_sends_nothing():
    app = stage(people(2))
    made = campaign(app)
    app.documents.delete("apps", APP)
    Deliverer(app).run()
    assert app.mailer.sent == []
    assert (the_run(app, made["Id"]).state, the_run(app, made["Id"]).reason) == (
        "CANCELLED",
        "the application was deleted",
    )


def test_deleting_a_segment_leaves_the_campaigns_of_others_alone():
    app = stage(people(1))
    made = campaign(app)
    body = {"Id": "6" * 32, "ApplicationId": APP, "SegmentType": "DIMENSIONAL", "Version": 1, "Dimensions": {}}
    app.documents.create(f"apps/{APP}/segments", "6" * 32, {**body, "Name": "others"})
    delete_segment(app, "6" * 32)
    Deliverer(app).run()
    assert status(app, made) == "COMPLETED" and len(app.mailer.sent) == 1


def test_a_segment_that_goes_while_a_campaign_is_made_ends_it_as_deleted():
    app = stage(people(1))
    made = campaign(app)
    app.documents.delete(f"apps/{APP}/segments", SEGMENT)
    Deliverer(app).run()
    assert status(app, made) == "DELETED" and app.mailer.sent == []
    assert "was deleted" in activity(app, made)["ExecutionMetrics"]["FAILURE_REASON"]


@pytest.mark.parametrize("killed_at", range(1, 12))
def test_a_deletion_that_was_killed_is_finished_by_a_repeat(killed_at):
    app = stage(people(30))
    made = [campaign(app, Name=f"c{n}") for n in range(2)]
    deliverer = Deliverer(app)
    for _ in range(6):
        deliverer.step()
    with suppress(Killed):
        delete_segment(Process(app, Switch(killed_at, before=False)))
    with suppress(NotFound):
        delete_segment(app)
    so_far = len(app.mailer.sent)
    deliverer.run()
    assert [status(app, one) for one in made] == ["DELETED"] * 2 and len(app.mailer.sent) == so_far


def test_campaigns_are_listed_page_by_page():
    app = stage(people(1))
    made = {campaign(app, Name=f"c{n}")["Id"] for n in range(5)}
    seen, token = set(), None
    while True:
        page = call(app, "GetCampaigns", PageSize="2", **({"Token": token} if token else {}))
        seen |= {one["Id"] for one in page["Item"]}
        token = page.get("NextToken")
        if not token:
            break
    assert seen == made


@pytest.mark.parametrize(
    "name", ["GetCampaign", "UpdateCampaign", "DeleteCampaign", "GetCampaignVersions", "GetCampaignActivities"]
)
def test_an_unknown_campaign_or_project_is_named(name):
    app = stage()
    request = {"CampaignId": "c" * 32, "WriteCampaignRequest": {}}
    with pytest.raises(NotFound, match="campaign"):
        call(app, name, **request)
    with pytest.raises(NotFound, match="application"):
        OPERATIONS[name](app, {"ApplicationId": "x" * 32, **request})


def test_a_state_that_others_keep_changing_is_a_conflict():
    app = stage(people(1))
    campaign(app)
    app.documents.put = lambda *_args, **_named: (_ for _ in ()).throw(Conflict("changed"))
    with pytest.raises(Conflict):
        Deliverer(app).run()
