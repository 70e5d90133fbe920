"""``kit plan``: make the plan of an environment and render its review."""

from __future__ import annotations

import json

import click

from scripts.commands._options import aws_options
from scripts.environments import environment_to_plan
from scripts.interrupts import INTERRUPTED, terminate_like_ctrl_c
from scripts.plan_files import PlanFiles
from scripts.plan_review.rendering import terminal
from scripts.planning import make_plan
from scripts.run_lock import exclusive
from scripts.saved_plans import save_plan


@click.command()
@aws_options
@click.option("--json", "as_json", is_flag=True, help="Print the machine-readable review.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the Markdown for a pull request.")
@click.option("--save", is_flag=True, help="Keep the plan in the state bucket, for `kit deploy --saved-plan`.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 in place of 2 and 3; a later step judges review.json.")
def command(
    name: str, profile: str | None, region: str | None, as_json: bool, as_markdown: bool, save: bool, exit_zero: bool
) -> None:
    """Plan an environment and show what a reviewer needs; nothing is changed.

    Leaves plan.tfplan, review.md and review.json in build/plan/<environment>. Exit codes: 0 nothing changes, 2 changes,
    3 needs a second look (data loss, wider access, exposure), 1 the plan could not be made.
    """
    try:
        with (
            terminate_like_ctrl_c(),
            environment_to_plan(name, profile=profile, region=region) as environment,
            exclusive(environment.folder, f"a plan, deploy or destroy of {name}"),
        ):
            _, review = make_plan(environment)
            if save:
                click.echo(f"saved as {save_plan(environment)}", err=True)
    except KeyboardInterrupt:
        click.echo("Interrupted; nothing was changed.", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    files = PlanFiles.of(name)
    if as_json:
        click.echo(json.dumps(review.as_json(), indent=1))
    elif as_markdown:
        click.echo(files.read_markdown())
    else:
        click.echo(terminal(review, colour=True))  # click takes colours out where no terminal is
        click.echo(f"For a pull request: {files.markdown}    Next: make deploy ENV={name}")
    raise click.exceptions.Exit(0 if exit_zero else int(review.verdict))
