"""Applying a plan: what is told while it runs, and the way on after each way of ending."""

from __future__ import annotations

import io
import time
from pathlib import Path

import click
import pytest
from rich.console import Console

from scripts import deployment
from scripts.apply_progress import ApplyProgress
from scripts.deployment import apply_plan
from scripts.plan_files import PlanFiles
from scripts.terraform_cli import Diagnostic, TerraformError, TerraformInterrupted

ADDRESS = 'module.engagement_store.module.table["endpoints"].aws_dynamodb_table.this'


def event(kind: str, address: str = ADDRESS, **hook: object) -> dict[str, object]:
    return {"type": kind, "hook": {"resource": {"addr": address}, **hook}}


class Applies:
    """Terraform whose apply sends one finished change and then ends as told."""

    def __init__(self, end: BaseException | None) -> None:
        self._end = end

    def apply(self, plan_file: Path, *, on_event) -> None:
        on_event({"type": "planned_change"})
        on_event(event("apply_start"))
        on_event(event("apply_complete", action="create", elapsed_seconds=7))
        if self._end:
            raise self._end


@pytest.fixture
def applied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """``applied(end)``: apply, answer what was printed."""
    monkeypatch.setattr(deployment, "ZIP", tmp_path / "lambda.zip")
    files = PlanFiles(tmp_path)

    def run(end: BaseException | None = None) -> str:
        text = io.StringIO()
        run.printed = text
        apply_plan(Applies(end), files, Console(file=text, width=200), environment="dev")
        return text.getvalue()

    return run


def test_each_finished_change_is_told_with_its_number(applied):
    assert f"1 of 1 created {ADDRESS} 7 s" in applied()


@pytest.mark.parametrize(
    ("error", "phrases"),
    [
        (TerraformError("apply", "AccessDenied: no"), ["AccessDenied", "after 1 finished changes", "kit deploy --env dev"]),
        (TerraformError("apply", "Saved plan is stale"), ["nothing was applied", "kit plan --env dev"]),
        (
            TerraformError("apply", "failed", (Diagnostic("error", "creating table", "ResourceInUseException: Table already exists",
                                                          address=ADDRESS),)),
            ["kit deploy --env dev", "is taken over", ADDRESS],
        ),
    ],
    ids=["refused", "stale", "exists"],
)  # fmt: skip
def test_a_failure_names_the_way_on(applied, error: TerraformError, phrases: list[str]):
    with pytest.raises(click.ClickException) as raised:
        applied(error)
    assert [phrase for phrase in phrases if phrase not in raised.value.message] == []


def test_an_interrupt_says_that_the_state_holds_what_was_done(applied):
    with pytest.raises(KeyboardInterrupt):
        applied(TerraformInterrupted("interrupted"))
    assert "after 1 finished changes; the state holds them" in applied.printed.getvalue()


def test_the_planned_zip_is_the_one_that_is_applied(applied, tmp_path: Path):
    (tmp_path / "lambda.zip").write_bytes(b"edited since")
    planned = tmp_path / "plan"
    planned.mkdir()
    (planned / "lambda.zip").write_bytes(b"as planned")
    apply_plan(Applies(None), PlanFiles(planned), Console(file=io.StringIO()), environment="dev")
    assert (tmp_path / "lambda.zip").read_bytes() == b"as planned"


def test_a_long_wait_says_for_what():
    text = io.StringIO()
    with ApplyProgress(Console(file=text, width=200), quiet_seconds=0.1) as progress:
        progress.see(event("apply_start"))
        progress.see(event("apply_start", "aws_sqs_queue.sends"))
        deadline = time.monotonic() + 10
        while "waiting for" not in text.getvalue() and time.monotonic() < deadline:
            time.sleep(0.05)
    assert f"waiting for {ADDRESS}" in text.getvalue() and "and 1 more" in text.getvalue()


def test_a_failed_resource_is_told_and_no_longer_waited_for():
    text = io.StringIO()
    progress = ApplyProgress(Console(file=text, width=200))
    progress.see(event("apply_start"))
    progress.see(event("apply_errored"))
    assert f"failed {ADDRESS}" in text.getvalue()
    assert not progress.done
