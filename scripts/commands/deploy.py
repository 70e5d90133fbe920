"""``kit deploy``: package, plan, show, ask, apply exactly that plan, wire, smoke test."""

from __future__ import annotations

import click
from rich.console import Console

from scripts.commands._options import aws_options
from scripts.deployment import (
    ExistsAlready,
    agreed,
    apply_plan,
    leave_client_environment,
    leave_request_to_bucket_owner,
    machine_summary,
    recommender_of,
    source_line,
    wire_up,
)
from scripts.environments import Environment, find_environment
from scripts.interrupts import INTERRUPTED, terminate_like_ctrl_c
from scripts.plan_files import PlanFiles
from scripts.plan_review.rendering import terminal
from scripts.plan_review.review import Review, Verdict
from scripts.planning import judge, leave_review, make_plan
from scripts.run_lock import exclusive
from scripts.saved_plans import fetch_plan
from scripts.smoke_test import SmokeTest, smoke_test
from scripts.terraform_cli import Terraform

ROUNDS = 3  # of a new plan for what turned out to exist


@click.command()
@aws_options
@click.option("--yes", is_flag=True, help="Do not ask; for workflows, where the review was the question.")
@click.option("--saved-plan", is_flag=True, help="Apply the plan that `kit plan --save` kept for this tree.")
@click.option("--recommender", metavar="ARN", help="Personalize campaign to wire; default: the environment's own.")
@click.option("--skip-smoke-test", is_flag=True, help="Do not send the test mail to SES's simulator.")
@click.option("--json", "as_json", is_flag=True, help="End with the result as JSON on standard output.")
def command(
    name: str,
    profile: str | None,
    region: str | None,
    yes: bool,
    saved_plan: bool,
    recommender: str | None,
    skip_smoke_test: bool,
    as_json: bool,
) -> None:
    """Deploy an environment: package, plan, show, ask, apply exactly that plan, wire, smoke test.

    Every stage can be repeated: after an interruption or an error run the same command again. Nothing is applied that
    was not shown.
    """
    console = Console(stderr=True, soft_wrap=True)
    try:
        with terminate_like_ctrl_c():
            environment = find_environment(name, profile=profile, region=region)
            with exclusive(environment.folder, f"a plan, deploy or destroy of {name}"):
                terraform = _plan_and_apply(environment, console, saved_plan=saved_plan, sure=yes)
                facts = _after_apply(
                    environment, terraform, console, recommender=recommender, smoke=not skip_smoke_test
                )
    except KeyboardInterrupt:
        raise click.exceptions.Exit(INTERRUPTED) from None
    if as_json:
        click.echo(machine_summary(environment=name, **facts))


def _plan_and_apply(environment: Environment, console: Console, *, saved_plan: bool, sure: bool) -> Terraform:
    """What turns out to exist is planned anew as an import, shown and asked for; a saved plan is applied as it is."""
    terraform, review = _saved(environment) if saved_plan else _planned(environment, console)
    for _ in range(ROUNDS if not saved_plan else 0):
        try:
            _apply(environment, terraform, review, console, sure=sure)
            return terraform
        except ExistsAlready:
            terraform, review = _planned(environment, console)
            if not review.imported:
                raise
            console.print("\nSome of it exists already, made by a run that was cut off: planned anew as imports.")
    _apply(environment, terraform, review, console, sure=sure)
    return terraform


def _planned(environment: Environment, console: Console) -> tuple[Terraform, Review]:
    return make_plan(environment, say_what_is_kept=lambda text: console.print(text, highlight=False, markup=False))


def _saved(environment: Environment) -> tuple[Terraform, Review]:
    files = fetch_plan(environment)
    terraform = environment.terraform()
    terraform.init()
    review = judge(terraform, files, environment)
    leave_review(files, review)
    return terraform, review


def _apply(environment: Environment, terraform: Terraform, review: Review, console: Console, *, sure: bool) -> None:
    click.echo(terminal(review, colour=True), err=True)
    if review.verdict is Verdict.NOTHING:
        console.print("Nothing to apply.")
        return
    if not agreed(review, environment, sure=sure, ask=lambda text: click.prompt(text, err=True)):
        raise click.ClickException("nothing was applied")
    apply_plan(terraform, PlanFiles.of(environment.name), console, environment=environment.name)


def _after_apply(
    environment: Environment, terraform: Terraform, console: Console, *, recommender: str | None, smoke: bool
) -> dict[str, object]:
    outputs = terraform.output()
    facts: dict[str, object] = {"api_url": outputs["api_url"], "bucket": outputs["bucket"]}
    campaign = recommender_of(environment, outputs, recommender) if outputs.get("transformer_arn") else None
    if campaign:
        wired = wire_up(environment, outputs, campaign)
        console.print(source_line(campaign), highlight=False)
        facts |= {"application_id": wired.application_id, "wired": list(wired.changes)}
        console.print(f"Wired: {', '.join(wired.changes) or 'as it should be'}")
    if smoke:
        facts["smoke_test"] = _smoke_test(environment, outputs, console).as_json()
    asked = leave_request_to_bucket_owner(environment, outputs)
    if asked:
        facts["asked_of_bucket_owner"] = asked
        console.print(
            f"Ask the owner of the bucket {outputs['bucket']} for what {asked} holds (docs/how-to/bring-your-own.md).",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
    facts["client_environment"] = leave_client_environment(environment, outputs)
    console.print(f"\nThe engagement API: {outputs['api_url']}", highlight=False, soft_wrap=True)
    console.print(
        f"Next:  source {facts['client_environment']}   then any Pinpoint client talks to it", highlight=False
    )
    if not campaign:
        console.print(
            f"       make train ENV={environment.name} ARGS=--plan   what a recommender would cost\n"
            f"       make wire ENV={environment.name}                after it is trained",
            highlight=False,
        )
    return facts


def _smoke_test(environment: Environment, outputs: dict[str, object], console: Console) -> SmokeTest:
    again = f"`kit smoke-test --env {environment.name}`"
    console.print("Smoke test: one mail to SES's simulator ...")
    try:
        result = smoke_test(
            environment, outputs, say=lambda text: console.print(f"  [dim]{text}[/dim]", highlight=False)
        )
    except click.ClickException as error:
        raise click.ClickException(
            f"everything is applied, but the smoke test failed: {error.message}\nMend it, then run {again}"
        ) from error
    if result.pending:
        console.print(f"[yellow]Smoke test pending[/yellow]: {result.pending}. Then run {again}", highlight=False)
    elif result.event_seconds is None:
        console.print("Smoke test passed: the mail was sent.")
    else:
        console.print(f"Smoke test passed: the mail's event arrived after {result.event_seconds} s.", highlight=False)
    return result
