"""``kit demo``: the whole sample, from nothing to five personalised mails."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from rich.console import Console

from personalize.sample_data import SampleSize
from scripts.build_folder import BUILD
from scripts.commands._options import email_option, sample_options
from scripts.demo_report import verdict_table, write_inbox, write_report
from scripts.interrupts import INTERRUPTED, terminate_like_ctrl_c
from scripts.local_aws.process import LocalAws
from scripts.local_kit import LocalKit, bring_up_and, explain
from scripts.run_lock import exclusive
from scripts.sample_run import (
    Sleep,
    import_and_send,
    judge,
    read_mailbox,
)
from scripts.steps import StepLog
from scripts.wide_console import wide_console

FOLDER = BUILD / "demo"
REPORT = BUILD / "demo.json"
INBOX = BUILD / "inbox.html"


@click.command()
@click.option("--env", "environment", default="local", show_default=True, help="local, or an environment of yours.")
@click.option("--yes", is_flag=True, help="Do not ask before a real account is charged.")
@sample_options
@email_option
@click.pass_context
def command(context: click.Context, environment: str, email: str, yes: bool, size: SampleSize) -> None:
    """Send the sample: train a recommender, import five people, run one campaign, show each person's mail.

    Without --env everything happens on this machine; no AWS account is needed. In an environment of yours the mails go
    to plus-addresses of --email, or else of its own from_address; that stays the sender. Ends with exit code 0 only
    when five mails are in the mailbox, each with the block that the recommender names for its person.
    """
    console = wide_console()
    if environment != "local":
        from scripts.account_demo import run_in_account

        asked = None if context.get_parameter_source("email") is ParameterSource.DEFAULT else email
        raise click.exceptions.Exit(run_in_account(environment, asked, size, console, sure=yes))
    try:
        with terminate_like_ctrl_c(), exclusive(FOLDER, "make demo"):
            code = run_locally(email, size, console)
    except KeyboardInterrupt:
        console.print("\nStopped. Nothing is left running; `make demo` starts anew.")
        code = INTERRUPTED
    raise click.exceptions.Exit(code)


def run_locally(email: str, size: SampleSize, console: Console) -> int:
    """The demo on this machine; answers the exit code."""
    log = StepLog(console)
    run_folder = fresh_folder(FOLDER / "run")
    for of_an_earlier_run in (REPORT, INBOX):
        of_an_earlier_run.unlink(missing_ok=True)
    with log.step("Start the local AWS"):
        aws = LocalAws.start(run_folder)
    with aws:
        console.print(f"  [dim]{aws.endpoint_url}, log in {run_folder / 'local-aws.log'}[/dim]", highlight=False)
        kit, (campaign_id, activity) = bring_up_and(
            aws, log, run_folder, email=email, size=size, then=partial(send_sample, log=log)
        )
        with log.step("Read the mailbox and ask the recommender again"):
            found = read_and_judge(kit, console)
        with log.step("Stop the local AWS"):
            aws.stop()
    spent = log.spent()
    write_report(REPORT, spent=spent, metrics=kit.metrics, campaign_id=campaign_id, activity=activity, **found)
    console.print(spent.table())
    return conclude(console, found["complete"])


def send_sample(kit: LocalKit, sleep: Sleep, *, log: StepLog) -> tuple[str, Any]:
    """The sample through the engine, while Terraform may still be at work."""
    return import_and_send(kit.clients, kit.outputs, kit.wired, kit.people, log, beside=True, sleep=sleep)


def read_and_judge(kit: LocalKit, console: Console) -> dict[str, Any]:
    """Show the mails, as a table and as the page; answers what the report says of them, and whether all five are as the
    recommender says (``complete``).
    """
    mails = read_mailbox(kit.mailbox_url)
    recommended, blocks, why = explain(kit)
    received = judge(kit.people, mails, recommended, blocks)
    complete = all(mail.personalised for mail in received)
    write_inbox(INBOX, mails, why)
    console.print(verdict_table(kit.people, received, why))
    return {
        "received": received,
        "complete": complete,
        "mails_in_mailbox": len(mails),
        "application_id": kit.wired.application_id,
    }


def conclude(console: Console, complete: bool) -> int:
    """The last lines: where to look, what to try next."""
    if not complete:
        console.print("[red]Not every mail is as it should be; build/demo.json says what is wrong.[/red]")
        return 1
    console.print(
        f"Five personalised mails. Look at them side by side: {INBOX.as_uri()}", highlight=False, soft_wrap=True
    )
    console.print(
        "Next:  make demo ELEMENTS=8 USERS=100     other data\n"
        "       make local                         keep it running and point your own AWS client at it\n"
        "In your account, in this order (first set your from_address in terraform/environments/dev.tfvars):\n"
        "       make bootstrap ENV=dev             once: the bucket for Terraform's state\n"
        "       make plan ENV=dev                  what it would create, and what that costs\n"
        "       make deploy ENV=dev                create it, after asking",
        highlight=False,
    )
    return 0


def fresh_folder(folder: Path) -> Path:
    """An empty folder; what an earlier run left in it goes."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
