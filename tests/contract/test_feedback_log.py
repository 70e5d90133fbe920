"""What ``ports.FeedbackLog`` promises: sums since a moment, and that twice is once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engagement.adapters.feedback_log_dynamodb import DAY, KEEP_DAYS, DynamoFeedbackLog
from engagement.errors import Forbidden, TooManyRequests, Unavailable
from tests.aws_faults import Broken, client_error
from tests.aws_tables import make_table
from tests.fakes_recommendations import FakeFeedbackLog

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(**later):
    return int((NOON + timedelta(**later)).timestamp() * 1000)


@pytest.fixture(params=["fake", "dynamodb"])
def log(request):
    if request.param == "fake":
        return FakeFeedbackLog()
    client = request.getfixturevalue("aws")("dynamodb")
    return DynamoFeedbackLog(table=make_table(client, "recommendations"), client=client)


def test_what_came_since_is_added_up(log):
    for number, later in enumerate([-60, -1, 0, 1, 60]):
        log.record("g", at(seconds=later), f"file {number}", 10**number)
    assert log.since("g", NOON) == 11000, "not what came at that very moment"
    assert log.since("g", NOON - timedelta(hours=1)) == 11111
    assert log.since("g", NOON + timedelta(hours=1)) == 0


def test_a_source_that_comes_again_counts_once(log):
    for _ in range(2):
        log.record("g", at(seconds=1), "file", 7)
    log.record("g", at(seconds=1), "another file of that moment", 5)
    assert log.since("g", NOON) == 12


def test_groups_are_apart(log):
    log.record("g", at(seconds=1), "file", 7)
    assert log.since("other", NOON) == 0


def test_many_files_are_added_up_over_pages(aws):
    client = aws("dynamodb")
    log = DynamoFeedbackLog(table=make_table(client, "recommendations"), client=_Pages(client))
    for number in range(7):
        log.record("g", at(seconds=1 + number), "file", 1)
    assert log.since("g", NOON) == 7


def test_counts_go_away_after_a_while(aws):
    client = aws("dynamodb")
    DynamoFeedbackLog(table=make_table(client, "recommendations"), client=client).record("g", at(), "file", 1)
    (item,) = client.scan(TableName="recommendations")["Items"]
    assert int(item["expires"]["N"]) == int(NOON.timestamp()) + KEEP_DAYS * DAY


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (client_error("AccessDeniedException"), Forbidden),
        (client_error("InternalServerError", 500), Unavailable),
        (client_error("ProvisionedThroughputExceededException"), TooManyRequests),
    ],
)
def test_failures_come_in_the_engines_words(error, kind):
    log = DynamoFeedbackLog(table="t", client=Broken(error))
    with pytest.raises(kind):
        log.record("g", 1, "file", 1)
    with pytest.raises(kind):
        log.since("g", NOON)


class _Pages:
    """DynamoDB that answers two items a page."""

    def __init__(self, client):
        self._client = client

    def __getattr__(self, name):
        return getattr(self._client, name)

    def query(self, **request):
        return self._client.query(**request, Limit=2)
