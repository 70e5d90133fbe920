"""Options that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from personalize.sample_data import SampleSize
from scripts.sample_campaign import sample_address


def checked_email(context: click.Context, option: click.Parameter, value: str) -> str:
    """The address as mails carry it. Refuse what no mail could be sent to, before anything is started."""
    try:
        return sample_address(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


email_option = click.option(
    "--email",
    default="you@example.org",
    show_default=True,
    callback=checked_email,
    help="Mails come from this address and go to plus-addresses of it.",
)


def sample_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """How much sample data to make; the command gets ``size``. Numbers that cannot be are refused with the reason."""

    @click.option("--users", type=int, default=30, show_default=True, help="Users who interact.")
    @click.option("--elements", type=int, default=5, show_default=True, help="Elements of the site.")
    @click.option(
        "--interactions",
        type=int,
        default=3000,
        show_default=True,
        help="Interactions in all; Personalize wants 1,000 and more.",
    )
    @click.option("--seed", type=int, default=7, show_default=True, help="Same seed, same sample data.")
    @functools.wraps(command)
    def with_size(users: int, elements: int, interactions: int, seed: int, **rest: Any) -> Any:
        try:
            size = SampleSize(users=users, elements=elements, interactions=interactions, seed=seed)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        return command(size=size, **rest)

    return with_size


def _environments(context: click.Context, option: click.Parameter, begun: str) -> list[str]:
    from scripts.environments import environment_names

    return [name for name in environment_names() if name.startswith(begun)]


def aws_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which environment, and who is asked."""
    for option in (
        click.option("--region", help="AWS region, in place of the value file's."),
        click.option("--profile", envvar="AWS_PROFILE", help="Profile of the AWS configuration."),
        click.option(
            "--env",
            "name",
            default="local",
            show_default=True,
            help="local, or a value file in terraform/environments.",
            shell_complete=_environments,
        ),
    ):
        command = option(command)
    return command
