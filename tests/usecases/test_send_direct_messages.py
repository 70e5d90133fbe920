"""SendMessages for email: content, substitutions, results."""

from __future__ import annotations

import base64
import email
import email.policy

import pytest

from engagement.api.operations.messages import OPERATIONS
from engagement.errors import BadRequest, Forbidden, NotFound, OutcomeUnknown, TooManyRequests, Unavailable
from tests.usecases.sending_stage import APP, TEMPLATE, people, person, stage

SIMPLE = {"Subject": {"Data": "Hi {{name}}"}, "TextPart": {"Data": "Dear {{name}}"}}


def send(app, *, message=None, addresses=None, endpoints=None, **more):
    request = {
        "MessageConfiguration": {"EmailMessage": {"SimpleEmail": SIMPLE}} if message is None else message,
        **more,
    }
    if addresses is not None:
        request["Addresses"] = addresses
    if endpoints is not None:
        request["Endpoints"] = endpoints
    return OPERATIONS["SendMessages"](app, {"ApplicationId": APP, "MessageRequest": request})


def mails(app):
    return [email.message_from_bytes(mail.mime, policy=email.policy.default) for mail in app.mailer.sent]


def text(message, kind="plain"):
    return message.get_body((kind,)).get_content().strip()


TO = {"to@example.org": {"ChannelType": "EMAIL"}}


def test_a_simple_email_to_an_address():
    app = stage()
    answer = send(app, addresses=TO, TraceId="t-1")
    result = answer["Result"]["to@example.org"]
    assert result["DeliveryStatus"] == "SUCCESSFUL" and result["StatusCode"] == 200
    assert result["MessageId"] and answer["ApplicationId"] == APP and answer["RequestId"]
    (message,) = mails(app)
    assert message["From"] == "Charity <news@charity.example>" and message["X-Pinpoint-Trace"] == "t-1"
    assert message["List-Unsubscribe"] is None


def test_substitutions_of_the_target_win_over_the_message_s_the_default_s_and_the_endpoint_s():
    app = stage([person(1)])
    simple = {
        "Subject": {"Data": "{{a}}{{b}}{{c}}{{d}}"},
        "TextPart": {"Data": "{{User.UserAttributes.FirstName}}/{{User.UserId}}"},
    }
    send(
        app,
        message={
            "EmailMessage": {"SimpleEmail": simple, "Substitutions": {"a": ["2"], "b": ["2", "x"]}},
            "DefaultMessage": {"Substitutions": {"a": ["3"], "b": ["3"], "c": ["3"]}},
        },
        endpoints={"e0001": {"Substitutions": {"a": ["1"], "User.UserAttributes.FirstName": ["Own"]}}},
    )
    (message,) = mails(app)
    assert message["Subject"] == "123" and text(message) == "Own/user_1"


def test_an_empty_substitution_leaves_what_lies_below_it():
    app = stage([person(1)])
    simple = {
        "Subject": {"Data": "{{a}}{{b}}"},
        "TextPart": {"Data": "{{User.UserAttributes.FirstName}}{{nothing}}"},
    }
    send(
        app,
        message={
            "EmailMessage": {"SimpleEmail": simple, "Substitutions": {"a": ["2"], "b": []}},
            "DefaultMessage": {"Substitutions": {"a": ["3"], "b": ["3"], "nothing": []}},
        },
        endpoints={"e0001": {"Substitutions": {"a": [], "User.UserAttributes.FirstName": []}}},
    )
    (message,) = mails(app)
    assert message["Subject"] == "23" and text(message) == "Name1"


def test_the_date_in_a_message_is_the_engine_s():
    app = stage()
    app.clock.move(days=40)
    simple = {"Subject": {"Data": "{{now format='yyyy-MM-dd HH:mm'}}"}, "TextPart": {"Data": "x"}}
    send(app, message={"EmailMessage": {"SimpleEmail": simple}}, addresses=TO)
    assert [message["Subject"] for message in mails(app)] == ["2026-12-30 12:00"]


def test_a_template_fills_what_the_message_leaves_open_and_its_defaults_apply():
    template = {
        "Subject": "S {{User.UserAttributes.FirstName}}",
        "HtmlPart": "<p>{{Recommendations.Block}}</p>",
        "TextPart": "T",
        "DefaultSubstitutions": '{"User.UserAttributes.FirstName": "friend", "Recommendations.Block": "default"}',
        "RecommenderId": "r1",
    }
    app = stage(people(1), template=template)
    send(
        app,
        message={},
        addresses=TO,
        endpoints={"e0000": {}},
        TemplateConfiguration={"EmailTemplate": {"Name": TEMPLATE}},
    )
    assert sorted(message["Subject"] for message in mails(app)) == ["S Name0", "S friend"]
    assert {text(message, "html") for message in mails(app)} == {"<p>default</p>"} and app.recommender.asked == []


