from __future__ import annotations

from pathlib import Path

import click
import pytest

from scripts import account_demo, environments
from scripts.account_demo import Addresses


@pytest.fixture
def values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in (account_demo, environments):
        monkeypatch.setattr(module, "VALUE_FILES", tmp_path)
    return tmp_path / "dev.tfvars"


@pytest.mark.parametrize("address", ["news@my-charity.org", "me@example.company", "x@notexample.org"])
def test_without_an_address_the_demo_takes_that_of_the_environment(address: str, values: Path) -> None:
    values.write_text(f'from_address = "{address}" # ours\n', encoding="utf-8")
    assert account_demo.addresses_in("dev", None) == Addresses(address, address)


def test_the_sender_of_an_environment_stays_whoever_is_written_to(values: Path) -> None:
    values.write_text('from_address = "news@my-charity.org"\n', encoding="utf-8")
    assert account_demo.addresses_in("dev", "me@my-mail.net") == Addresses("news@my-charity.org", "me@my-mail.net")


@pytest.mark.parametrize("line", ['from_address = "updates@example.org"', 'region = "us-east-1"'])
def test_in_the_place_of_an_example_s_address_the_mailbox_sends_to_itself(line: str, values: Path) -> None:
    values.write_text(line + "\n", encoding="utf-8")
    assert account_demo.addresses_in("dev", "me@my-mail.net") == Addresses("me@my-mail.net", "me@my-mail.net")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('from_address = "updates@example.org"', "an address that you can read"),
        ('from_address = "a@mail.EXAMPLE.com"', "an address that you can read"),
        ('from_address = "a@shop.test"', "an address that you can read"),
        ('region = "us-east-1"', "an address that you can read"),
        ('from_address = "a..b@my-charity.org"', "from_address of dev.tfvars: "),
        ('from_address = "News <news@my-charity.org>"', "from_address of dev.tfvars: "),
    ],
)
def test_an_address_of_nobody_is_refused(line: str, says: str, values: Path) -> None:
    values.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(click.UsageError, match=says):
        account_demo.addresses_in("dev", None)


def test_an_environment_that_is_not_there_is_told_first(values: Path) -> None:
    values.touch()
    with pytest.raises(click.UsageError, match="there is no environment 'prod'"):
        account_demo.addresses_in("prod", None)
