"""``kit plan-comment``: put the review on a pull request, once, and keep it up to date.

The text, and its cut at GitHub's limit, are made by ``kit plan`` (plan_review/rendering.py).
"""

from __future__ import annotations

import click

from scripts import github
from scripts.plan_files import PlanFiles
from scripts.plan_review.rendering import marker


@click.command()
@click.option("--env", "environment", required=True, help="Environment whose last plan is shown.")
@click.option("--pull-request", type=int, required=True, envvar="PULL_REQUEST", help="Number of the pull request.")
def command(environment: str, pull_request: int) -> None:
    """Comment a pull request with the last `kit plan`, or update the comment that is there."""
    text = PlanFiles.of(environment).read_markdown()
    click.echo(f"comment {github.keep_comment(pull_request, marker(environment), text)}")
