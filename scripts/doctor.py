"""Is everything there before anything is touched? Each check says what it saw and, when it is not well, what to do.

Checks only read. A check that may not look (no permission) says so and does not fail the rest.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError, ProfileNotFound

Json = dict[str, Any]
LEAST_TERRAFORM = (1, 10)
LEAST_CONCURRENCY = 100
SERVICES = ("lambda", "sqs", "dynamodb", "s3", "sesv2", "apigatewayv2", "firehose", "kms")
PLACED_ELSEWHERE = {"personalize": "recommendations stay off (architectures = { recommendations = false })"}
REPO = Path(__file__).parents[1]


class Health(StrEnum):
    """How one check ended: ``fail`` stops a deployment, ``warn`` does not."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One check's answer; ``advice`` is empty when nothing needs doing."""

    name: str
    health: Health
    seen: str
    advice: str = ""

    def as_json(self) -> Json:
        """For --json."""
        return asdict(self)


def tool_checks() -> Iterator[Check]:
    """Python, Terraform, git: what every command needs."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("python", Health.OK, version)
    yield terraform_check(shutil.which("terraform"))
    found = shutil.which("git")
    if found:
        yield Check("git", Health.OK, found)
    else:
        yield Check("git", Health.WARN, "not found", "install git: saved plans are named after the commit")


def terraform_check(path: str | None) -> Check:
    """Terraform on PATH, new enough for state locking on S3 (1.10)."""
    if path is None:
        advice = "install Terraform 1.10 or newer (developer.hashicorp.com/terraform/install) and put it on PATH"
        return Check("terraform", Health.FAIL, "not found on PATH", advice)
    said = subprocess.run([path, "version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"v(\d+)\.(\d+)", said)
    if not match:
        return Check("terraform", Health.FAIL, f"{path} does not tell its version", "reinstall Terraform")
    if (int(match[1]), int(match[2])) < LEAST_TERRAFORM:
        return Check("terraform", Health.FAIL, match[0], "upgrade to Terraform 1.10 or newer: state locks need it")
    return Check("terraform", Health.OK, said.splitlines()[0])


def account_checks(
    session: Any, *, endpoint_url: str | None = None, from_address: str | None = None
) -> Iterator[Check]:
    """Credentials, region, SES, quotas of one account. Stops after the first thing that makes the rest pointless."""

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=endpoint_url)

    if not session.region_name:
        yield Check("region", Health.FAIL, "none set", "set AWS_REGION, or give --region or a profile with a region")
        return
    yield Check("region", Health.OK, session.region_name)
    credentials = credentials_check(lambda: client("sts").get_caller_identity())
    yield credentials
    if credentials.health is Health.FAIL:
        return
    yield from region_checks(session)
    yield from guarded("email sending", lambda: sending_checks(client("sesv2").get_account()))
    if from_address:
        yield from guarded("from address", lambda: identity_checks(client("sesv2"), from_address))
    yield from guarded("function concurrency", lambda: concurrency_checks(client("lambda").get_account_settings()))
    yield from guarded("service-linked roles", lambda: role_checks(client("iam")))


def credentials_check(identity: Callable[[], Json]) -> Check:
    """Who we are, or why AWS does not believe us."""
    renew = "sign in again (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    try:
        return Check("credentials", Health.OK, identity()["Arn"])
    except (NoCredentialsError, PartialCredentialsError, ProfileNotFound) as error:
        return Check("credentials", Health.FAIL, str(error), renew)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return Check("credentials", Health.FAIL, f"AWS refuses them: {code}", renew)
    except BotoCoreError as error:
        return Check(
            "credentials", Health.FAIL, str(error), "check the network, the region's name and the endpoint URL"
        )


def region_checks(session: Any) -> Iterator[Check]:
    """Which services exist in the region, by botocore's own endpoint data."""
    partition = session.get_partition_for_region(session.region_name)

    def exists(service: str) -> bool:
        regions = session.get_available_regions(service, partition_name=partition)
        return not regions or session.region_name in regions

    missing = [service for service in SERVICES if not exists(service)]
    if missing:
        yield Check(
            "services", Health.FAIL, f"not in {session.region_name}: {', '.join(missing)}", "use another region"
        )
    else:
        yield Check("services", Health.OK, f"all {len(SERVICES)} that the kit needs are in {session.region_name}")
    for service, consequence in PLACED_ELSEWHERE.items():
        if not exists(service):
            yield Check(service, Health.WARN, f"not in {session.region_name}", consequence)


