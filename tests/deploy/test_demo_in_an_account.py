"""`kit demo --env dev` on the local AWS in the place of an account: looks, names the price, asks, then sends."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from scripts.local_aws.process import LocalAws
from tests.deploy.account import Account
from tests.deploy.workbench import Workbench

pytestmark = pytest.mark.deploy
EMAIL = "you@example.org"
OWN = "news@my-charity.org"


def mails(local_aws: LocalAws) -> list[dict[str, Any]]:
    """The mails to people of the sample, oldest first."""
    with urllib.request.urlopen(f"{local_aws.endpoint_url}/_kit/mailbox") as answer:
        return [mail for mail in json.load(answer) if "+" in "".join(mail["to"])]


def mailbox(local_aws: LocalAws) -> list[str]:
    """The people of the sample who were written to, one entry for each mail."""
    return sorted(address for mail in mails(local_aws) for address in mail["to"])


def test_without_a_yes_nothing_is_made(bench: Workbench, account: Account):
    asked = bench.kit("demo", "--env", "dev", "--email", EMAIL)
    assert asked.code == 1, str(asked)
    assert "USD an hour" in asked.out and "Go on?" in asked.out + asked.err
    assert account.of("dev") == {}


def test_five_mails_and_again(bench: Workbench, account: Account, local_aws: LocalAws):
    first = bench.kit("demo", "--env", "dev", "--email", EMAIL, "--yes")
    assert first.code == 0, str(first)
    assert "5 of 5 mails were handed to SES" in first.out and "make destroy ENV=dev" in first.out
    people = mailbox(local_aws)
    assert len(people) == len(set(people)) == 5
    before = account.of("dev")
    again = bench.kit("demo", "--env", "dev", "--email", EMAIL, "--yes")
    assert again.code == 0, str(again)
    assert mailbox(local_aws) == sorted(people * 2), "a second run is a second campaign to the same five"
    assert account.of("dev") == before
    with bench.edited("terraform/environments/dev.tfvars", "updates@example.org", OWN):
        own = bench.kit("demo", "--env", "dev", "--email", EMAIL, "--yes")
    assert own.code == 0, str(own)
    assert mailbox(local_aws) == sorted(people * 3)
    assert [OWN in mail["from"] for mail in mails(local_aws)] == [False] * 10 + [True] * 5, "its own sender stays"
    gone = bench.kit("destroy", "--env", "dev", "--lose-data", "--confirm", "dev")
    assert gone.code == 0, str(gone)
    assert account.of("dev") == {}
