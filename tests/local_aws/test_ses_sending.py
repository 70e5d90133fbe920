"""Mails that an unmodified boto3 client sends through either API of SES arrive in the mailbox, as SES would deliver them."""

from __future__ import annotations

import json
import urllib.error
import uuid
from email.message import EmailMessage

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.aws_clients import Clients, Kit

pytestmark = pytest.mark.local_aws

SENDER = "School Fund <news@fund.example.org>"


@pytest.fixture(autouse=True)
def sender(clients: Clients, kit: Kit) -> None:
    try:
        clients("sesv2").create_email_identity(EmailIdentity="fund.example.org")
    except clients("sesv2").exceptions.AlreadyExistsException:
        pass


@pytest.fixture
def ses(clients: Clients):
    return clients("sesv2")


def simple(**changes):
    body = {"Html": {"Data": "<p>Grüße</p>"}, "Text": {"Data": "Grüße"}}
    content = {"Simple": {"Subject": {"Data": "Zwölf Stühle"}, "Body": body, **changes}}
    return {"FromEmailAddress": SENDER, "Destination": {"ToAddresses": ["ada@example.net"]}, "Content": content}


def raw_mail(**headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, "Ada <ada@example.net>", "Grüße aus Jacmel"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("plain words: ü")
    message.add_alternative("<p>rich words: ü</p>", subtype="html")
    message.add_attachment(b"\x00\x01", maintype="application", subtype="pdf", filename="a.pdf")
    return message.as_bytes()


def refused(call, **arguments) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_a_simple_mail_arrives_with_its_parts_headers_and_tags(ses, kit: Kit) -> None:
    request = simple(Headers=[{"Name": "List-Unsubscribe", "Value": "<https://x.example/u>"}])
    answer = ses.send_email(**request, EmailTags=[{"Name": "campaign_id", "Value": "c-1"}])
    [mail] = kit.mails()
    assert {key: mail[key] for key in ("id", "from", "to", "subject", "tags", "configuration_set")} == {
        "id": answer["MessageId"],
        "from": SENDER,
        "to": ["ada@example.net"],
        "subject": "Zwölf Stühle",
        "tags": {"campaign_id": "c-1"},
        "configuration_set": None,
    }
    assert mail["html"].strip() == "<p>Grüße</p>"
    assert mail["text"].strip() == "Grüße"
    assert mail["headers"]["List-Unsubscribe"] == "<https://x.example/u>"
    assert mail["headers"]["Message-ID"] == f"<{answer['MessageId']}@email.amazonses.com>"


def test_a_raw_mail_keeps_its_bytes_but_for_what_ses_changes(ses, kit: Kit) -> None:
    mime = raw_mail(Bcc="secret@example.net", Message_ID="<mine@x>", X_SES_MESSAGE_TAGS="a=1, b=2", X_Own="kept")
    ses.send_email(Content={"Raw": {"Data": mime}})
    [mail] = kit.mails()
    assert mail["to"] == ["ada@example.net", "secret@example.net"]
    assert (mail["subject"], mail["text"].strip(), mail["html"].strip()) == (
        "Grüße aus Jacmel",
        "plain words: ü",
        "<p>rich words: ü</p>",
    )
    assert mail["tags"] == {"a": "1", "b": "2"}
    assert mail["headers"]["X-Own"] == "kept"
    assert "Date" in mail["headers"]
    assert not {"Bcc", "X-SES-MESSAGE-TAGS"} & set(mail["headers"])
    assert "secret@example.net" not in mail["source"]
    assert "mine@x" not in mail["source"]


def test_the_envelope_of_a_raw_mail_goes_before_its_headers(ses, kit: Kit) -> None:
    ses.send_email(Content={"Raw": {"Data": raw_mail()}}, Destination={"ToAddresses": ["grace@example.net"]})
    assert [mail["to"] for mail in kit.mails()] == [["grace@example.net"]]


def test_stored_and_inline_templates(ses, kit: Kit) -> None:
    name = f"hello-{uuid.uuid4().hex}"
    content = {"Subject": "Hi {{name}}", "Html": "<b>{{ person.city }}</b>", "Text": "{{name}}"}
    ses.create_email_template(TemplateName=name, TemplateContent=content)
    data = json.dumps({"name": "Ada", "person": {"city": "London"}})
    for template in ({"TemplateName": name}, {"TemplateContent": content}):
        ses.send_email(**{**simple(), "Content": {"Template": {**template, "TemplateData": data}}})
    assert [(m["subject"], m["html"].strip(), m["text"].strip()) for m in kit.mails()] == [
        ("Hi Ada", "<b>London</b>", "Ada")
    ] * 2


def test_a_template_that_misses_a_value_is_taken_reported_and_not_sent(ses, kit: Kit) -> None:
    template = {"TemplateContent": {"Subject": "{{gone}}", "Text": "x"}, "TemplateData": "{}"}
    answer = ses.send_email(**{**simple(), "Content": {"Template": template}})
    assert kit.mails() == []
    [record] = kit.events_of(answer["MessageId"])
    assert record["eventType"] == "Rendering Failure"
    assert record["failure"]["errorMessage"] == "Attribute 'gone' is not present in the rendering data."


def test_a_bulk_call_answers_for_each_entry(ses, kit: Kit) -> None:
    kit.call("faults", "POST", {"ses": {"fail_address": "no@example.net"}})
    answer = ses.send_bulk_email(
        FromEmailAddress=SENDER,
        DefaultEmailTags=[{"Name": "run", "Value": "1"}],
        DefaultContent={
            "Template": {"TemplateContent": {"Subject": "{{s}}", "Text": "t"}, "TemplateData": '{"s": "d"}'}
        },
        BulkEmailEntries=[
            {
                "Destination": {"ToAddresses": ["one@example.net"]},
                "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": '{"s": "first"}'}},
                "ReplacementTags": [{"Name": "place", "Value": "1"}],
                "ReplacementHeaders": [{"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"}],
            },
            {"Destination": {"ToAddresses": ["no@example.net"]}},
            {"Destination": {"ToAddresses": ["two@example.net"]}},
        ],
    )
    assert [r["Status"] for r in answer["BulkEmailEntryResults"]] == ["SUCCESS", "MESSAGE_REJECTED", "SUCCESS"]
    first, second = kit.mails()
    assert (first["subject"], first["tags"]) == ("first", {"run": "1", "place": "1"})
    assert first["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert second["subject"] == "d"


def test_the_first_api_sends_too(clients: Clients, kit: Kit) -> None:
    ses = clients("ses")
    body = {"Html": {"Data": "<p>v1</p>"}, "Text": {"Data": "v1"}}
    ses.send_email(
        Source=SENDER,
        Destination={"ToAddresses": ["a@example.net"], "CcAddresses": ["c@example.net"]},
        Message={"Subject": {"Data": "Ünder"}, "Body": body},
        Tags=[{"Name": "t", "Value": "v"}],
    )
    ses.send_raw_email(RawMessage={"Data": raw_mail()}, Destinations=["b@example.net"])
    name = f"v1-{uuid.uuid4().hex}"
    ses.create_template(Template={"TemplateName": name, "SubjectPart": "S {{x}}", "TextPart": "T"})
    ses.send_templated_email(
        Source=SENDER, Destination={"ToAddresses": ["d@example.net"]}, Template=name, TemplateData='{"x": 1}'
    )
    bulk = ses.send_bulk_templated_email(
        Source=SENDER,
        Template=name,
        DefaultTemplateData='{"x": 2}',
        Destinations=[{"Destination": {"ToAddresses": ["e@example.net"]}, "ReplacementTemplateData": '{"x": 3}'}],
    )
    assert [(m["to"], m["subject"]) for m in kit.mails()] == [
        (["a@example.net", "c@example.net"], "Ünder"),
        (["b@example.net"], "Grüße aus Jacmel"),
        (["d@example.net"], "S 1"),
        (["e@example.net"], "S 3"),
    ]
    assert kit.mails()[0]["tags"] == {"t": "v"}
    assert [s["Status"] for s in bulk["Status"]] == ["Success"]


NOT_VERIFIED = (
    "Email address is not verified. The following identities failed the check in region US-EAST-1: who@else.example"
)


@pytest.mark.parametrize(
    ("changes", "code", "message", "status"),
    [
        ({"FromEmailAddress": "who@else.example"}, "MessageRejected", NOT_VERIFIED, 400),
        ({"ConfigurationSetName": "gone"}, "NotFoundException", "Configuration set <gone> does not exist.", 404),
        ({"Destination": {"ToAddresses": ["nobody"]}}, "BadRequestException", "Missing final '@domain'", 400),
        ({"Destination": {"ToAddresses": ["zoë@example.net"]}}, "BadRequestException", "Missing final '@domain'", 400),
        ({"Destination": {}}, "BadRequestException", "at least one recipient is required", 400),
        (
            {"Destination": {"ToAddresses": [f"{n}@example.net" for n in range(51)]}},
            "BadRequestException",
            "Recipient count exceeds 50.",
            400,
        ),
        (
            {"EmailTags": [{"Name": "a b", "Value": "1"}]},
            "BadRequestException",
            "Invalid tag name <a b>: only alphanumeric ASCII characters, '_', and '-' are allowed.",
            400,
        ),
        (
            {"Content": {"Template": {"TemplateName": "gone", "TemplateData": "{}"}}},
            "NotFoundException",
            "Template <gone> does not exist.",
            404,
        ),
        (
            {"Content": {"Raw": {"Data": b"To: a@example.net\r\n\r\nx"}}},
            "MessageRejected",
            "Email address is not verified. The following identities failed the check in region US-EAST-1: " + SENDER,
            400,
        ),
    ],
)
def test_what_ses_refuses_is_refused_in_its_words(ses, kit: Kit, changes, code: str, message: str, status: int) -> None:
    request = {**simple(), **changes}
    if "Raw" in request["Content"]:
        message = "Missing required header 'From'."
        code = "BadRequestException"
        del request["FromEmailAddress"]
    assert refused(ses.send_email, **request) == (code, message, status)
    assert kit.mails() == []


@pytest.mark.parametrize(
    "headers", [[{"Name": "Bad Name", "Value": "x"}], [{"Name": "X-A", "Value": "a\nBcc: spy@example.net"}]]
)
def test_a_header_that_could_smuggle_another_is_refused(ses, kit: Kit, headers) -> None:
    code, _, _ = refused(ses.send_email, **simple(Headers=headers))
    assert code == "BadRequestException"
    assert kit.mails() == []


def test_the_first_api_has_its_own_error_names(clients: Clients, kit: Kit) -> None:
    ses = clients("ses")
    message = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}
    to = {"ToAddresses": ["a@example.net"]}
    call = {"Destination": to, "Message": message}
    assert refused(ses.send_email, Source="who@else.example", **call)[0] == "MessageRejected"
    code = refused(ses.send_email, Source=SENDER, ConfigurationSetName="gone", **call)[0]
    assert code == "ConfigurationSetDoesNotExist"
    template = {"Source": SENDER, "Destination": to, "Template": "gone", "TemplateData": "{}"}
    assert refused(ses.send_templated_email, **template)[0] == "TemplateDoesNotExist"


