"""One local AWS with the local Personalize for this folder; every test works with names of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts.local_aws.process import LocalAws
from tests.personalize_local.account import Account, Trained

STEP_SECONDS = "0.02"


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    folder = tmp_path_factory.mktemp("personalize-local")
    with LocalAws.start(folder, settings={"PERSONALIZE_STEP_SECONDS": STEP_SECONDS}) as running:
        yield running


@pytest.fixture(scope="session")
def shared_account(local_aws: LocalAws) -> Account:
    return Account(local_aws.endpoint_url)


@pytest.fixture
def account(shared_account: Account) -> Iterator[Account]:
    yield shared_account
    shared_account.control(fail=dict.fromkeys(shared_account.control()["fail"]), throttle=0)


@pytest.fixture(scope="session")
def trained(shared_account: Account) -> Trained:
    """A campaign on the sample data; tests only read it."""
    return shared_account.trained_campaign()
