"""``kit wire``: connect recommender configuration, transformer and templates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click
from botocore.exceptions import ClientError

from engagement.domain.batch_results import UNKNOWN_USER
from scripts.commands._options import aws_options
from scripts.deployment import leave_client_environment, recommender_of, source_line, wire_up
from scripts.environments import Environment, find_environment
from scripts.preview import Preview, options_of, preview_endpoint, without_endpoint
from scripts.stored_results import declared_provider, results_of, some_users
from scripts.wiring import Wired, find_recommender

CHECKED_USERS = 2


@click.command()
@aws_options
@click.option(
    "--recommender",
    metavar="URI",
    help="ARN of a Personalize campaign, or s3:// of batch results; default: the environment's own.",
)
@click.option("--json", "as_json", is_flag=True, help="Print ids and changes as JSON.")
def command(name: str, profile: str | None, region: str | None, recommender: str | None, as_json: bool) -> None:
    """Connect recommender configuration, transformer and templates to the engine, found by name.

    Recommendations come from batch inference; from a live campaign while one stands, which costs by the hour. Creates
    what is missing, updates what differs; a second run changes nothing. At the end it renders what real users and
    somebody unknown would get; `kit preview` shows it whole.
    """
    environment = find_environment(name, profile=profile, region=region)
    outputs = environment.outputs()
    campaign = recommender_of(environment, outputs, recommender)
    if not campaign:
        raise click.ClickException(
            f"nothing of {outputs['name_prefix']} recommends yet: train with `kit train --env {name}`, "
            "or name a recommender with --recommender"
        )
    wired = wire_up(environment, outputs, campaign)
    path = leave_client_environment(environment, outputs)
    previews = _rendered(environment, outputs, wired)
    if as_json:
        facts = {**vars(wired), "recommender": campaign, "client_environment": path}
        click.echo(json.dumps({**facts, "checked": [_short(one) for one in previews]}, indent=1))
        return
    for change in wired.changes:
        click.echo(change)
    click.echo(source_line(campaign))
    for preview in previews:
        click.echo(_told(preview))
    click.echo(f"Wired: {'changed' if wired.changes else 'as it should be'}. Project {wired.application_id}.")
    click.echo(f"Next:  kit preview --env {name} --user user_3     what a person would get")


def _rendered(environment: Environment, outputs: Mapping[str, Any], wired: Wired) -> list[Preview]:
    """What was wired, used: mails of some users that the results know, and of somebody whom nobody knows."""
    clients = environment.clients(outputs)
    pinpoint = clients.pinpoint()
    template = pinpoint.get_email_template(TemplateName=wired.template_name)["EmailTemplateResponse"]
    configuration = find_recommender(pinpoint, wired.recommender_id)
    stored = "recommendations" in outputs["tables"]
    provider = declared_provider(outputs) if stored else None
    known = some_users(clients, provider, CHECKED_USERS) if provider else []
    try:
        return [
            preview_endpoint(
                clients,
                without_endpoint(wired.application_id, user),
                template,
                configuration,
                results=results_of(clients, outputs) if stored else None,
                options=options_of(outputs),
            )
            for user in [*known, UNKNOWN_USER]
        ]
    except ClientError as error:
        raise click.ClickException(
            f"wired, but nobody would get recommendations: {error}. The mail would go out with the template's defaults"
        ) from error


def _short(preview: Preview) -> dict[str, Any]:
    whole = preview.as_json()
    return {name: whole.get(name) for name in ("user_id", "recommended", "fallback", "not_mailed", "subject")}


def _told(preview: Preview) -> str:
    who = "somebody unknown" if preview.user_id == UNKNOWN_USER else f"user {preview.user_id}"
    items = ", ".join(item["item"] for item in preview.recommended) or "no recommendation"
    mail = preview.content.subject if preview.content else f"no mail ({preview.not_mailed})"
    fallback = f" ({preview.fallback})" if preview.fallback else ""
    return f"Check: {who} would get {items}{fallback}: {mail}"