def test_in_the_sandbox_recipients_must_be_verified_too(ses, clients: Clients, kit: Kit) -> None:
    site = {"MailType": "MARKETING", "WebsiteURL": "https://fund.example.org"}
    ses.put_account_details(**site, ProductionAccessEnabled=False)
    try:
        assert refused(ses.send_email, **simple())[0] == "MessageRejected"
        to = {"ToAddresses": ["me@fund.example.org", "success@simulator.amazonses.com"]}
        ses.send_email(**{**simple(), "Destination": to})
    finally:
        ses.put_account_details(**site, ProductionAccessEnabled=True)
    assert [mail["to"] for mail in kit.mails()] == [to["ToAddresses"]]


def test_a_label_of_a_verified_address_may_send(ses, kit: Kit) -> None:
    address = f"me-{uuid.uuid4().hex[:6]}@solo.example.org"
    ses.create_email_identity(EmailIdentity=address)
    kit.call("mailbox", "DELETE")
    ses.send_email(**{**simple(), "FromEmailAddress": address.replace("@", "+label@")})
    assert refused(ses.send_email, **{**simple(), "FromEmailAddress": f"x{address}"})[0] == "MessageRejected"
    assert len(kit.mails()) == 1


def test_any_bytes_are_taken_as_a_mail_and_none_break_the_mailbox(ses, kit: Kit) -> None:
    heads = f"From: {SENDER}\r\nTo: a@example.net\r\n".encode()
    hostile = [
        heads + b"Subject: =?utf-8?b?//8=?=\r\nContent-Type: text/html; charset=nonsense\r\n\r\n\xff\xfe<p>",
        heads + b"Content-Type: multipart/mixed; boundary=x\r\n\r\nno boundary ever",
        heads + b"Content-Type: multipart/alternative\r\n\r\n--\r\n\x00",
        heads + b"Subject: \xff\xfe raw bytes\r\nX-Long: " + b"y" * 100_000 + b"\r\n\r\n" + b"z" * 1_000_000,
        heads.replace(b"\r\n", b"\n") + b"Subject: bare\n folded\n\nbody",
    ]
    for mime in hostile:
        ses.send_email(Content={"Raw": {"Data": mime}})
    mails = kit.mails()
    assert len(mails) == len(hostile)
    assert mails[-1]["subject"].replace("\n", "") == "bare folded"
    assert "<p>" in mails[0]["html"]


