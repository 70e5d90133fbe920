"""The few things that the workflows do on GitHub, through its own command line tool ``gh``."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import click


def _gh(*arguments: str, body: dict[str, Any] | None = None) -> Any:
    """Call ``gh api``; answers the parsed JSON. A ClickException tells what gh said."""
    command = ["gh", "api", *arguments]
    if body is not None:
        command += ["--input", "-"]
    try:
        done = subprocess.run(
            command, input=None if body is None else json.dumps(body), capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise click.ClickException("gh, GitHub's command line tool, is not on PATH (cli.github.com)") from error
    if done.returncode:
        raise click.ClickException(f"gh api {arguments[0]}: {done.stderr.strip() or done.stdout.strip()}")
    return json.loads(done.stdout) if done.stdout.strip() else None


def repository() -> str:
    """``owner/name`` of this workflow run."""
    name = os.environ.get("GITHUB_REPOSITORY")
    if not name:
        raise click.ClickException("GITHUB_REPOSITORY is not set: run this in a workflow, or export owner/name")
    return name


def keep_comment(number: int, marker: str, text: str) -> str:
    """One comment on a pull request, found again by its first line; answers ``created`` or ``updated``."""
    comments = f"repos/{repository()}/issues/{number}/comments"
    pages = _gh(comments, "--paginate", "--slurp") or []
    for comment in (comment for page in pages for comment in page):
        if comment["body"].startswith(marker):
            _gh(f"repos/{repository()}/issues/comments/{comment['id']}", "-X", "PATCH", body={"body": text})
            return "updated"
    _gh(comments, "-X", "POST", body={"body": text})
    return "created"


def take_label_off(number: int, label: str) -> None:
    """Remove a label from a pull request; one that is not there (any more) is fine."""
    try:
        _gh(f"repos/{repository()}/issues/{number}/labels/{label}", "-X", "DELETE")
    except click.ClickException as error:
        if "404" not in error.message:
            raise


def keep_issue(title: str, text: str | None) -> str:
    """One open issue under a title: opened or updated with ``text``, closed when ``text`` is None."""
    pages = _gh(f"repos/{repository()}/issues?state=open&labels=drift", "--paginate", "--slurp") or []
    found = next((issue for page in pages for issue in page if issue["title"] == title), None)
    if text is None:
        if found is None:
            return "nothing to do"
        _gh(f"repos/{repository()}/issues/{found['number']}", "-X", "PATCH", body={"state": "closed"})
        return "closed"
    if found is None:
        body = {"title": title, "body": text, "labels": ["drift"]}
        _gh(f"repos/{repository()}/issues", "-X", "POST", body=body)
        return "opened"
    _gh(f"repos/{repository()}/issues/{found['number']}", "-X", "PATCH", body={"body": text})
    return "updated"
