"""``kit plan-gate``: fail where a plan needs a second look and nobody has put the label on it."""

from __future__ import annotations

import click

from scripts import github
from scripts.plan_files import PlanFiles
from scripts.plan_review.review import Verdict

LABEL = "second-look-approved"


@click.command()
@click.option("--env", "environment", required=True, help="Environment whose last plan is judged.")
@click.option("--labels", default="", envvar="LABELS", help="Labels of the pull request, separated by commas.")
@click.option(
    "--new-commits-of", type=int, envvar="NEW_COMMITS_OF", metavar="NUMBER",
    help="Pull request that got new commits: its label was for the earlier ones, and is taken off.",
)  # fmt: skip
def command(environment: str, labels: str, new_commits_of: int | None) -> None:
    """Exit 3 where the last `kit plan` needs a second look and the label second-look-approved is missing.

    Exit 1 where the plan failed: there is nothing to approve.
    """
    review = PlanFiles.of(environment).read_review()
    if review["exit_code"] == Verdict.FAILED:
        raise click.ClickException(f"{environment}: the plan failed, so there is nothing to approve; mend it first")
    if review["exit_code"] != Verdict.SECOND_LOOK:
        click.echo(f"{environment}: {review['label']}; no label needed")
        return
    for finding in (finding for finding in review["findings"] if finding["second_look"]):
        click.echo(f"{finding['address']}: {finding['text']}")
    labelled = LABEL in [label.strip() for label in labels.split(",")]
    if labelled and new_commits_of is not None:
        github.take_label_off(new_commits_of, LABEL)
        click.echo(f"the label {LABEL} was for earlier commits: it is taken off", err=True)
    elif labelled:
        click.echo(f"{environment}: needs a second look, and the label {LABEL} says that it had one")
        return
    click.echo(f"{environment}: needs a second look; put the label {LABEL} on the pull request after it", err=True)
    raise click.exceptions.Exit(int(Verdict.SECOND_LOOK))
