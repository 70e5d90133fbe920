"""``kit local``: the local AWS with the kit applied, in the background."""

from __future__ import annotations

import json

import click
import urllib3
from rich.console import Console

from personalize.sample_data import SampleSize
from scripts.build_folder import BUILD
from scripts.client_environment import LOCAL_ONLY, write_client_data, write_environment_file
from scripts.commands._options import email_option, sample_options
from scripts.commands.demo import fresh_folder
from scripts.interrupts import INTERRUPTED, terminate_like_ctrl_c, undisturbed
from scripts.local_aws.process import LocalAws
from scripts.local_kit import LocalKit, bring_up, explain
from scripts.run_lock import exclusive
from scripts.steps import StepLog
from scripts.wide_console import wide_console

FOLDER = BUILD / "local"
RUN = FOLDER / "run"
ENVIRONMENT_FILE = BUILD / "local.env"
FACTS_FILE = BUILD / "local.json"


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; 0 takes a free one.")
@sample_options
@email_option
def command(port: int, email: str, size: SampleSize) -> None:
    """Start the local AWS with the kit applied and a trained recommender, and leave it running.

    Afterwards `source build/local.env` points any AWS client, in any language, at it; build/local.json holds ids and
    URLs. Run again while it runs, it says so and changes nothing. `kit local-down` ends it.
    """
    console = wide_console()
    try:
        with terminate_like_ctrl_c(), exclusive(FOLDER, "make local"):
            if LocalAws.attach(RUN) is not None and FACTS_FILE.exists():
                tell(console, json.loads(FACTS_FILE.read_text("utf-8")))
                return
            start(console, email, size, port)
    except KeyboardInterrupt:
        console.print("\nStopped. Nothing is left running; `make local` starts anew.")
        raise click.exceptions.Exit(INTERRUPTED) from None


def start(console: Console, email: str, size: SampleSize, port: int) -> None:
    """Bring everything up; whatever goes wrong on the way, no process stays."""
    LocalAws.stop_detached(RUN)
    for path in (FACTS_FILE, ENVIRONMENT_FILE):
        path.unlink(missing_ok=True)
    log = StepLog(console)
    run_folder = fresh_folder(RUN)
    with log.step("Start the local AWS"):
        aws = LocalAws.start(run_folder, port or None, detached=True)
    try:
        kit = bring_up(aws, log, run_folder, email=email, size=size)
        urllib3.request("POST", f"{aws.endpoint_url}/_kit/people", json=explain(kit)[2])
        facts = facts_of(kit)
        write_environment_file(ENVIRONMENT_FILE, client_variables(kit), before=LOCAL_ONLY)
        FACTS_FILE.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    except BaseException:
        with undisturbed():
            aws.stop()
        raise
    tell(console, facts)


def client_variables(kit: LocalKit) -> dict[str, str]:
    """What build/local.env exports."""
    return {
        **kit.aws.client_environment(),
        "AWS_ENDPOINT_URL_PINPOINT": kit.outputs["api_url"],
        "AWS_DATA_PATH": str(write_client_data(BUILD / "client-data")),
    }


def facts_of(kit: LocalKit) -> dict[str, str]:
    """What build/local.json holds."""
    return {
        "application_id": kit.wired.application_id,
        "bucket": kit.outputs["bucket"],
        "engine_role_arn": kit.outputs["engine_role_arn"],
        "personalize_role_arn": kit.outputs["personalize_role_arn"],
        "transformer_arn": kit.outputs["transformer_arn"],
        "recommender_arn": kit.recommender_arn,
        "recommender_id": kit.wired.recommender_id,
        "template_name": kit.wired.template_name,
        "from_address": kit.outputs["from_address"],
        "endpoint_url": kit.aws.endpoint_url,
        "api_url": kit.outputs["api_url"],
        "inbox_url": kit.inbox_url,
        "mailbox_url": kit.mailbox_url,
    }


def tell(console: Console, facts: dict[str, str]) -> None:
    """Where it is and what to do with it."""
    console.print(
        f"The local AWS with the kit is up: {facts['endpoint_url']}\n"
        f"  inbox page    {facts['inbox_url']}\n"
        f"  mails as JSON {facts['mailbox_url']}\n"
        f"Next:  source build/local.env     then any AWS client talks to it, `pinpoint` included\n"
        f"       make local-down            take it down",
        highlight=False,
    )
