"""One local AWS for the tests of this folder that only talk to it; tests of its life start their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts.local_aws.process import LocalAws
from tests.local_aws.aws_clients import Clients, Kit, clients_of


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws.start(tmp_path_factory.mktemp("local-aws")) as running:
        yield running


@pytest.fixture
def clients(aws: LocalAws) -> Clients:
    return clients_of(aws)


@pytest.fixture
def kit(aws: LocalAws) -> Iterator[Kit]:
    """The kit's pages, with an empty mailbox and no faults."""
    pages = Kit(aws.endpoint_url)
    pages.call("mailbox", "DELETE")
    pages.call("faults", "DELETE")
    yield pages
    pages.call("faults", "DELETE")
