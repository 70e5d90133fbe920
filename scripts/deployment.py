"""The stages of a deployment, each safe to repeat: show, ask, apply exactly that plan, wire, smoke test."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import click
from rich.console import Console

from scripts.bring_up import sample_wanted
from scripts.build_folder import BUILD
from scripts.client_environment import write_client_data, write_environment_file
from scripts.environments import Environment, local_client_variables
from scripts.plan_files import PlanFiles
from scripts.plan_review.review import Review, Verdict
from scripts.sample_run import wait_until
from scripts.terraform_cli import Terraform, TerraformError
from scripts.wiring import Wired, wire

Json = dict[str, Any]
SIMULATOR = "success@simulator.amazonses.com"
EVENT_WAIT_SECONDS = 240.0


def agreed(review: Review, environment: Environment, *, sure: bool, ask: Callable[[str], str]) -> bool:
    """Does the person want this plan? A second look asks for the environment's name, anything else for yes."""
    if sure:
        return True
    if review.verdict is Verdict.SECOND_LOOK:
        answer = ask(
            f"This plan needs a second look (see above). Type the environment's name ({environment.name}) to apply"
        )
        return answer.strip() == environment.name
    return ask("Apply exactly this plan? (yes/no)").strip().lower() in ("y", "yes")


def apply_plan(terraform: Terraform, files: PlanFiles, console: Console, *, environment: str) -> None:
    """Apply the plan file and show each resource as it is done.

    Raises ClickException with what was done, what is left, and the way on.
    """
    done: list[str] = []

    def tell(event: Json) -> None:
        if event.get("type") == "apply_complete":
            hook = event["hook"]
            done.append(hook["resource"]["addr"])
            seconds = hook.get("elapsed_seconds", 0)
            console.print(f"  [dim]{hook['action']}d {done[-1]} {seconds:.0f} s[/dim]", highlight=False)

    try:
        terraform.apply(files.plan, on_event=tell)
    except TerraformError as error:
        raise click.ClickException(
            f"{error}\n\nThe apply stopped after {len(done)} finished changes; the state holds them. Nothing was rolled "
            f"back. Mend the cause and run `kit deploy --env {environment}` again: it plans and applies what is left."
        ) from error
    except KeyboardInterrupt:
        console.print(
            f"Interrupted after {len(done)} finished changes; the state holds them. "
            f"`kit deploy --env {environment}` goes on from there."
        )
        raise


def recommender_of(environment: Environment, outputs: Mapping[str, Any], given: str | None) -> str | None:
    """The Personalize campaign to wire: the one given, else an active one whose name starts with the environment's."""
    if given:
        return given
    personalize = environment.clients().client("personalize")
    pages = personalize.get_paginator("list_campaigns").paginate()
    campaigns = [campaign for page in pages for campaign in page["campaigns"] if campaign["status"] == "ACTIVE"]
    own = [item["campaignArn"] for item in campaigns if item["name"].startswith(outputs["name_prefix"])]
    return own[0] if own else None


def wire_up(environment: Environment, outputs: Mapping[str, Any], recommender_uri: str) -> Wired:
    """Connect recommender configuration, transformer and template to the engine."""
    return wire(environment.clients(outputs).pinpoint(), sample_wanted(outputs, recommender_uri=recommender_uri))


def leave_client_environment(environment: Environment, outputs: Mapping[str, Any]) -> str:
    """Write the file that points AWS clients at the engine; answers its path."""
    variables = local_client_variables(environment.endpoint_url) if environment.endpoint_url else {}
    variables |= {
        "AWS_ENDPOINT_URL_PINPOINT": outputs["api_url"],
        "AWS_DATA_PATH": str(write_client_data(BUILD / "client-data")),
    }
    path = BUILD / f"{environment.name}.env"
    write_environment_file(path, variables)
    return str(path)


def smoke_test(environment: Environment, outputs: Mapping[str, Any]) -> Json:
    """Send one mail to SES's mailbox simulator through the engine and wait for its event on the event stream.

    Answers ``{"message_id", "event_seconds"}``. Raises ClickException that names the step that failed.
    """
    pinpoint = environment.clients(outputs).pinpoint()
    name = f"{outputs['name_prefix']}-smoke"
    application = pinpoint.create_app(CreateApplicationRequest={"Name": name})["ApplicationResponse"]["Id"]
    try:
        pinpoint.update_email_channel(
            ApplicationId=application,
            EmailChannelRequest={
                "Enabled": True,
                "FromAddress": outputs["from_address"],
                "Identity": outputs["identity_arn"],
            },
        )
        started = time.monotonic()
        message_id = _send_one(pinpoint, application)
        _await_event(environment, outputs, message_id)
        return {"message_id": message_id, "event_seconds": round(time.monotonic() - started, 1)}
    finally:
        pinpoint.delete_app(ApplicationId=application)


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
            "Is the from address verified? `kit doctor` looks"
        )
    return result["MessageId"]


def _await_event(environment: Environment, outputs: Mapping[str, Any], message_id: str) -> None:
    """SES publishes events through Firehose, which writes files after its buffer's time."""
    s3 = environment.clients().client("s3")
    seen: set[str] = set()

    def arrived() -> bool:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=outputs["bucket"], Prefix="ses-events/")
        new = [item["Key"] for page in pages for item in page.get("Contents", []) if item["Key"] not in seen]
        seen.update(new)
        return any(message_id in _text(s3, outputs["bucket"], key) for key in new)

    pause = 0.5 if environment.is_local else 5.0
    wait_until(arrived, what="the smoke test's event", seconds=EVENT_WAIT_SECONDS, pause=pause)


def _text(s3: Any, bucket: str, key: str) -> str:
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    if key.endswith(".gz") or body[:2] == b"\x1f\x8b":
        import gzip

        body = gzip.decompress(body)
    return body.decode("utf-8", "replace")


def machine_summary(**facts: Any) -> str:
    """--json of a deployment."""
    return json.dumps(facts, indent=1)
