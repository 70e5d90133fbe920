"""Does a deployed environment really send? One mail to SES's mailbox simulator, and its event on the event stream.

The simulator (docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html) costs no reputation and may be written
to from the SES sandbox; only the from address has to be verified.
"""

from __future__ import annotations

import gzip
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import click
from botocore.exceptions import ClientError

from scripts.environments import Environment
from scripts.sample_run import wait_until

Json = dict[str, Any]
SIMULATOR = "success@simulator.amazonses.com"
EVENT_WAIT_SECONDS = 300.0
API_WAIT_SECONDS = 60.0  # API Gateway answers 404 for some seconds after its first deployment


@dataclass(frozen=True)
class SmokeTest:
    """``passed``, with what was sent and how long its event took; or ``pending``, with what has to happen first."""

    state: Literal["passed", "pending"]
    message_id: str | None = None
    event_seconds: float | None = None
    pending: str | None = None

    def as_json(self) -> Json:
        """For --json; what is not known is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def smoke_test(environment: Environment, outputs: Mapping[str, Any], *, say: Callable[[str], None]) -> SmokeTest:
    """Send one mail through the engine and wait for its event; ``say`` gets a line before each long wait.

    Answers ``pending`` while the from address is not verified. Raises ClickException that names the step that failed.
    """
    waiting = unverified(environment, outputs)
    if waiting:
        return SmokeTest("pending", pending=waiting)
    pinpoint = environment.clients(outputs).pinpoint()
    application = _project(pinpoint, f"{outputs['name_prefix']}-smoke")
    try:
        channel = {"Enabled": True, "FromAddress": outputs["from_address"], "Identity": outputs["identity_arn"]}
        pinpoint.update_email_channel(ApplicationId=application, EmailChannelRequest=channel)
        started = time.monotonic()
        message_id = _send_one(pinpoint, application)
        given = outputs.get("existing", {}).get("ses_firehose_arn")
        if given:
            say(f"mail {message_id} was sent; its event goes to your own {given.rpartition('/')[2]}: look for it there")
            return SmokeTest("passed", message_id)
        say(f"mail {message_id} was sent; waiting for its event (Firehose writes a file every minute or so)")
        _await_event(environment, outputs, message_id)
        return SmokeTest("passed", message_id, round(time.monotonic() - started, 1))
    finally:
        pinpoint.delete_app(ApplicationId=application)


def unverified(environment: Environment, outputs: Mapping[str, Any]) -> str | None:
    """What somebody has to do before SES sends from this identity; None when it is verified."""
    identity = str(outputs["identity_arn"]).partition(":identity/")[2]
    try:
        answer = environment.clients().client("sesv2").get_email_identity(EmailIdentity=identity)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        return f"SES knows no identity {identity}: set create_identity = true, or verify it in SES yourself"
    if answer.get("VerifiedForSendingStatus"):
        return None
    if "@" in identity:
        return "SES has not verified the from address yet: open the mail that SES sent to it and click the link"
    return f"SES has not verified {identity} yet: put its DKIM records (SES console, Identities) into the domain's DNS"


def _project(pinpoint: Any, name: str) -> str:
    """A project of the test's own."""

    def create() -> str | None:
        try:
            answer = pinpoint.create_app(CreateApplicationRequest={"Name": name})
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (403, 404, 500, 503):
                raise
            refused.append(error)
            return None
        return answer["ApplicationResponse"]["Id"]

    refused: list[ClientError] = []
    try:
        return wait_until(create, what="the API's first answer", seconds=API_WAIT_SECONDS, pause=2.0)
    except click.ClickException as error:
        raise click.ClickException(
            f"the engagement API answers: {refused[-1]}. The log group of the function engagement_api/serve_request "
            "says why; a 403 means that these credentials may not call execute-api:Invoke"
        ) from error


def _send_one(pinpoint: Any, application: str) -> str:
    answer = pinpoint.send_messages(
        ApplicationId=application,
        MessageRequest={
            "Addresses": {SIMULATOR: {"ChannelType": "EMAIL"}},
            "MessageConfiguration": {
                "EmailMessage": {
                    "SimpleEmail": {
                        "Subject": {"Data": "Smoke test"},
                        "TextPart": {"Data": f"Smoke test {uuid.uuid4().hex}"},
                    }
                }
            },
        },
    )
    result = answer["MessageResponse"]["Result"][SIMULATOR]
    if result["DeliveryStatus"] != "SUCCESSFUL":
        raise click.ClickException(
            f"the smoke test's mail was not sent: {result['DeliveryStatus']}, {result.get('StatusMessage', '')}. "
            "`kit doctor` looks at the address, the sandbox and the quota"
        )
    return result["MessageId"]


def _await_event(environment: Environment, outputs: Mapping[str, Any], message_id: str) -> None:
    """SES publishes events through Firehose, which writes files after its buffer's time."""
    s3 = environment.clients().client("s3")
    bucket = outputs["bucket"]
    seen: set[str] = set()

    def arrived() -> bool:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="ses-events/")
        new = [item["Key"] for page in pages for item in page.get("Contents", []) if item["Key"] not in seen]
        seen.update(new)
        return any(message_id in _text(s3, bucket, key) for key in new)

    pause = 0.5 if environment.is_local else 5.0
    try:
        wait_until(arrived, what="the smoke test's event", seconds=EVENT_WAIT_SECONDS, pause=pause)
    except click.ClickException as error:
        raise click.ClickException(
            f"mail {message_id} was sent, but its event did not reach s3://{bucket}/ses-events/ within "
            f"{EVENT_WAIT_SECONDS:.0f} s: look at the alarm of the delivery stream and at s3://{bucket}/ses-events-failed/"
        ) from error


def _text(s3: Any, bucket: str, key: str) -> str:
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode("utf-8", "replace")
