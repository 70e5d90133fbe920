"""A new email identity gets one verification mail and is verified at once, whichever API made it and is asked."""

from __future__ import annotations

import uuid

import pytest

from scripts.sample_campaign import sample_address
from tests.local_aws.aws_clients import Clients, Kit

pytestmark = pytest.mark.local_aws


@pytest.fixture
def address() -> str:
    return f"me+{uuid.uuid4().hex[:8]}@example.org"


def verified_everywhere(clients: Clients, name: str) -> bool:
    first = clients("ses").get_identity_verification_attributes(Identities=[name])["VerificationAttributes"]
    second = clients("sesv2").get_email_identity(EmailIdentity=name)
    return first[name]["VerificationStatus"] == "Success" and second["VerifiedForSendingStatus"] is True


@pytest.mark.parametrize("api", ["ses", "sesv2"])
def test_one_mail_arrives_and_both_apis_say_verified(clients: Clients, kit: Kit, address: str, api: str) -> None:
    if api == "ses":
        clients(api).verify_email_identity(EmailAddress=address)
        clients(api).verify_email_identity(EmailAddress=address)
    else:
        clients(api).create_email_identity(EmailIdentity=address)
        with pytest.raises(clients(api).exceptions.AlreadyExistsException):
            clients(api).create_email_identity(EmailIdentity=address)
    [mail] = kit.mails(to=address)
    assert mail["subject"] == "Amazon Web Services - Email Address Verification Request in region us-east-1"
    assert "no-reply-aws@amazon.com" in mail["from"]
    assert "clicked it already" in mail["text"]
    assert verified_everywhere(clients, address)


def test_a_domain_is_verified_without_a_mail(clients: Clients, kit: Kit) -> None:
    domain = f"{uuid.uuid4().hex[:8]}.example.org"
    clients("sesv2").create_email_identity(EmailIdentity=domain)
    assert verified_everywhere(clients, domain)
    assert kit.mails() == []


@pytest.mark.parametrize("api", ["ses", "sesv2"])
def test_what_one_api_deletes_the_other_forgets(clients: Clients, kit: Kit, address: str, api: str) -> None:
    clients("sesv2").create_email_identity(EmailIdentity=address)
    if api == "ses":
        clients(api).delete_identity(Identity=address)
    else:
        clients(api).delete_email_identity(EmailIdentity=address)
    with pytest.raises(clients("sesv2").exceptions.NotFoundException):
        clients("sesv2").get_email_identity(EmailIdentity=address)
    assert address not in clients("ses").list_identities()["Identities"]


def test_an_identity_remembers_its_default_configuration_set(clients: Clients, kit: Kit, address: str) -> None:
    ses, name = clients("sesv2"), f"set-{uuid.uuid4().hex[:8]}"
    ses.create_configuration_set(ConfigurationSetName=name)
    ses.create_email_identity(EmailIdentity=address, ConfigurationSetName=name)
    assert ses.get_email_identity(EmailIdentity=address)["ConfigurationSetName"] == name
    content = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}
    ses.send_email(FromEmailAddress=address, Destination={"ToAddresses": ["a@example.net"]}, Content=content)
    assert [mail["configuration_set"] for mail in kit.mails(to="a@example.net")] == [name]
    ses.put_email_identity_configuration_set_attributes(EmailIdentity=address)
    assert "ConfigurationSetName" not in ses.get_email_identity(EmailIdentity=address)


@pytest.mark.parametrize(("local", "fits"), [("!#$%&'+=^_`{|}~-.x", True), ("me+tag/x", False)])
def test_terraform_can_read_the_tags_of_every_address_that_the_sample_takes(
    clients: Clients, kit: Kit, local: str, fits: bool
) -> None:
    ses, address = clients("sesv2"), f"{local}{uuid.uuid4().hex[:8]}@example.org"
    arn = f"arn:aws:ses:us-east-1:000000000000:identity/{address}"
    ses.create_email_identity(EmailIdentity=address)
    if fits:
        assert sample_address(address) == address
        assert ses.list_tags_for_resource(ResourceArn=arn)["Tags"] == []
    else:
        with pytest.raises(ses.exceptions.BadRequestException, match="Invalid ResourceArn"):
            ses.list_tags_for_resource(ResourceArn=arn)
        with pytest.raises(ValueError, match="Invalid ResourceArn"):
            sample_address(address)
