"""``kit wire``: connect recommender configuration, transformer and templates."""

from __future__ import annotations

import json

import click

from scripts.commands._options import aws_options
from scripts.deployment import leave_client_environment, recommender_of, source_line, wire_up
from scripts.environments import find_environment


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
    what is missing, updates what differs; a second run changes nothing. Check it with `kit preview`.
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
    if as_json:
        click.echo(json.dumps({**vars(wired), "recommender": campaign, "client_environment": path}, indent=1))
        return
    for change in wired.changes:
        click.echo(change)
    click.echo(source_line(campaign))
    click.echo(f"Wired: {'changed' if wired.changes else 'as it should be'}. Project {wired.application_id}.")
    click.echo(f"Next:  kit preview --env {name} --user user_3     what a person would get")
