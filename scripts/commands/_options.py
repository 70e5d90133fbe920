"""Options that several commands share, and the numbers of the sample data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def sample_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """How much sample data to make."""
    for option in (
        click.option("--seed", type=int, default=7, show_default=True, help="Same seed, same sample data."),
        click.option(
            "--interactions", type=click.IntRange(1), default=3000, show_default=True,
            help="Interactions in all; Personalize accepts 1,000 and more.",
        ),
        click.option("--elements", type=click.IntRange(2), default=5, show_default=True, help="Elements of the site."),
        click.option("--users", type=click.IntRange(5), default=30, show_default=True, help="Users who interact."),
    ):  # fmt: skip
        command = option(command)
    return command