def test_overrides_of_one_target_leave_the_others_alone():
    app = stage()
    send(
        app,
        addresses={
            "a@example.org": {"ChannelType": "EMAIL", "TitleOverride": "Own", "BodyOverride": "<p>own</p>"},
            "b@example.org": {"ChannelType": "EMAIL", "Substitutions": {"name": ["B"]}},
        },
    )
    by_address = {message["To"]: message for message in mails(app)}
    assert by_address["a@example.org"]["Subject"] == "Own" and text(by_address["a@example.org"], "html") == "<p>own</p>"
    assert by_address["b@example.org"]["Subject"] == "Hi B" and text(by_address["b@example.org"]) == "Dear B"


def test_a_body_or_a_default_message_is_enough():
    app = stage()
    send(app, message={"EmailMessage": {"Body": "the body"}}, addresses=TO)
    send(app, message={"DefaultMessage": {"Body": "the default"}}, addresses=TO)
    assert [text(message) for message in mails(app)] == ["the body", "the default"]


@pytest.mark.parametrize("as_bytes", [True, False])
def test_a_raw_email_goes_out_as_it_is(as_bytes):
    app = stage()
    raw = b"From: a@example.org\r\nSubject: raw {{x}}\r\n\r\nbody\r\n"
    data = raw if as_bytes else base64.b64encode(raw).decode()
    send(app, message={"EmailMessage": {"RawEmail": {"Data": data}}}, addresses=TO)
    assert app.mailer.sent[0].mime == raw


def test_sender_reply_to_feedback_and_headers_are_the_request_s():
    app = stage()
    simple = {**SIMPLE, "Headers": [{"Name": "X-Kind", "Value": "receipt {{name}}"}]}
    send(
        app,
        message={
            "EmailMessage": {
                "SimpleEmail": simple,
                "FromAddress": "own@charity.example",
                "ReplyToAddresses": ["r1@charity.example", "R Two <r2@charity.example>"],
                "FeedbackForwardingAddress": "bounces@charity.example",
                "Substitutions": {"name": ["a\r\nBcc: x@example.org"]},
            }
        },
        addresses=TO,
    )
    (mail,), (message,) = app.mailer.sent, mails(app)
    assert mail.sender == "own@charity.example" and mail.feedback_to == "bounces@charity.example"
    assert message["Reply-To"] == "r1@charity.example, R Two <r2@charity.example>"
    assert message["X-Kind"] == "receipt a Bcc: x@example.org" and message["Bcc"] is None


def test_an_address_of_another_channel_has_a_result_of_its_own():
    app = stage()
    answer = send(app, addresses={**TO, "+15555550100": {"ChannelType": "SMS"}})
    (sent,) = app.mailer.sent
    assert answer["Result"][sent.to]["DeliveryStatus"] == "SUCCESSFUL"
    other = answer["Result"]["+15555550100"]
    assert (other["DeliveryStatus"], other["StatusCode"]) == ("PERMANENT_FAILURE", 400)
    assert "channel SMS of this address is not served yet" in other["StatusMessage"]


def test_what_is_given_for_an_address_of_another_channel_harms_nobody_else():
    app = stage()
    mail = {"ChannelType": "EMAIL", "BodyOverride": "own"}
    others = {
        "+15555550100": {"ChannelType": "SMS", "BodyOverride": "{{#each"},
        "token": {"ChannelType": "GCM", "RawContent": "{}"},
    }
    answer = send(app, message={}, addresses={"a@example.org": mail, **others})
    states = {address: one["DeliveryStatus"] for address, one in answer["Result"].items()}
    assert states == {"a@example.org": "SUCCESSFUL", "+15555550100": "PERMANENT_FAILURE", "token": "PERMANENT_FAILURE"}
    assert [mail.to for mail in app.mailer.sent] == ["a@example.org"]


def test_one_mailbox_in_several_spellings_is_written_to_once_and_suppressed_in_all():
    app = stage()
    app.mailer.suppression_list = {"bad@example.org"}
    spellings = ["d@example.org", "D <d@example.org>", "<D@example.org>", "Bad <bad@example.org>"]
    answer = send(app, addresses={one: {"ChannelType": "EMAIL"} for one in spellings})
    states = [answer["Result"][one]["DeliveryStatus"] for one in spellings]
    assert states == ["SUCCESSFUL", "DUPLICATE", "DUPLICATE", "PERMANENT_FAILURE"]
    assert [mail.to for mail in app.mailer.sent] == ["d@example.org"]


