"""`make demo ENV=dev`: the same sample in a real account. Looks first, names the price, asks, then takes the same path."""

from __future__ import annotations

import re
from dataclasses import dataclass

import click
from rich.console import Console

from personalize.driver import AWS
from personalize.driver.estimates import HOURS_A_MONTH, hour_of_live_campaign, load_prices
from personalize.sample_data import SampleSize, write_interactions
from scripts.bring_up import apply_with_work_beside, sample_wanted
from scripts.doctor import Health, account_checks, guarded, recipient_checks, tool_checks, verified_identity
from scripts.environments import VALUE_FILES, Environment, find_environment, require_environment, value_of
from scripts.interrupts import INTERRUPTED, terminate_like_ctrl_c
from scripts.sample_campaign import five_people, sample_address
from scripts.sample_run import import_and_send, wait_until
from scripts.sample_training import train_beside
from scripts.steps import StepLog
from scripts.wiring import wire

VERIFICATION_SECONDS = 3600.0
_OF_NOBODY = re.compile(r"[@.](example\.(com|net|org)|example|test|invalid|localhost)$", re.IGNORECASE)  # RFC 2606


@dataclass(frozen=True, slots=True)
class Addresses:
    """Whom the sample's mails come from, and the mailbox at whose plus-addresses the five people are."""

    sender: str
    mailbox: str


def run_in_account(name: str, email: str | None, size: SampleSize, console: Console, *, sure: bool) -> int:
    """The demo in a real account, to ``email`` if given; answers the exit code."""
    addresses = addresses_in(name, email)
    environment = find_environment(name)
    if not ready(environment, addresses, console):
        return 1
    console.print(price_line(size), highlight=False)
    if not sure and not click.confirm("Go on?"):
        console.print("Nothing was done.")
        return 1
    try:
        with terminate_like_ctrl_c():
            return send_sample(environment, addresses, size, console)
    except KeyboardInterrupt:
        console.print(
            f"\nStopped. What AWS has begun goes on there; `make demo ENV={name}` continues, "
            f"`make destroy ENV={name}` takes everything down."
        )
        return INTERRUPTED


def addresses_in(name: str, email: str | None) -> Addresses:
    """From whom and to whom the demo mails in environment ``name``; ``email`` is what was asked for.

    The environment's own ``from_address`` stays the sender: another would replace its SES identity, and what it sends
    beside the demo would stop. The address of an example is nobody's, so the mailbox sends to itself then. Raises
    UsageError when there is no address that somebody reads.
    """
    require_environment(name)
    own = value_of(VALUE_FILES / f"{name}.tfvars", "from_address") or ""
    own = "" if _OF_NOBODY.search(own) else own
    if not (own or email):
        raise click.UsageError(
            f"in {name} real mails are sent, and SES asks you to click a link in one: give an address that you can read, "
            f"make demo ENV={name} EMAIL=<your address>  (kit demo: --email), or set from_address in {name}.tfvars"
        )
    try:
        own = own and sample_address(own)
        return Addresses(sender=own or str(email), mailbox=email or own)
    except ValueError as error:
        raise click.UsageError(f"from_address of {name}.tfvars: {error}") from error


def ready(environment: Environment, addresses: Addresses, console: Console) -> bool:
    """The doctor's checks, shown; False when one of them would stop the demo."""
    checks = list(tool_checks())
    clients = environment.clients()
    checks += account_checks(clients.session, endpoint_url=environment.endpoint_url, from_address=addresses.sender)
    if addresses.mailbox.casefold() != addresses.sender.casefold():
        checks += guarded("recipients", lambda: recipient_checks(clients.client("sesv2"), addresses.mailbox))
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


def send_sample(environment: Environment, addresses: Addresses, size: SampleSize, console: Console) -> int:
    """Apply, train, verify, wire, import, send; every step finds what an earlier run left."""
    log = StepLog(console)
    people = five_people(addresses.mailbox, size.users)
    interactions = environment.folder / "interactions.csv"
    interactions.parent.mkdir(parents=True, exist_ok=True)
    write_interactions(interactions, size)
    base = environment.clients()
    applied = apply_with_work_beside(
        environment.terraform(),
        log,
        var_file=environment.var_file,
        variables={**environment.variables(), "from_address": addresses.sender},
        plan_file=environment.folder / "demo.tfplan",
        work=lambda created: train_beside(created, base, interactions, log, poll=AWS),
    )
    clients = environment.clients(applied.outputs)
    with log.step("Wait until the from address is verified"):
        ses = clients.client("sesv2")
        if not verified_identity(ses, addresses.sender):
            console.print(f"  SES has sent a mail to {addresses.sender}: click the link in it.", highlight=False)
        wait_until(
            lambda: bool(verified_identity(ses, addresses.sender)),
            what="the verification", seconds=VERIFICATION_SECONDS, pause=5,
        )  # fmt: skip
    wanted = sample_wanted(applied.outputs, recommender_uri=applied.beside.campaign_arn)
    wired = wire(clients.pinpoint(), wanted)
    _, activity = import_and_send(clients, applied.outputs, wired, people, log)
    console.print(log.table())
    sent = activity["SuccessfulEndpointCount"]
    console.print(
        f"{sent} of {len(people)} mails were handed to SES; look at the mailbox of {addresses.mailbox}.",
        highlight=False,
    )
    console.print(
        f"Next:  kit preview --env {environment.name} --user {people[0].user_id}\n       make destroy ENV={environment.name}"
    )
    return 0 if sent == len(people) else 1
