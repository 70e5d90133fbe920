"""``kit drift-issue``: one issue per environment while the account differs from the configuration.

What an issue carries (title, label, text) is written in scripts/github.py.
"""

from __future__ import annotations

import click

from scripts import github
from scripts.plan_files import PlanFiles


@click.command()
@click.option("--env", "environment", required=True, help="Environment whose last plan is told.")
def command(environment: str) -> None:
    """Open, update or close the drift issue of an environment after `kit plan`."""
    files = PlanFiles.of(environment)
    review = files.read_review()
    differs = review["exit_code"] != 0 or review["drift"]
    done = github.keep_issue(f"Drift in {environment}", files.read_markdown() if differs else None)
    click.echo(f"drift issue of {environment}: {done}")
