"""What the doctor says: tables of what AWS answers, and the advice that follows."""

from itertools import islice

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from moto import mock_aws

from scripts.doctor import (
    Health,
    account_checks,
    concurrency_checks,
    credentials_check,
    guarded,
    identity_checks,
    recipient_checks,
    sending_checks,
    terraform_check,
    verified_identity,
)


def refused(code, status=403):
    return ClientError({"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "X")


def raising(error):
    def call(*_, **__):
        raise error

    return call


@pytest.mark.parametrize(
    ("account", "health", "words"),
    [
        ({"SendingEnabled": False}, Health.FAIL, "paused"),
        (
            {"ProductionAccessEnabled": False, "SendQuota": {"MaxSendRate": 1, "Max24HourSend": 200}},
            Health.WARN,
            "sandbox",
        ),
        (
            {"ProductionAccessEnabled": True, "SendQuota": {"MaxSendRate": 14, "Max24HourSend": 50000}},
            Health.OK,
            "50,000",
        ),
    ],
)
def test_email_sending(account, health, words):
    (check,) = sending_checks(account)
    assert (check.health, words in check.seen) == (health, True)
    assert bool(check.advice) is (health is not Health.OK)


@pytest.mark.parametrize("error", [NoCredentialsError(), refused("ExpiredToken"), refused("InvalidClientTokenId")])
def test_bad_credentials_stop_with_the_way_on(error):
    check = credentials_check(raising(error))
    assert check.health is Health.FAIL
    assert "AWS_PROFILE" in check.advice


def test_no_region_stops_before_any_call():
    class Session:
        region_name = None

        def client(self, *_, **__):
            raise AssertionError("no call without a region")

    checks = list(account_checks(Session()))
    assert [(check.name, check.health) for check in checks] == [("region", Health.FAIL)]


def test_few_concurrent_functions_are_a_warning():
    (check,) = concurrency_checks({"AccountLimit": {"ConcurrentExecutions": 10}})
    assert check.health is Health.WARN


def test_a_check_that_may_not_look_does_not_end_the_rest():
    (check,) = guarded("email sending", raising(refused("AccessDeniedException")))
    assert (check.health, check.seen) == (Health.WARN, "could not look: AccessDeniedException")


class Ses:
    """SES with one verified identity."""

    class exceptions:
        class NotFoundException(ClientError):
            """SES's answer for an identity that it does not have."""

    def __init__(self, verified: str, *, sandbox: bool = False) -> None:
        self.verified, self.sandbox = verified, sandbox

    def get_email_identity(self, EmailIdentity):
        if EmailIdentity != self.verified:
            raise self.exceptions.NotFoundException({"Error": {"Code": "NotFoundException"}}, "GetEmailIdentity")
        return {"VerifiedForSendingStatus": True}

    def get_account(self):
        return {"ProductionAccessEnabled": not self.sandbox}


def test_a_verified_domain_is_enough():
    (check,) = identity_checks(Ses("example.org"), "news@example.org")
    assert check.health is Health.OK
    assert "news@" not in check.seen


def test_a_verified_domain_covers_those_below_it():
    assert verified_identity(Ses("example.org"), "news@mail.sub.example.org") == "example.org"
    assert verified_identity(Ses("org"), "news@sub.example.org") == ""


def test_an_address_that_nobody_verified_waits_for_the_deploy():
    (check,) = identity_checks(Ses("example.net"), "news@example.org")
    assert check.health is Health.WARN and "click the link" in check.advice


@pytest.mark.parametrize(
    ("ses", "health"),
    [
        (Ses("", sandbox=False), Health.OK),
        (Ses("me@example.net", sandbox=True), Health.OK),
        (Ses("example.net", sandbox=True), Health.OK),
        (Ses("you@example.net", sandbox=True), Health.FAIL),
    ],
)
def test_in_the_sandbox_a_recipient_must_be_verified(ses: Ses, health: Health):
    (check,) = recipient_checks(ses, "me@example.net")
    assert check.health is health
    assert ("create-email-identity --email-identity me@example.net" in check.advice) is (health is Health.FAIL)


def test_terraform_missing_or_old(tmp_path):
    assert terraform_check(None).health is Health.FAIL
    old = tmp_path / "terraform"
    old.write_text("#!/bin/sh\necho Terraform v1.5.7\n")
    old.chmod(0o755)
    assert "1.10" in terraform_check(str(old)).advice


def test_an_account_is_read_in_order(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        checks = list(islice(account_checks(boto3.Session(region_name="eu-west-1")), 3))
    assert [(check.name, check.health) for check in checks] == [
        ("region", Health.OK),
        ("credentials", Health.OK),
        ("services", Health.OK),
    ]
