"""``kit local-down``: end what ``kit local`` started."""

from __future__ import annotations

import click

from scripts.commands.local import ENVIRONMENT_FILE, FACTS_FILE, RUN
from scripts.local_aws.process import LocalAws


@click.command()
def command() -> None:
    """End the local AWS that `kit local` started; nothing happens when none runs."""
    stopped = LocalAws.stop_detached(RUN)
    for path in (FACTS_FILE, ENVIRONMENT_FILE):
        path.unlink(missing_ok=True)
    click.echo("The local AWS is down." if stopped else "No local AWS is running here.")
