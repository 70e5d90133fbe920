"""Reviewed plans in the state bucket, named after the commit's tree: what is applied is what was reviewed.

Plan files hold sensitive values in clear text, so they are kept where the state is: private, encrypted, versioned.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import ClientError

from scripts.environments import Environment
from scripts.plan_files import PlanFiles

REPO = Path(__file__).parents[1]


def save_plan(environment: Environment) -> str:
    """Put the last plan and its review into the state bucket; answers where. Raises ClickException without a bucket."""
    bucket, s3 = _bucket(environment)
    files = PlanFiles.of(environment.name)
    key = plan_key(environment.name, tree_hash())
    for suffix, path in _parts(files):
        s3.put_object(Bucket=bucket, Key=key + suffix, Body=path.read_bytes(), ServerSideEncryption="AES256")
    return f"s3://{bucket}/{key}.tfplan"


def fetch_plan(environment: Environment) -> PlanFiles:
    """Bring back the plan that was saved for the checked-out tree. Raises ClickException when there is none."""
    bucket, s3 = _bucket(environment)
    key = plan_key(environment.name, tree_hash())
    files = PlanFiles.of(environment.name)
    files.folder.mkdir(parents=True, exist_ok=True)
    for suffix, path in _parts(files):
        try:
            path.write_bytes(s3.get_object(Bucket=bucket, Key=key + suffix)["Body"].read())
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("NoSuchKey", "404"):
                raise
            raise click.ClickException(
                f"no plan of {environment.name} was saved for this tree ({key}): the branch moved on since the review. "
                "Review again (`kit plan --save`), or deploy with a fresh plan (`kit deploy` without --saved-plan)"
            ) from error
    return files


def _parts(files: PlanFiles) -> tuple[tuple[str, Path], ...]:
    return (".tfplan", files.plan), (".json", files.machine), (".zip", files.package)


def plan_key(environment: str, tree: str) -> str:
    """Where a plan lies in the state bucket, without its ending."""
    return f"plans/{environment}/{tree}"


def tree_hash() -> str:
    """The hash of the checked-out tree; merging without other changes keeps it. Raises ClickException when not clean."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=REPO, capture_output=True, text=True, check=False)
        if done.returncode:
            raise click.ClickException(f"git {arguments[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    if git("status", "--porcelain", "--untracked-files=no"):
        raise click.ClickException("there are uncommitted changes: a saved plan belongs to a commit; commit them first")
    return git("rev-parse", "HEAD^{tree}")


def _bucket(environment: Environment) -> tuple[str, Any]:
    if environment.backend is None:
        raise click.ClickException(
            f"{environment.name} keeps its state on this machine, so there is no bucket for plans: "
            "saved plans are for environments with a state bucket (`kit bootstrap`)"
        )
    match = re.search(r'^bucket\s*=\s*"([^"]+)"', environment.backend.read_text("utf-8"), re.MULTILINE)
    if not match:
        raise click.ClickException(f"{environment.backend} names no bucket: run `kit bootstrap` again")
    return match[1], environment.clients().client("s3")
