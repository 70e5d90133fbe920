"""What ``ports.Leases`` promises: one holder at a time, and nobody waits for the dead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engagement.adapters.leases_dynamodb import DynamoLeases
from engagement.errors import Forbidden, Unavailable
from tests.aws_faults import Broken, client_error
from tests.aws_tables import make_table
from tests.fakes_recommendations import FakeLeases

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(params=["fake", "dynamodb"])
def leases(request):
    if request.param == "fake":
        return FakeLeases()
    client = request.getfixturevalue("aws")("dynamodb")
    return DynamoLeases(table=make_table(client, "recommendations"), client=client)


def after(seconds):
    return NOW + timedelta(seconds=seconds)


def test_the_second_is_told_who_was_first(leases):
    assert leases.take("training", "a", NOW, 60) is None
    assert leases.take("training", "b", after(1), 60) in ("a", "somebody else")
    assert leases.take("other", "b", after(1), 60) is None


def test_the_holder_renews(leases):
    leases.take("training", "a", NOW, 60)
    assert leases.take("training", "a", after(50), 60) is None
    assert leases.take("training", "b", after(100), 60)


def test_a_lease_ends_with_its_time_or_when_given_back(leases):
    leases.take("training", "a", NOW, 60)
    assert leases.take("training", "b", after(61), 60) is None
    leases.release("training", "a")
    assert leases.take("training", "a", after(62), 60), "what is not ours is not given back"
    leases.release("training", "b")
    assert leases.take("training", "a", after(62), 60) is None
    leases.release("never", "a")


@pytest.mark.parametrize(
    ("code", "status", "kind"), [("AccessDeniedException", 400, Forbidden), ("InternalServerError", 500, Unavailable)]
)
def test_failures_come_in_the_engines_words(code, status, kind):
    leases = DynamoLeases(table="t", client=Broken(client_error(code, status)))
    with pytest.raises(kind):
        leases.take("training", "a", NOW, 60)
    with pytest.raises(kind):
        leases.release("training", "a")