def status_without_retry(clients: Clients) -> int:
    ses = clients("sesv2", total_max_attempts=1)
    try:
        return ses.send_email(**simple())["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]


def test_every_nth_call_fails_when_a_test_asks_for_it(clients: Clients, kit: Kit) -> None:
    kit.call("faults", "POST", {"ses": {"throttle_every": 2}})
    throttled = [status_without_retry(clients) for _ in range(4)]
    assert sorted(throttled) == [200, 200, 429, 429]
    assert throttled[0] != throttled[1]
    kit.call("faults", "POST", {"ses": {"unavailable_every": 1}})
    assert status_without_retry(clients) == 500
    assert len(kit.mails()) == 2


def test_the_rate_that_a_test_sets_is_kept_and_told(ses, clients: Clients, kit: Kit) -> None:
    kit.call("faults", "POST", {"ses": {"max_send_rate": 3}})
    quota = ses.get_account()["SendQuota"]
    assert quota["MaxSendRate"] == 3.0
    assert clients("ses").get_send_quota()["MaxSendRate"] == 3.0
    before = quota["SentLast24Hours"]
    outcomes = [status_without_retry(clients) for _ in range(8)]
    assert 429 in outcomes
    assert ses.get_account()["SendQuota"]["SentLast24Hours"] == before + outcomes.count(200)


@pytest.mark.parametrize("faults", [{"no_such": 1}, {"throttle_every": "x"}, {"throttle_every": -1}, {"bounce": 5}])
def test_an_unknown_fault_is_refused(kit: Kit, faults) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400"):
        kit.call("faults", "POST", {"ses": faults})
