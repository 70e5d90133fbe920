"""One local AWS and one copy of the repository for each test file of this folder."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from scripts.local_aws.process import LocalAws
from tests.deploy.account import Account
from tests.deploy.workbench import Workbench


@pytest.fixture(scope="module")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws.start(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture(scope="module")
def bench(local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """`kit` in a copy of the repository, pointed at the local AWS."""
    return Workbench.make(tmp_path_factory.mktemp("bench") / "kit", AWS_ENDPOINT_URL=local_aws.endpoint_url)


@pytest.fixture(scope="module")
def account(local_aws: LocalAws) -> Account:
    return Account(local_aws.endpoint_url)


@pytest.fixture
def chance() -> random.Random:
    """A failing test prints its seed: KIT_TEST_SEED gives the same again."""
    seed = int(os.environ.get("KIT_TEST_SEED") or random.randrange(1_000_000))
    print(f"KIT_TEST_SEED={seed}")
    return random.Random(seed)
