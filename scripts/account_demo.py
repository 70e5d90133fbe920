"""`make demo ENV=dev`: the same sample in a real account. Looks first, names the price, asks, then takes the same path."""

from __future__ import annotations

import re
from typing import Any

import click
from rich.console import Console

from personalize.driver import AWS
from personalize.driver.estimates import HOURS_A_MONTH, hour_of_live_campaign, load_prices
from personalize.sample_data import SampleSize, write_interactions
from scripts.bring_up import apply_with_work_beside, sample_wanted
from scripts.doctor import Health, account_checks, tool_checks
from scripts.environments import VALUE_FILES, Environment, find_environment, require_environment, value_of
from scripts.interrupts import INTERRUPTED, terminate_like_ctrl_c
from scripts.sample_campaign import five_people, sample_address
from scripts.sample_run import import_and_send, wait_until
from scripts.sample_training import train_beside
from scripts.steps import StepLog
from scripts.wiring import wire

VERIFICATION_SECONDS = 3600.0
_OF_NOBODY = re.compile(r"[@.](example\.(com|net|org)|example|test|invalid|localhost)$", re.IGNORECASE)  # RFC 2606


def run_in_account(name: str, email: str, size: SampleSize, console: Console, *, sure: bool) -> int:
    """The demo in a real account; answers the exit code."""
    environment = find_environment(name)
    if not ready(environment, email, console):
        return 1
    console.print(price_line(size), highlight=False)
    if not sure and not click.confirm("Go on?"):
        console.print("Nothing was done.")
        return 1
    try:
        with terminate_like_ctrl_c():
            return send_sample(environment, email, size, console)
    except KeyboardInterrupt:
        console.print(
            f"\nStopped. What AWS has begun goes on there; `make demo ENV={name}` continues, "
            f"`make destroy ENV={name}` takes everything down."
        )
        return INTERRUPTED


def own_address(name: str) -> str:
    """The address that the environment sends from, for a demo that is given no other. Raises UsageError for an example's."""
    require_environment(name)
    email = value_of(VALUE_FILES / f"{name}.tfvars", "from_address") or ""
    if not email or _OF_NOBODY.search(email):
        raise click.UsageError(
            f"in {name} real mails are sent, and SES asks you to click a link in one: give an address that you can read, "
            f"make demo ENV={name} EMAIL=<your address>  (kit demo: --email), or set from_address in {name}.tfvars"
        )
    try:
        return sample_address(email)
    except ValueError as error:
        raise click.UsageError(f"from_address of {name}.tfvars: {error}") from error


def ready(environment: Environment, email: str, console: Console) -> bool:
    """The doctor's checks, shown; False when one of them would stop the demo."""
    checks = list(tool_checks())
    clients = environment.clients()
    checks += account_checks(clients.session, endpoint_url=environment.endpoint_url, from_address=email)
    for check in checks:
        console.print(
            f"  {check.health:4}  {check.name}: {check.seen}" + (f" -> {check.advice}" if check.advice else "")
        )
    return all(check.health is not Health.FAIL for check in checks)


def price_line(size: SampleSize) -> str:
    """What the demo costs in a real account, from the dated list prices."""
    prices = load_prices()
    rates = prices["v2"]
    training = size.interactions / 1000 * rates["training_per_1000_interactions"]
    hourly = hour_of_live_campaign(rates)
    return (
        f"Price (list prices of {prices['as_of']}, check them): training about {training:.2f} USD, and "
        f"{hourly:.2f} USD an hour ({hourly * HOURS_A_MONTH:,.0f} USD a month) for the live recommender until you stop it "
        f"(kit train --stop-idle 0 or kit train --destroy). Mails and the engine: below 0.01 USD. Training takes about two hours."
    )


def send_sample(environment: Environment, email: str, size: SampleSize, console: Console) -> int:
    """Apply, train, verify, wire, import, send; every step finds what an earlier run left."""
    log = StepLog(console)
    people = five_people(email, size.users)
    interactions = environment.folder / "interactions.csv"
    interactions.parent.mkdir(parents=True, exist_ok=True)
    write_interactions(interactions, size)
    base = environment.clients()
    applied = apply_with_work_beside(
        environment.terraform(),
        log,
        var_file=environment.var_file,
        variables={**environment.variables(), "from_address": email},
        plan_file=environment.folder / "demo.tfplan",
        work=lambda created: train_beside(created, base, interactions, log, poll=AWS),
    )
    clients = environment.clients(applied.outputs)
    with log.step("Wait until the from address is verified"):
        console.print(f"  SES has sent a mail to {email}: click the link in it.", highlight=False)
        wait_until(lambda: is_verified(clients, email), what="the verification", seconds=VERIFICATION_SECONDS, pause=5)
    wanted = sample_wanted(applied.outputs, recommender_uri=applied.beside.campaign_arn)
    wired = wire(clients.pinpoint(), wanted)
    _, activity = import_and_send(clients, applied.outputs, wired, people, log)
    console.print(log.table())
    sent = activity["SuccessfulEndpointCount"]
    console.print(f"{sent} of {len(people)} mails were handed to SES; look at the mailbox of {email}.", highlight=False)
    console.print(
        f"Next:  kit preview --env {environment.name} --user {people[0].user_id}\n       make destroy ENV={environment.name}"
    )
    return 0 if sent == len(people) else 1


def is_verified(clients: Any, address: str) -> bool:
    """Does SES let this address, or its domain, send?"""
    ses = clients.client("sesv2")
    for identity in (address, address.rpartition("@")[2]):
        try:
            if ses.get_email_identity(EmailIdentity=identity).get("VerifiedForSendingStatus"):
                return True
        except ses.exceptions.NotFoundException:
            continue
    return False
