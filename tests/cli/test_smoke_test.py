"""The smoke test's answers: passed, pending until SES has verified, and a failure that names its step."""

from __future__ import annotations

from types import SimpleNamespace

import click
import pytest
from botocore.exceptions import ClientError

from scripts import smoke_test as module
from scripts.smoke_test import SIMULATOR, smoke_test

OUTPUTS = {"name_prefix": "kit-dev", "from_address": "a@example.org", "bucket": "data"}
ADDRESS = "arn:aws:ses:eu-west-1:1:identity/a@example.org"


class Place:
    """An environment whose AWS answers as told."""

    def __init__(self, *, verified: bool | None = True, status: str = "SUCCESSFUL", event: bool = True) -> None:
        self.is_local = True
        self.deleted: list[str] = []
        self._verified, self._status, self._event = verified, status, event

    def clients(self, outputs: object = None) -> Place:
        return self

    def client(self, service: str) -> Place:
        return self

    pinpoint = clients

    def get_email_identity(self, EmailIdentity: str) -> dict[str, object]:
        if self._verified is None:
            raise ClientError({"Error": {"Code": "NotFoundException"}}, "GetEmailIdentity")
        return {"VerifiedForSendingStatus": self._verified}

    def create_app(self, **request: object) -> dict[str, object]:
        return {"ApplicationResponse": {"Id": "app"}}

    def update_email_channel(self, **request: object) -> None:
        pass

    def delete_app(self, ApplicationId: str) -> None:
        self.deleted.append(ApplicationId)

    def send_messages(self, **request: object) -> dict[str, object]:
        result = {"DeliveryStatus": self._status, "StatusMessage": "why", "MessageId": "m-1"}
        return {"MessageResponse": {"Result": {SIMULATOR: result}}}

    def get_paginator(self, operation: str) -> SimpleNamespace:
        page = {"Contents": [{"Key": "ses-events/1"}]} if self._event else {}
        return SimpleNamespace(paginate=lambda **_: [page])

    def get_object(self, **request: object) -> dict[str, object]:
        return {"Body": SimpleNamespace(read=lambda: b'{"mail":{"messageId":"m-1"}}')}


def run(place: Place, identity: str = ADDRESS):
    return smoke_test(place, {**OUTPUTS, "identity_arn": identity}, say=lambda _: None)


def test_a_mail_whose_event_arrives_passes():
    place = Place()
    result = run(place)
    assert (result.state, result.message_id) == ("passed", "m-1")
    assert set(result.as_json()) == {"state", "message_id", "event_seconds"}
    assert place.deleted == ["app"]


@pytest.mark.parametrize(
    ("verified", "identity", "phrase"),
    [
        (False, ADDRESS, "click the link"),
        (False, "arn:aws:ses:eu-west-1:1:identity/example.org", "DKIM"),
        (None, "arn:aws:ses:eu-west-1:1:identity/example.org", "knows no identity example.org"),
    ],
)
def test_before_ses_has_verified_it_is_pending_and_says_for_what(verified, identity: str, phrase: str):
    place = Place(verified=verified)
    result = run(place, identity)
    assert result.state == "pending" and phrase in str(result.pending)
    assert place.deleted == [], "nothing is made before there is anything to try"


def test_a_refused_mail_names_the_doctor_and_leaves_nothing():
    place = Place(status="PERMANENT_FAILURE")
    with pytest.raises(click.ClickException, match=r"PERMANENT_FAILURE, why.*kit doctor"):
        run(place)
    assert place.deleted == ["app"]


def test_an_event_that_does_not_come_names_where_to_look(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "EVENT_WAIT_SECONDS", 0.1)
    place = Place(event=False)
    with pytest.raises(click.ClickException, match=r"m-1 was sent, but its event did not reach s3://data/ses-events/"):
        run(place)
    assert place.deleted == ["app"]