def sending_checks(account: Json) -> Iterator[Check]:
    """SES: sandbox, paused sending, quota (SES v2 GetAccount)."""
    quota = account.get("SendQuota", {})
    rate, day = quota.get("MaxSendRate", 0), quota.get("Max24HourSend", 0)
    seen = f"{rate:g} mails/s, {day:,.0f} a day"
    if not account.get("SendingEnabled", True):
        yield Check(
            "email sending", Health.FAIL, "paused by SES", "read the account's SES reputation page; ask support"
        )
    elif not account.get("ProductionAccessEnabled", True):
        advice = "verify every recipient, or request production access (SES console, Account dashboard)"
        yield Check("email sending", Health.WARN, f"SES sandbox: {seen}, verified recipients only", advice)
    else:
        yield Check("email sending", Health.OK, seen)


def verified_identity(ses: Any, address: str) -> str:
    """The verified SES identity that covers ``address``: itself, its domain or one above; empty when there is none."""
    labels = address.rpartition("@")[2].split(".")
    for identity in (address, *(".".join(labels[n:]) for n in range(max(1, len(labels) - 1)))):
        try:
            if ses.get_email_identity(EmailIdentity=identity).get("VerifiedForSendingStatus"):
                return identity
        except ses.exceptions.NotFoundException:
            continue
    return ""


def identity_checks(ses: Any, address: str) -> Iterator[Check]:
    """Is the from address, or its domain, verified?"""
    if identity := verified_identity(ses, address):
        yield Check("from address", Health.OK, f"identity {identity.rpartition('@')[2]} is verified")
    else:
        yield Check(
            "from address", Health.WARN, "not verified yet", "deploy makes the identity: click the link SES mails"
        )


def recipient_checks(ses: Any, address: str) -> Iterator[Check]:
    """May SES write to ``address``, which no deploy verifies? In the sandbox only to verified ones."""
    if ses.get_account().get("ProductionAccessEnabled", True):
        yield Check("recipients", Health.OK, "anybody")
    elif verified_identity(ses, address):
        yield Check("recipients", Health.OK, "the mailbox is verified")
    else:
        advice = f"aws sesv2 create-email-identity --email-identity {address}, then click the link that SES mails"
        yield Check("recipients", Health.FAIL, f"SES sandbox, and {address} is not verified", advice)


def concurrency_checks(settings: Json) -> Iterator[Check]:
    """New accounts start with 10 concurrent functions."""
    limit = settings["AccountLimit"]["ConcurrentExecutions"]
    if limit < LEAST_CONCURRENCY:
        advice = "ask for 1,000 (Service Quotas, Lambda, Concurrent executions): campaigns send more slowly until then"
        yield Check("function concurrency", Health.WARN, f"{limit} at once", advice)
    else:
        yield Check("function concurrency", Health.OK, f"{limit:,} at once")


def role_checks(iam: Any) -> Iterator[Check]:
    """API Gateway makes its service-linked role itself, if the deployer may create it."""
    try:
        iam.get_role(RoleName="AWSServiceRoleForAPIGateway")
        yield Check("service-linked roles", Health.OK, "API Gateway's is there")
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchEntity", "NoSuchEntityException"):
            raise
        advice = "nothing to do if you may call iam:CreateServiceLinkedRole; else ask for it once"
        yield Check("service-linked roles", Health.OK, "API Gateway makes its own at the first deployment", advice)


def guarded(name: str, checks: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """A check that may not look is a warning, not the end."""
    try:
        yield from checks()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        yield Check(name, Health.WARN, f"could not look: {code}", "allow the read, or check it by hand")
    except BotoCoreError as error:
        yield Check(name, Health.WARN, f"could not look: {error}", "check the network and the endpoint URL")
