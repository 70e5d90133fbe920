"""``kit destroy``: take an environment down, not by accident; what the state lost is found by adoptable_types.py."""

from __future__ import annotations

import contextlib
import json
import sys

import click
from rich.console import Console
from rich.markup import escape

from scripts.commands._options import aws_options
from scripts.deployment import apply_plan
from scripts.environments import Environment, find_environment
from scripts.held_data import held_data, protections
from scripts.interrupts import INTERRUPTED, terminate_like_ctrl_c
from scripts.plan_files import PlanFiles
from scripts.plan_review.plan_json import read_plan
from scripts.plan_review.review import Verdict
from scripts.planning import lost_before_destroy, make_plan, take_over
from scripts.run_lock import exclusive
from scripts.shared_identity import identities_that_go
from scripts.terraform_cli import TerraformError


@click.command()
@aws_options
@click.option(
    "--lose-data", is_flag=True, help="Go on although tables, bucket or queues hold data that is lost with them."
)
@click.option("--confirm", metavar="NAME", help="The environment's name, in place of typing it.")
@click.option("--json", "as_json", is_flag=True, help="End with the result as JSON on standard output.")
def command(
    name: str, profile: str | None, region: str | None, lose_data: bool, confirm: str | None, as_json: bool
) -> None:
    """Take an environment down: Personalize first and in order, then everything that Terraform made.

    Shows what would be lost and refuses while tables, bucket or queues hold data, unless --lose-data. Asks for the
    environment's name. Safe to interrupt and to repeat: the next run goes on.
    """
    console = Console(stderr=True, soft_wrap=True)
    try:
        with terminate_like_ctrl_c():
            environment = find_environment(name, profile=profile, region=region)
            with exclusive(environment.folder, f"a plan, deploy or destroy of {name}"):
                gone = _destroy(environment, console, lose_data=lose_data, confirm=confirm)
    except KeyboardInterrupt:
        console.print("Interrupted. Run the same command again to go on.")
        raise click.exceptions.Exit(INTERRUPTED) from None
    if as_json:
        click.echo(json.dumps({"environment": name, "destroyed": gone}, indent=1))


def _destroy(environment: Environment, console: Console, *, lose_data: bool, confirm: str | None) -> int:
    """Answers how many resources went."""
    confirm = _with_what_was_lost(environment, console, confirm)
    terraform, review = make_plan(environment, destroy=True)
    if review.verdict is Verdict.NOTHING:
        console.print(f"Nothing of {environment.name} is there.")
        return 0
    outputs = terraform.output()
    console.print(f"{review.counts['delete']} resources of {environment.name} would go.", highlight=False)
    plan = read_plan(terraform.show_json(PlanFiles.of(environment.name).plan))
    held = held_data(environment.clients(), plan)
    for holding in held:
        console.print(f"  [red]holds data[/red]  {holding}", highlight=False)
    if held and not lose_data:
        raise click.ClickException(
            "nothing was destroyed: data would be lost. Export what you need (docs/runbooks/restore.md), "
            f"then run `kit destroy --env {environment.name} --lose-data`"
        )
    for identity in identities_that_go(plan):
        console.print(
            f"  [yellow]goes[/yellow]  SES identity {identity}: environments that share it (create_identity = false) "
            "cannot send until one of them makes it",
            highlight=False,
        )
    protected = protections(plan)
    if protected:
        raise click.ClickException(
            f"nothing was destroyed: {', '.join(protected)}. Set safety.deletion_protection = false and "
            f"safety.force_destroy = true in {environment.var_file.name}, deploy that, then destroy"
        )
    _confirm(environment.name, confirm)
    if outputs.get("personalize_role_arn"):
        _remove_recommenders(environment)
    apply_plan(terraform, PlanFiles.of(environment.name), console, environment=environment.name)
    console.print(f"{environment.name} is gone.")
    return review.counts["delete"]


def _with_what_was_lost(environment: Environment, console: Console, confirm: str | None) -> str | None:
    """Take over what an earlier apply made without seeing it end, so that it goes as well. Answers the name, if typed."""
    try:
        terraform, lost = lost_before_destroy(environment)
        for sentence in lost.left:
            console.print(f"  [yellow]stays[/yellow]  {escape(sentence)}", highlight=False)
        if not lost.imports:
            return confirm
        console.print(
            f"{len(lost.imports)} of {environment.name} are not in its state: an earlier run was cut off while it made them. "
            "They are taken over now, so that they go with the rest.",
            highlight=False,
        )
        for address, id_ in sorted(lost.imports.items()):
            console.print(f"  {address} ({id_})", highlight=False)
        _confirm(environment.name, confirm)
        take_over(terraform, environment, lost.imports)
    except TerraformError as error:
        console.print(f"[yellow]What earlier runs left outside the state may stay:[/yellow] {escape(str(error))}")
        return confirm
    return environment.name


def _remove_recommenders(environment: Environment) -> None:
    """What `kit train` made, in order; nothing to do when nothing is there. Raises KeyboardInterrupt, ClickException."""
    from scripts.commands.train import command as train

    try:
        with contextlib.redirect_stdout(sys.stderr):
            # click answers the code of an Exit here, and does not raise it.
            code = train.main(["--env", environment.name, "--destroy", "--yes"], standalone_mode=False)
    except click.Abort:
        raise KeyboardInterrupt from None
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    if code:
        raise click.ClickException(
            f"`kit train --env {environment.name} --destroy` ended with {code}: nothing else was destroyed; "
            "mend what it says, then run the same command again"
        )


def _confirm(name: str, given: str | None) -> None:
    typed = (
        given if given is not None else click.prompt(f"Type the environment's name ({name}) to destroy it", err=True)
    )
    if typed.strip() != name:
        raise click.ClickException(f"{typed.strip()!r} is not {name!r}: nothing was destroyed")
