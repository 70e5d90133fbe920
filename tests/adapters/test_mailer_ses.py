"""SES: what is sent, how its errors are sorted, and how the suppression list is asked."""

from __future__ import annotations

import socketserver
import threading

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from engagement.adapters.mailer_ses import SesMailer
from engagement.errors import BadRequest, Forbidden, NotFound, OutcomeUnknown, TooManyRequests, Unavailable
from engagement.ports import Mail
from tests.aws_faults import Broken, client_error

MAIL = Mail("to@example.org", "from@example.org", b"Subject: x\r\n\r\nbody", {"app_id": "a"}, "kit-mail", "fb@x.org")


class Recording:
    def __init__(self):
        self.requests = []

    def send_email(self, **request):
        self.requests.append(request)
        return {"MessageId": "m-1"}


def test_a_mail_is_one_raw_message_with_tags_and_configuration_set():
    ses = Recording()
    assert SesMailer(sender=ses).send(MAIL) == "m-1"
    assert ses.requests == [
        {
            "FromEmailAddress": "from@example.org",
            "Destination": {"ToAddresses": ["to@example.org"]},
            "Content": {"Raw": {"Data": MAIL.mime}},
            "EmailTags": [{"Name": "app_id", "Value": "a"}],
            "ConfigurationSetName": "kit-mail",
            "FeedbackForwardingEmailAddress": "fb@x.org",
        }
    ]


ERRORS = [
    (client_error("TooManyRequestsException", 429), TooManyRequests),
    (client_error("LimitExceededException", 400), TooManyRequests),
    (client_error("ThrottlingException", 400), TooManyRequests),
    (client_error("SendingPausedException", 400), Unavailable),
    (client_error("ServiceUnavailable", 503), Unavailable),
    (client_error("MessageRejected", 400), BadRequest),
    (client_error("BadRequestException", 400), BadRequest),
    (client_error("AccountSuspendedException", 400), Forbidden),
    (client_error("MailFromDomainNotVerifiedException", 400), Forbidden),
    (client_error("AccessDeniedException", 403), Forbidden),
    (client_error("NotFoundException", 404), NotFound),
    (client_error("InternalServiceErrorException", 500), OutcomeUnknown),
    (client_error("Unknown", 502), OutcomeUnknown),
    (ReadTimeoutError(endpoint_url="x"), OutcomeUnknown),
    (ConnectionClosedError(endpoint_url="x"), OutcomeUnknown),
    (ConnectTimeoutError(endpoint_url="x"), Unavailable),
    (EndpointConnectionError(endpoint_url="x"), Unavailable),
    (NoCredentialsError(), Unavailable),
]


@pytest.mark.parametrize(("error", "expected"), ERRORS)
def test_each_error_says_whether_the_mail_may_be_tried_again(error, expected):
    with pytest.raises(expected) as raised:
        SesMailer(sender=Broken(error)).send(MAIL)
    assert type(raised.value) is expected and raised.value.code


def test_an_address_in_ses_s_own_words_is_hidden():
    error = client_error("MessageRejected")
    error.response["Error"]["Message"] = "Email address is not verified: to@example.org"
    with pytest.raises(BadRequest) as raised:
        SesMailer(sender=Broken(error)).send(MAIL)
    assert "example.org" not in raised.value.message and raised.value.code == "MessageRejected"


def test_a_send_whose_answer_is_lost_is_not_repeated(monkeypatch):
    """The real client against a server that takes the request and closes the connection."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    taken = []

    class Closing(socketserver.BaseRequestHandler):
        def handle(self):
            taken.append(self.request.recv(65536))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Closing) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with pytest.raises(OutcomeUnknown):
            SesMailer().send(MAIL)
        server.shutdown()
    assert len(taken) == 1


class List:
    """A suppression list behind sesv2's two calls; ``throttle`` refuses so many calls first."""

    def __init__(self, *entries, pages=1, throttle=0, listing=True):
        self.entries, self.pages, self.throttle, self.listing = set(entries), pages, throttle, listing
        self.listed = self.asked = 0

    def list_suppressed_destinations(self, PageSize):
        self.listed += 1
        if not self.listing:
            raise client_error("AccessDeniedException", 403)
        if self.listed <= self.throttle:
            raise client_error("TooManyRequestsException", 429)
        rows = [{"EmailAddress": one} for one in self.entries]
        return {"SuppressedDestinationSummaries": rows, **({"NextToken": "n"} if self.pages > 1 else {})}

    def get_suppressed_destination(self, EmailAddress):
        self.asked += 1
        if EmailAddress == "throttled@example.org":
            raise client_error("TooManyRequestsException", 429)
        if EmailAddress not in self.entries:
            raise client_error("NotFoundException", 404)
        return {"SuppressedDestination": {}}


def suppressed(entries, *addresses):
    return SesMailer(lookup=entries, sleep=lambda seconds: None).suppressed(addresses)


def test_a_short_list_is_one_call_for_all():
    entries = List("bad@example.org")
    assert suppressed(entries, "a@example.org", "BAD@example.org", "b@example.org") == {"BAD@example.org"}
    assert (entries.listed, entries.asked) == (1, 0)


@pytest.mark.parametrize("entries", [List("bad@example.org", pages=2), List("bad@example.org", listing=False)])
def test_a_long_or_closed_list_is_asked_address_by_address(entries):
    assert suppressed(entries, "a@example.org", "bad@example.org", "throttled@example.org") == {"bad@example.org"}
    assert entries.asked == 3


def test_a_throttled_list_is_asked_once_more_and_then_left_to_ses():
    assert suppressed(List("bad@example.org", throttle=1), "bad@example.org") == {"bad@example.org"}
    entries = List("bad@example.org", throttle=9)
    assert suppressed(entries, "bad@example.org") == set() and entries.listed == 2


def test_a_list_that_does_not_answer_is_unavailable():
    with pytest.raises(Unavailable):
        suppressed(Broken(client_error("InternalFailure", 500)), "a@example.org")


def test_moto_s_ses_takes_the_mail(aws):
    ses = aws("sesv2")
    ses.create_email_identity(EmailIdentity="from@example.org")
    sender = boto3.client("sesv2", region_name="us-east-1", config=Config(parameter_validation=True))
    assert SesMailer(sender=sender).send(MAIL)
