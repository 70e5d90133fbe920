"""``kit sample-data``: interactions to train a recommender with."""

from __future__ import annotations

from pathlib import Path

import click

from personalize.sample_data import SampleSize, write_interactions
from scripts.commands._options import sample_options


@click.command()
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), default=Path("build/interactions.csv"),
    show_default=True, help="The CSV file to write.",
)  # fmt: skip
@sample_options
def command(output: Path, size: SampleSize) -> None:
    """Write sample interactions as Amazon Personalize imports them.

    Each user has a favourite element that gets about half of the user's interactions (of two elements, two thirds),
    spread over ten months.
    """
    rows = write_interactions(output, size)
    click.echo(f"{rows:,} interactions of {size.users} users with {size.elements} elements are in {output}")
