"""``kit smoke-test``: does a deployed environment really send?"""

from __future__ import annotations

import json

import click

from scripts.commands._options import aws_options
from scripts.environments import find_environment
from scripts.smoke_test import smoke_test


@click.command()
@aws_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(name: str, profile: str | None, region: str | None, as_json: bool) -> None:
    """Send one mail to SES's mailbox simulator through the engine and wait for its event.

    Exit codes: 0 the event arrived, 1 something does not work, 2 SES has not verified the from address yet. `kit deploy`
    does the same at its end. Takes one to two minutes in an account: Firehose gathers events before it writes them.
    """
    environment = find_environment(name, profile=profile, region=region)
    result = smoke_test(environment, environment.outputs(), say=lambda text: click.echo(text, err=True))
    if as_json:
        click.echo(json.dumps(result.as_json(), indent=1))
    elif result.pending:
        click.echo(f"{result.pending}. Then:  kit smoke-test --env {name}")
    elif result.event_seconds is None:
        click.echo("The mail was sent.")
    else:
        click.echo(f"The mail was sent and its event arrived after {result.event_seconds} s.")
    raise click.exceptions.Exit(2 if result.pending else 0)
