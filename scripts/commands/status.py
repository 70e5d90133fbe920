"""``kit status``: what Personalize holds, what it works on, and how its versions scored."""

from __future__ import annotations

import json
from pathlib import Path

import click

from personalize.driver import DriverError, Training
from personalize.driver.estimates import Estimates, load_prices
from personalize.driver.history import version_history
from personalize.driver.model import Found
from personalize.driver.observe import moving, observe
from personalize.driver.printed_tables import history_json, history_table, resources_json, resources_table, told
from scripts.training_place import Place, place_options
from scripts.wide_console import wide_console


@click.command()
@place_options
@click.option("--json", "as_json", is_flag=True, help="As one JSON document.")
def command(place: Place, path: Path, as_json: bool) -> None:
    """Show what Personalize holds for this kit: resources, work in progress with what is left, versions and metrics.

    Reads only; works while a training runs, here or on another machine.
    """
    training = Training(place.declaration(path), place.clients, prices=load_prices(local=place.local))
    try:
        snapshot = observe(training.api, training.declaration)
        history = version_history(training.declaration, snapshot, training.metrics)
    except DriverError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps({"resources": resources_json(snapshot), "versions": history_json(history)}, indent=1))
        return
    console = wide_console()
    console.print(resources_table(snapshot, f"Personalize in {place.env}"))
    if history:
        metric = training.declaration.groups[0].solutions[0].evaluation.metric
        console.print(history_table(history, metric))
    estimates = Estimates.of(snapshot, training.prices)
    for one in moving(snapshot):
        console.print(_progress(one, training, estimates), highlight=False)
    if not snapshot.found:
        console.print("Nothing is there yet: `kit train --plan` shows what would be made.")


def _progress(one: Found, training: Training, estimates: Estimates) -> str:
    elapsed = (training.now() - one.created).total_seconds() if one.created else 0.0
    left = estimates.seconds(one.kind, str(one.detail.get("recipeArn", ""))) - elapsed
    due = f"about {told(left)} left" if left > 0 else "longer than usual"
    return f"{one.kind} {one.name or one.arn}: {one.status} for {told(elapsed)}, {due}"