def test_results_of_endpoints_that_are_not_mailed():
    app = stage(
        [
            person(1),
            person(2, opt_out="ALL"),
            person(3, endpoint_status="INACTIVE"),
            person(4, address=None),
            person(5),
            person(6, channel_type="SMS", address="+15555550100"),
        ]
    )
    app.mailer.suppression_list = {"p5@example.org", "bad@example.org"}
    answer = send(
        app,
        endpoints={f"e000{n}": {} for n in range(1, 7)} | {"nobody": {}},
        addresses={
            "P1@example.org": {"ChannelType": "EMAIL"},
            "bad@example.org": {"ChannelType": "EMAIL"},
            "no address": {"ChannelType": "EMAIL"},
        },
    )
    states = {key: one["DeliveryStatus"] for key, one in answer["EndpointResult"].items()}
    assert states == {
        "e0001": "DUPLICATE",
        "e0002": "OPT_OUT",
        "e0003": "PERMANENT_FAILURE",
        "e0004": "PERMANENT_FAILURE",
        "e0005": "PERMANENT_FAILURE",
        "e0006": "PERMANENT_FAILURE",
        "nobody": "PERMANENT_FAILURE",
    }
    assert "channel SMS of this endpoint is not served" in answer["EndpointResult"]["e0006"]["StatusMessage"]
    assert answer["EndpointResult"]["e0002"]["Address"] == "p2@example.org"
    assert {key: one["DeliveryStatus"] for key, one in answer["Result"].items()} == {
        "P1@example.org": "SUCCESSFUL",
        "bad@example.org": "PERMANENT_FAILURE",
        "no address": "PERMANENT_FAILURE",
    }
    assert len(app.mailer.sent) == 1


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (TooManyRequests("x"), "THROTTLED", 429),
        (Unavailable("x"), "TEMPORARY_FAILURE", 500),
        (OutcomeUnknown("x"), "UNKNOWN_FAILURE", 500),
        (BadRequest("x"), "PERMANENT_FAILURE", 400),
        (Forbidden("x"), "PERMANENT_FAILURE", 400),
    ],
)
def test_what_ses_says_becomes_the_target_s_result(error, status, code):
    app = stage()
    app.mailer.failures = [error]
    result = send(app, addresses=TO)["Result"]["to@example.org"]
    assert (result["DeliveryStatus"], result["StatusCode"]) == (status, code) and "MessageId" not in result


def test_a_hundred_targets_and_not_one_more():
    app = stage()
    many = {f"t{n}@example.org": {"ChannelType": "EMAIL"} for n in range(100)}
    answer = send(app, addresses=many)
    assert {one["DeliveryStatus"] for one in answer["Result"].values()} == {"SUCCESSFUL"} and len(
        app.mailer.sent
    ) == 100
    with pytest.raises(BadRequest, match="101"):
        send(app, addresses=many, endpoints={"e": {}})


REFUSED = [
    ({"addresses": {}}, "0 addresses"),
    (
        {"addresses": {"+1555": {"ChannelType": "FAX"}}},
        r"MessageRequest.Addresses\[0\].ChannelType: 'FAX' is no channel",
    ),
    ({"addresses": {"a@example.org": {}}}, r"Addresses\[0\].ChannelType: missing"),
    ({"addresses": TO, "message": {"SMSMessage": {"Body": "x"}}}, "SMSMessage: .*not served yet"),
    ({"addresses": TO, "message": {}}, "no content"),
    ({"addresses": TO, "TemplateConfiguration": {"SMSTemplate": {"Name": "x"}}}, "SMSTemplate: .*not served yet"),
    ({"addresses": TO, "TemplateConfiguration": {"EmailTemplate": {"Name": "gone"}}}, "gone does not exist"),
    ({"addresses": TO, "message": {"EmailMessage": {"Body": "{{#bad}}"}}}, "does not compile"),
    ({"addresses": TO, "message": {"EmailMessage": {"Body": "x", "FromAddress": "x"}}}, "EmailMessage.FromAddress"),
    (
        {"addresses": TO, "message": {"EmailMessage": {"Body": "x", "ReplyToAddresses": ["x"]}}},
        r"ReplyToAddresses\[0\]",
    ),
    ({"addresses": TO, "message": {"EmailMessage": {"RawEmail": {"Data": "%%%"}}}}, "RawEmail.Data"),
    ({"addresses": {"a@example.org": {"ChannelType": "EMAIL", "RawContent": "{}"}}}, r"Addresses\[0\].RawContent"),
]


@pytest.mark.parametrize(("request_", "rule"), REFUSED)
def test_a_request_that_cannot_be_served_is_refused_whole_and_shows_no_address(request_, rule):
    app = stage()
    with pytest.raises(BadRequest, match=rule) as raised:
        send(app, **request_)
    assert app.mailer.sent == [] and "example.org" not in raised.value.message


def test_an_unknown_project_is_not_found():
    with pytest.raises(NotFound):
        OPERATIONS["SendMessages"](stage(), {"ApplicationId": "x", "MessageRequest": {}})


def test_without_any_from_address_it_is_refused():
    app = stage()
    app.documents.delete(f"apps/{APP}/channels", "EMAIL")
    with pytest.raises(BadRequest, match="FromAddress"):
        send(app, addresses=TO)
