"""SES's events reach the destinations of the mail's configuration set; the suppression list is kept and honoured."""

from __future__ import annotations

import contextlib
import json
import urllib.request
import uuid
from dataclasses import dataclass

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.aws_clients import Clients, Kit, wait_for

pytestmark = pytest.mark.local_aws

SENDER = "news@events.example.org"
TYPES = ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "OPEN", "CLICK", "REJECT", "RENDERING_FAILURE"]
VIRUS = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class Wired:
    """A configuration set whose events reach a queue by SNS."""

    clients: Clients
    configuration_set: str
    queue: str

    def send(
        self, to: str, text: str = "hello", html: str = '<a href="https://example.org/x?a=1&amp;b=2">go</a>'
    ) -> str:
        body = {"Text": {"Data": text}, "Html": {"Data": html}}
        return self.clients("sesv2").send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": [to]},
            Content={"Simple": {"Subject": {"Data": "s"}, "Body": body}},
            ConfigurationSetName=self.configuration_set,
            EmailTags=[{"Name": "campaign_id", "Value": "c9"}],
        )["MessageId"]

    def received(self, count: int) -> list[dict]:
        """The next ``count`` records, in order."""
        found: list[dict] = []

        def poll() -> bool:
            answer = self.clients("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                self.clients("sqs").delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(json.loads(message["Body"])["Message"]))
            return len(found) >= count

        wait_for(poll)
        return found


@pytest.fixture
def wired(clients: Clients, kit: Kit) -> Wired:
    name = f"set-{uuid.uuid4().hex[:8]}"
    with contextlib.suppress(ClientError):
        clients("sesv2").create_email_identity(EmailIdentity="events.example.org")
    topic = clients("sns").create_topic(Name=name)["TopicArn"]
    queue = clients("sqs").create_queue(QueueName=name)["QueueUrl"]
    clients("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:000000000000:{name}")
    clients("sesv2").create_configuration_set(ConfigurationSetName=name)
    add_destination(clients, name, {"SnsDestination": {"TopicArn": topic}}, TYPES)
    return Wired(clients, name, queue)


def add_destination(clients: Clients, configuration_set: str, target: dict, types: list[str], **extra) -> None:
    clients("sesv2").create_configuration_set_event_destination(
        ConfigurationSetName=configuration_set,
        EventDestinationName=f"to-{uuid.uuid4().hex[:6]}",
        EventDestination={"Enabled": True, "MatchingEventTypes": types, **target, **extra},
    )


def kinds(records: list[dict]) -> list[str]:
    return [record["eventType"] for record in records]


def test_a_delivered_mail_is_sent_and_delivered(wired: Wired) -> None:
    message_id = wired.send("ada@example.net")
    sent, delivered = wired.received(2)
    assert kinds([sent, delivered]) == ["Send", "Delivery"]
    assert sent["send"] == {}
    assert delivered["delivery"]["recipients"] == ["ada@example.net"]
    mail = sent["mail"]
    assert (mail["messageId"], mail["source"], mail["destination"]) == (message_id, SENDER, ["ada@example.net"])
    assert mail["tags"]["campaign_id"] == ["c9"]
    assert mail["tags"]["ses:configuration-set"] == [wired.configuration_set]
    assert mail["tags"]["ses:from-domain"] == ["events.example.org"]
    assert mail["commonHeaders"]["subject"] == "s"
    assert {"name": "Subject", "value": "s"} in mail["headers"]


@pytest.mark.parametrize(
    ("to", "expected", "delivered"),
    [
        ("success@simulator.amazonses.com", ["Send", "Delivery"], 1),
        ("ooto+x@simulator.amazonses.com", ["Send", "Delivery"], 1),
        ("complaint+tag@simulator.amazonses.com", ["Send", "Delivery", "Complaint"], 1),
        ("bounce+tag@simulator.amazonses.com", ["Send", "Bounce"], 0),
        ("suppressionlist@simulator.amazonses.com", ["Send", "Bounce"], 0),
    ],
)
def test_the_simulators_addresses_play_their_part(
    wired: Wired, kit: Kit, to: str, expected: list[str], delivered: int
) -> None:
    wired.send(to)
    assert kinds(wired.received(len(expected))) == expected
    assert len(kit.mails(to=to)) == delivered


def test_bounces_say_what_kind_they_are(wired: Wired) -> None:
    wired.send("bounce@simulator.amazonses.com")
    bounce = wired.received(2)[1]["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Permanent", "General")
    assert bounce["bouncedRecipients"][0]["emailAddress"] == "bounce@simulator.amazonses.com"
    wired.send("suppressionlist@simulator.amazonses.com")
    bounce = wired.received(2)[1]["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Permanent", "Suppressed")


def test_a_suppressed_address_is_taken_and_bounces(wired: Wired, clients: Clients, kit: Kit) -> None:
    address = f"{uuid.uuid4().hex}@example.net"
    ses = clients("sesv2")
    ses.put_suppressed_destination(EmailAddress=address, Reason="BOUNCE")
    wired.send(address.upper())
    _, bounce = wired.received(2)
    assert bounce["bounce"]["bounceSubType"] == "OnAccountSuppressionList"
    assert kit.mails() == []
    ses.delete_suppressed_destination(EmailAddress=address)
    wired.send(address)
    assert len(kit.mails(to=address)) == 1


def test_only_the_reasons_of_the_configuration_set_or_the_account_hold_back(
    wired: Wired, clients: Clients, kit: Kit
) -> None:
    address = f"{uuid.uuid4().hex}@example.net"
    ses = clients("sesv2")
    ses.put_suppressed_destination(EmailAddress=address, Reason="COMPLAINT")
    name = wired.configuration_set
    ses.put_configuration_set_suppression_options(ConfigurationSetName=name, SuppressedReasons=["BOUNCE"])
    wired.send(address)
    assert len(kit.mails(to=address)) == 1
    ses.put_configuration_set_suppression_options(ConfigurationSetName=name, SuppressedReasons=["COMPLAINT"])
    wired.send(address)
    assert len(kit.mails(to=address)) == 1
    assert ses.get_account()["SuppressionAttributes"]["SuppressedReasons"] == ["BOUNCE", "COMPLAINT"]


@pytest.mark.parametrize(
    ("fault", "reason", "kind"), [("bounce", "BOUNCE", "Bounce"), ("complain", "COMPLAINT", "Complaint")]
)
def test_a_bounce_or_complaint_puts_the_address_on_the_list(
    wired: Wired, clients: Clients, kit: Kit, fault: str, reason: str, kind: str
) -> None:
    address = f"{uuid.uuid4().hex}@example.net"
    kit.call("faults", "POST", {"ses": {fault: [address]}})
    message_id = wired.send(address)
    assert kind in kinds(kit.events_of(message_id))
    entry = clients("sesv2").get_suppressed_destination(EmailAddress=address)["SuppressedDestination"]
    assert (entry["Reason"], entry["Attributes"]["MessageId"]) == (reason, message_id)


def test_the_suppression_list_is_paged_filtered_and_precise_about_what_is_missing(clients: Clients) -> None:
    ses, mark = clients("sesv2"), uuid.uuid4().hex
    for number in range(5):
        reason = "BOUNCE" if number % 2 else "COMPLAINT"
        ses.put_suppressed_destination(EmailAddress=f"{mark}-{number}@example.net", Reason=reason)
    found: list[str] = []
    token: dict = {}
    while True:
        page = ses.list_suppressed_destinations(PageSize=2, Reasons=["COMPLAINT"], **token)
        found += [entry["EmailAddress"] for entry in page["SuppressedDestinationSummaries"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert [a for a in found if a.startswith(mark)] == [f"{mark}-{n}@example.net" for n in (0, 2, 4)]
    for call in (ses.get_suppressed_destination, ses.delete_suppressed_destination):
        with pytest.raises(ses.exceptions.NotFoundException):
            call(EmailAddress="gone@example.net")


def test_a_virus_is_rejected_after_the_call(wired: Wired, kit: Kit) -> None:
    wired.send("ada@example.net", text=VIRUS)
    [rejected] = wired.received(1)
    assert (rejected["eventType"], rejected["reject"]) == ("Reject", {"reason": "Bad content"})
    assert kit.mails() == []


def test_opens_and_clicks_are_counted_by_the_inbox_page(wired: Wired, kit: Kit) -> None:
    message_id = wired.send("ada@example.net")
    wired.received(2)
    urllib.request.urlopen(f"{kit.base}/_kit/open/{message_id}.gif").read()
    link = "https://example.org/x?a=1&b=2"

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    with pytest.raises(urllib.error.HTTPError) as moved:
        urllib.request.build_opener(Stay).open(
            f"{kit.base}/_kit/click/{message_id}?link={urllib.parse.quote(link, '')}"
        )
    assert (moved.value.code, moved.value.headers["location"]) == (302, link)
    opened, clicked = wired.received(2)
    assert kinds([opened, clicked]) == ["Open", "Click"]
    assert clicked["click"]["link"] == link


@pytest.mark.parametrize("link", ["https://evil.example/", "javascript:alert(1)", ""])
def test_a_click_only_leads_where_the_mail_leads(wired: Wired, kit: Kit, link: str) -> None:
    message_id = wired.send("ada@example.net")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{kit.base}/_kit/click/{message_id}?link={urllib.parse.quote(link)}")


def test_events_reach_a_delivery_stream_as_lines(wired: Wired, clients: Clients) -> None:
    name = f"ses-{uuid.uuid4().hex[:8]}"
    clients("s3").create_bucket(Bucket=name)
    stream = clients("firehose").create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={
            "RoleARN": "arn:aws:iam::000000000000:role/x",
            "BucketARN": f"arn:aws:s3:::{name}",
            "Prefix": "events/",
        },
    )["DeliveryStreamARN"]
    role = "arn:aws:iam::000000000000:role/x"
    target = {"KinesisFirehoseDestination": {"IamRoleArn": role, "DeliveryStreamArn": stream}}
    add_destination(clients, wired.configuration_set, target, ["DELIVERY"])
    message_id = wired.send("ada@example.net")
    s3 = clients("s3")
    [stored] = wait_for(lambda: s3.list_objects_v2(Bucket=name, Prefix="events/").get("Contents"))
    text = s3.get_object(Bucket=name, Key=stored["Key"])["Body"].read().decode()
    assert text.endswith("}\n")
    assert [json.loads(line)["mail"]["messageId"] for line in text.splitlines()] == [message_id]
    assert json.loads(text)["eventType"] == "Delivery"


def test_events_reach_the_default_bus_as_aws_ses(wired: Wired, clients: Clients) -> None:
    name = f"rule-{uuid.uuid4().hex[:8]}"
    queue = clients("sqs").create_queue(QueueName=name)["QueueUrl"]
    pattern = {"source": ["aws.ses"], "detail-type": ["Email Bounced"]}
    clients("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    clients("events").put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn}])
    bus = "arn:aws:events:us-east-1:000000000000:event-bus/default"
    add_destination(clients, wired.configuration_set, {"EventBridgeDestination": {"EventBusArn": bus}}, TYPES)
    message_id = wired.send("bounce@simulator.amazonses.com")
    [message] = wait_for(lambda: clients("sqs").receive_message(QueueUrl=queue).get("Messages"))
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"]) == ("aws.ses", "Email Bounced")
    assert event["detail"]["mail"]["messageId"] == message_id


def test_a_disabled_or_broken_destination_holds_nothing_up(wired: Wired, clients: Clients) -> None:
    gone = {"SnsDestination": {"TopicArn": "arn:aws:sns:us-east-1:000000000000:gone"}}
    add_destination(clients, wired.configuration_set, gone, TYPES)
    add_destination(clients, wired.configuration_set, gone, TYPES, Enabled=False)
    wired.send("ada@example.net")
    assert kinds(wired.received(2)) == ["Send", "Delivery"]


def test_a_paused_configuration_set_sends_nothing(wired: Wired, clients: Clients, kit: Kit) -> None:
    ses = clients("sesv2")
    ses.put_configuration_set_sending_options(ConfigurationSetName=wired.configuration_set, SendingEnabled=False)
    with pytest.raises(ses.exceptions.SendingPausedException):
        wired.send("ada@example.net")
    assert kit.mails() == []
