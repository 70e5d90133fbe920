"""What every ``ports.Deliveries`` promises, and what DynamoDB's bad days do to the real one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engagement.adapters.deliveries_dynamodb import KEEP_DAYS, DynamoDeliveries
from engagement.domain.delivery import DROPPED, FAILED, RESERVED, SENT, UNKNOWN, Delivery
from engagement.errors import Forbidden, Unavailable
from tests.aws_faults import Broken, client_error
from tests.aws_tables import make_table
from tests.fakes_sending import FakeDeliveries

RUN = "r" * 32
AT = 1_790_000_000_000


@pytest.fixture(params=["fake", "dynamodb"])
def deliveries(request):
    if request.param == "fake":
        return FakeDeliveries()
    client = request.getfixturevalue("aws")("dynamodb")
    return DynamoDeliveries(table=make_table(client, "deliveries"), client=client, sleep=lambda seconds: None)


def reservation(endpoint_id, attempt="mine", **more):
    return Delivery(endpoint_id, "0", RESERVED, at=AT, attempt=attempt, leased_until=AT // 1000 + 60, **more)


def test_a_reservation_is_made_once(deliveries):
    mine, theirs = reservation("e1"), reservation("e1", "theirs")
    assert deliveries.reserve(RUN, [mine]) == {}
    assert deliveries.reserve(RUN, [theirs]) == {"e1": mine}
    assert deliveries.read(RUN, ["e1", "e2"]) == {"e1": mine}


def test_what_is_free_is_reserved_beside_what_is_taken(deliveries):
    taken = [reservation(f"t{n}", "theirs") for n in range(3)]
    free = [reservation(f"f{n}") for n in range(7)]
    deliveries.reserve(RUN, taken)
    found = deliveries.reserve(RUN, [*free[:4], *[replace(one, attempt="mine") for one in taken], *free[4:]])
    assert found == {one.endpoint_id: one for one in taken}
    assert deliveries.read(RUN, [one.endpoint_id for one in free]) == {one.endpoint_id: one for one in free}


def test_many_are_reserved_recorded_and_read(deliveries):
    many = [reservation(f"e/{n}+ü#") for n in range(230)]
    assert deliveries.reserve(RUN, many) == {}
    outcomes = [replace(one, state=SENT, message_id=f"m{n}") for n, one in enumerate(many)]
    deliveries.record(RUN, outcomes)
    assert deliveries.read(RUN, [one.endpoint_id for one in many]) == {one.endpoint_id: one for one in outcomes}


def test_every_word_of_an_outcome_is_kept(deliveries):
    outcome = Delivery(
        "e1", "3", FAILED, at=AT, attempt="mine", leased_until=7, message_id="m", code="c", reason="r", fallback="f"
    )
    deliveries.reserve(RUN, [reservation("e1")])
    deliveries.record(RUN, [outcome])
    assert deliveries.read(RUN, ["e1"]) == {"e1": outcome}


def test_runs_do_not_see_each_other(deliveries):
    deliveries.reserve(RUN, [reservation("e1")])
    assert deliveries.reserve("s" * 32, [reservation("e1")]) == {}
    assert deliveries.read("t" * 32, ["e1"]) == {}


def test_a_release_frees_the_recipient(deliveries):
    deliveries.reserve(RUN, [reservation("e1"), reservation("e2")])
    deliveries.release(RUN, [reservation("e1")])
    assert set(deliveries.read(RUN, ["e1", "e2"])) == {"e2"}
    assert deliveries.reserve(RUN, [reservation("e1", "again")]) == {}


def test_only_the_very_reservation_is_settled(deliveries):
    stale = reservation("e1", "dead")
    deliveries.reserve(RUN, [stale])
    deliveries.settle(RUN, replace(stale, attempt="other"), stale.settled_as_unknown())
    assert deliveries.read(RUN, ["e1"])["e1"] == stale
    deliveries.settle(RUN, stale, stale.settled_as_unknown())
    assert deliveries.read(RUN, ["e1"])["e1"].state == UNKNOWN
    deliveries.settle(RUN, stale, replace(stale, state=SENT))
    assert deliveries.read(RUN, ["e1"])["e1"].state == UNKNOWN


def test_a_drop_is_a_reservation_for_good(deliveries):
    drop = Delivery("e1", "0", DROPPED, at=AT, attempt="mine", code="ENDPOINT_OPT_OUT")
    assert deliveries.reserve(RUN, [drop]) == {}
    assert deliveries.reserve(RUN, [reservation("e1", "later")]) == {"e1": drop}


def test_nothing_is_nothing(deliveries):
    assert deliveries.read(RUN, []) == {} and deliveries.reserve(RUN, []) == {}
    deliveries.record(RUN, [])
    deliveries.release(RUN, [])


def test_items_expire(aws):
    client = aws("dynamodb")
    table = make_table(client, "deliveries")
    DynamoDeliveries(table=table, client=client).reserve(RUN, [reservation("e1")])
    (item,) = client.scan(TableName=table)["Items"]
    assert int(item["expires"]["N"]) == AT // 1000 + KEEP_DAYS * 86400


class Slow:
    """A table that leaves part of every batch for the next call."""

    def __init__(self, client):
        self.client, self.calls = client, 0

    def __getattr__(self, name):
        return getattr(self.client, name)

    def batch_write_item(self, RequestItems):
        self.calls += 1
        ((table, writes),) = RequestItems.items()
        self.client.batch_write_item(RequestItems={table: writes[:9]})
        return {"UnprocessedItems": {table: writes[9:]} if writes[9:] else {}}

    def batch_get_item(self, RequestItems):
        self.calls += 1
        ((table, request),) = RequestItems.items()
        answer = self.client.batch_get_item(RequestItems={table: {**request, "Keys": request["Keys"][:40]}})
        left = request["Keys"][40:]
        return {**answer, "UnprocessedKeys": {table: {**request, "Keys": left}} if left else {}}


def test_what_dynamodb_leaves_over_is_done_in_further_calls(aws):
    client = aws("dynamodb")
    slow = Slow(client)
    deliveries = DynamoDeliveries(table=make_table(client, "deliveries"), client=slow, sleep=lambda seconds: None)
    many = [reservation(f"e{n}") for n in range(100)]
    deliveries.record(RUN, many)
    assert len(deliveries.read(RUN, [one.endpoint_id for one in many])) == 100
    assert slow.calls == 4 * 3 + 3


def test_a_clash_of_transactions_is_tried_again_and_then_unavailable():
    error = client_error("TransactionCanceledException", CancellationReasons=[{"Code": "TransactionConflict"}])
    pauses = []
    deliveries = DynamoDeliveries(table="t", client=Broken(error), sleep=pauses.append)
    with pytest.raises(Unavailable, match="others keep writing"):
        deliveries.reserve(RUN, [reservation("e1")])
    assert len(pauses) == 5


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [("AccessDeniedException", 400, Forbidden), ("InternalServerError", 500, Unavailable)],
)
def test_errors_are_the_engine_s_own(code, status, expected):
    deliveries = DynamoDeliveries(table="t", client=Broken(client_error(code, status)), sleep=lambda seconds: None)
    one = reservation("e1")
    for call in (
        lambda: deliveries.read(RUN, ["e1"]),
        lambda: deliveries.reserve(RUN, [one]),
        lambda: deliveries.record(RUN, [one]),
        lambda: deliveries.release(RUN, [one]),
        lambda: deliveries.settle(RUN, one, one),
    ):
        with pytest.raises(expected):
            call()
