"""``kit sample-data``: interactions to train a recommender with."""

from __future__ import annotations

from pathlib import Path

import click

from personalize.sample_data import SampleDataError, SampleSize, write_interactions
from scripts.commands._options import sample_options


@click.command()
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), default=Path("build/interactions.csv"),
    show_default=True, help="The CSV file to write.",
)  # fmt: skip
@sample_options
def command(output: Path, users: int, elements: int, interactions: int, seed: int) -> None:
    """Write sample interactions as Amazon Personalize imports them.

    Each user has a favourite element that gets about half of the user's interactions, spread over ten months.
    """
    try:
        rows = write_interactions(output, SampleSize(users, elements, interactions, seed))
    except SampleDataError as error:
        raise click.UsageError(str(error)) from None
    click.echo(f"{rows:,} interactions of {users} users with {elements} elements are in {output}")
