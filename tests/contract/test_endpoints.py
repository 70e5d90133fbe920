"""What every implementation of ports.Endpoints does, the fake and DynamoDB (moto) alike; then DynamoDB's bad days."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from engagement.adapters.endpoints_dynamodb import DynamoEndpoints
from engagement.domain.endpoint import Endpoint, EndpointUpdate, endpoint_document, shard_of
from engagement.errors import Forbidden, Unavailable
from tests.fakes_audience import FakeEndpoints

APP, OTHER_APP = "a" * 32, "b" * 32
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="endpoints",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )
        yield client


@pytest.fixture(params=["fake", "dynamodb"])
def endpoints(request: pytest.FixtureRequest) -> Any:
    if request.param == "fake":
        return FakeEndpoints()
    return DynamoEndpoints(
        table="endpoints", client=request.getfixturevalue("dynamodb"), sleep=lambda _: None, workers=1
    )


def put(endpoints: Any, endpoint_id: str, **fields: Any) -> Endpoint:
    (outcome,) = endpoints.apply(APP, [EndpointUpdate(endpoint_id, **fields)], NOW)
    assert outcome.endpoint is not None, outcome.reason
    return outcome.endpoint


@pytest.mark.parametrize("endpoint_id", ["e1", "a/b@c.d+", "Ünïcode 日本 #?&%2F", "x" * 1000, " "])
def test_what_was_written_is_read(endpoints: Any, endpoint_id: str) -> None:
    written = put(
        endpoints,
        endpoint_id,
        address="a@b.example",
        channel_type="EMAIL",
        attributes={"a": ["1", "ä"]},
        metrics={"m": 0.1},
        demographic={"Make": "LG"},
        location={"Latitude": 18.5},
        user_id="ü/ser",
        user_attributes={"FirstName": ["Zhang"]},
        opt_out="ALL",
    )
    assert endpoints.get(APP, endpoint_id) == written
    assert endpoints.get_many(APP, [endpoint_id, "unknown", endpoint_id]) == {endpoint_id: written}
    assert endpoints.of_user(APP, "ü/ser") == [written]
    assert written.user_attributes == {"FirstName": ["Zhang"]}
    assert endpoint_document(written)["User"] == {"UserId": "ü/ser", "UserAttributes": {"FirstName": ["Zhang"]}}


def test_unknown_things_are_not_there(endpoints: Any) -> None:
    put(endpoints, "e1", user_id="u")
    assert endpoints.get(OTHER_APP, "e1") is None
    assert endpoints.get(APP, "e2") is None
    assert endpoints.of_user(OTHER_APP, "u") == []
    assert endpoints.delete(APP, "e2") is None
    assert list(endpoints.scan(OTHER_APP, shard_of("e1"))) == []
    assert endpoints.get_many(APP, []) == {}
    assert endpoints.apply(APP, [], NOW) == []


def test_updates_of_one_call_are_applied_in_order(endpoints: Any) -> None:
    outcomes = endpoints.apply(
        APP,
        [
            EndpointUpdate("e1", address="a@b.example", channel_type="EMAIL", attributes={"a": ["1"]}),
            EndpointUpdate(
                "e2", address="a@b.example", channel_type="EMAIL", user_id="u", user_attributes={"n": ["x"]}
            ),
            EndpointUpdate("e1", attributes={"b": ["2"]}, endpoint_status="INACTIVE"),
            EndpointUpdate("e3", user_id="u", user_attributes={"n": ["y"]}),
        ],
        NOW,
    )
    assert [outcome.endpoint.id for outcome in outcomes] == ["e1", "e2", "e1", "e3"]
    assert endpoints.get(APP, "e1").attributes == {"a": ["1"], "b": ["2"]}
    assert (endpoints.get(APP, "e1").endpoint_status, endpoints.get(APP, "e2").endpoint_status) == (
        "INACTIVE",
        "ACTIVE",
    )
    assert endpoints.get(APP, "e2").user_attributes == {"n": ["y"]}


def test_rules_that_touch_other_records(endpoints: Any) -> None:
    """The older endpoint of an address, the user that is left, the oldest push endpoint: all found in the store."""
    put(endpoints, "old", address="a@b.example", channel_type="EMAIL", user_id="u")
    put(endpoints, "new", address="a@b.example", channel_type="EMAIL", user_id="u")
    assert not endpoints.get(APP, "old").active
    put(endpoints, "new", address="c@d.example", user_id="v")
    put(endpoints, "old")
    assert [e.id for e in endpoints.of_user(APP, "u")] == ["old"]
    assert (endpoints.get(APP, "old").active, endpoints.get(APP, "new").active) == (True, True)
    for n in range(15):
        put(endpoints, f"p{n}", channel_type="GCM", address=f"t{n}", user_id="w", effective_date=f"2026-01-{n + 1:02d}")
    put(endpoints, "p15", channel_type="APNS", address="t15", user_id="w")
    assert endpoints.get(APP, "p0").user_id is None
    assert len(endpoints.of_user(APP, "w")) == 15


def test_a_refused_update_changes_nothing_and_the_others_are_in(endpoints: Any) -> None:
    updates = [EndpointUpdate(f"e{n}", channel_type="EMAIL", address=f"{n}@b.example", user_id="u") for n in range(17)]
    outcomes = endpoints.apply(APP, [*updates, EndpointUpdate("x", requires_address=True)], NOW)
    refused = [n for n, outcome in enumerate(outcomes) if outcome.refusal]
    assert refused == [15, 16, 17]
    assert "already has 15 endpoints" in outcomes[15].reason
    assert len(endpoints.of_user(APP, "u")) == 15
    assert endpoints.get(APP, "e15") is None


def test_together_means_all_or_none(endpoints: Any) -> None:
    updates = [EndpointUpdate("e1", attributes={"a": ["b"]}), EndpointUpdate("x", requires_address=True)]
    assert [outcome.refusal is None for outcome in endpoints.apply(APP, updates, NOW, together=True)] == [True, False]
    assert endpoints.get(APP, "e1") is None
    assert endpoints.apply(APP, updates[:1], NOW, together=True)[0].endpoint == endpoints.get(APP, "e1")


def test_attribute_names_are_counted_over_the_app(endpoints: Any) -> None:
    for start in range(0, 250, 50):
        put(endpoints, f"e{start}", attributes={f"n{n}": ["v"] for n in range(start, start + 50)})
    (outcome,) = endpoints.apply(APP, [EndpointUpdate("e", metrics={"one more": 1.0})], NOW)
    assert "250" in outcome.reason
    assert endpoints.apply(OTHER_APP, [EndpointUpdate("e", metrics={"one more": 1.0})], NOW)[0].endpoint


def test_delete_gives_back_and_forgets(endpoints: Any) -> None:
    put(endpoints, "e1", address="a@b.example", channel_type="EMAIL", user_id="u", user_attributes={"n": ["v"]})
    put(endpoints, "e2", user_id="u")
    assert endpoints.delete(APP, "e1").user_attributes == {"n": ["v"]}
    assert endpoints.get(APP, "e1") is None
    assert [e.id for e in endpoints.of_user(APP, "u")] == ["e2"]
    assert endpoints.of_users(APP, ["u", "nobody"]).keys() == {"u"}
    assert endpoints.delete(APP, "e2").user_attributes == {"n": ["v"]}
    assert endpoints.of_user(APP, "u") == []
    assert put(endpoints, "e3", user_id="u").user_attributes == {}


def test_shards_hold_everything_once_in_order(endpoints: Any) -> None:
    ids = [f"id-{n}" for n in range(50)] + ["ä", "Z", "日"]
    updates = [EndpointUpdate(i, user_id=f"u{n % 15}", user_attributes={"n": [str(n % 15)]}) for n, i in enumerate(ids)]
    endpoints.apply(APP, updates, NOW)
    shards = [list(endpoints.scan(APP, shard)) for shard in range(endpoints.shards)]
    assert sorted(e.id for shard in shards for e in shard) == sorted(ids)
    for number, shard in enumerate(shards):
        names = [e.id for e in shard]
        assert names == sorted(names) and {shard_of(name) for name in names} <= {number}
        assert all(e.user_attributes == {"n": [e.user_id[1:]]} for e in shard)
        if len(names) > 2:
            assert [e.id for e in endpoints.scan(APP, number, after=names[1])] == names[2:]
    assert set(endpoints.get_many(APP, ids)) == set(ids)


def test_many_updates_at_once_with_repeats(endpoints: Any) -> None:
    updates = [
        EndpointUpdate(f"e{n % 50}", address=f"{n % 50}@b.example", channel_type="EMAIL", user_id=f"u{n % 20}", attributes={"n": [str(n)]})
        for n in range(104)
    ]  # fmt: skip
    outcomes = endpoints.apply(APP, updates, NOW)
    assert [o.endpoint.id for o in outcomes] == [u.id for u in updates]
    last = {update.id: update.attributes for update in updates}
    assert {e.id: e.attributes for e in endpoints.get_many(APP, list(last)).values()} == last
    again = endpoints.apply(APP, updates[-50:], NOW)
    assert [o.endpoint.attributes for o in again] == [u.attributes for u in updates[-50:]]


# DynamoDB alone ----------------------------------------------------------------------------------------------------


class Meddling:
    """A client that does something else before the calls of one operation, as often as there are things to do."""

    def __init__(self, client: Any, operation: str, *things: Any) -> None:
        self._client, self._operation, self._things = client, operation, list(things)
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            if name == self._operation:
                self.calls += 1
                if self._things:
                    thing = self._things.pop(0)
                    if isinstance(thing, Exception):
                        raise thing
                    if (answer := thing(request)) is not None:
                        return answer
            return getattr(self._client, name)(**request)

        return call


class OneAtATime:
    """moto copies its table for each transaction and so stands one call at a time; callers still take turns at will."""

    def __init__(self, client: Any) -> None:
        self._client, self._lock = client, Lock()

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            with self._lock:
                return getattr(self._client, name)(**request)

        return call


def error(code: str, status: int = 400, **more: Any) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}, "Op"
    )


def store(client: Any, **options: Any) -> DynamoEndpoints:
    return DynamoEndpoints(table="endpoints", client=client, **{"sleep": lambda _: None, "workers": 1, **options})


def test_an_opt_out_written_meanwhile_is_never_lost(dynamodb: Any) -> None:
    plain = store(dynamodb)
    updates = [
        EndpointUpdate(f"e{n}", address=f"{n}@b.example", channel_type="EMAIL", user_id=f"u{n}") for n in range(60)
    ]
    plain.apply(APP, updates, NOW)

    def opt_out(_: Any) -> None:
        plain.apply(APP, [EndpointUpdate("e40", opt_out="ALL")], NOW)

    meddling = Meddling(dynamodb, "transact_write_items", opt_out, opt_out)
    outcomes = store(meddling).apply(APP, [u._replace(attributes={"a": ["b"]}) for u in updates], NOW)
    assert all(outcome.endpoint for outcome in outcomes)
    assert plain.get(APP, "e40").opt_out == "ALL"
    assert plain.get(APP, "e40").attributes == {"a": ["b"]}
    assert outcomes[40].endpoint.opt_out == "ALL"


@pytest.mark.parametrize("operation", ["transact_write_items", "put_item", "batch_get_item"])
def test_throttling_is_waited_out(dynamodb: Any, operation: str) -> None:
    pauses: list[float] = []
    throttles = [
        error("ThrottlingException"),
        error("ProvisionedThroughputExceededException"),
        error("RequestLimitExceeded"),
    ]
    endpoints = store(Meddling(dynamodb, operation, *throttles), sleep=pauses.append)
    assert endpoints.apply(APP, [EndpointUpdate("e1")], NOW)[0].endpoint
    assert endpoints.apply(APP, [EndpointUpdate("e2", user_id="u")], NOW)[0].endpoint
    assert len(pauses) == 3 and all(0 < pause < 2 for pause in pauses)


def test_endless_throttling_and_endless_conflict_end_as_unavailable(dynamodb: Any) -> None:
    conflict = {"CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}]}
    for operation, problem in [
        ("transact_write_items", error("TransactionCanceledException", **conflict)),
        ("transact_write_items", error("ThrottlingException")),
        ("batch_get_item", error("ThrottlingException")),
    ]:
        meddling = Meddling(dynamodb, operation, *[problem] * 50)
        with pytest.raises(Unavailable):
            store(meddling).apply(APP, [EndpointUpdate("e1", user_id="u")], NOW)
        assert meddling.calls <= 8


def test_other_failures_come_out_in_our_words(dynamodb: Any) -> None:
    broken = {"CancellationReasons": [{"Code": "ValidationError"}]}
    for problem, expected in [
        (error("AccessDeniedException"), Forbidden),
        (error("InternalServerError", 500), Unavailable),
        (ReadTimeoutError(endpoint_url="http://x"), Unavailable),
        (error("TransactionCanceledException", **broken), Exception),
    ]:
        with pytest.raises(expected) as caught:
            store(Meddling(dynamodb, "transact_write_items", problem)).apply(
                APP, [EndpointUpdate("e", user_id="u")], NOW
            )
        assert not isinstance(caught.value, ClientError)


def test_unprocessed_keys_are_asked_for_again(dynamodb: Any) -> None:
    plain = store(dynamodb)
    plain.apply(APP, [EndpointUpdate(f"e{n}") for n in range(10)], NOW)

    def half(request: Any) -> Any:
        keys = request["RequestItems"]["endpoints"]["Keys"]
        answer = dynamodb.batch_get_item(RequestItems={"endpoints": {"Keys": keys[:4], "ConsistentRead": True}})
        return {**answer, "UnprocessedKeys": {"endpoints": {"Keys": keys[4:], "ConsistentRead": True}}}

    meddling = Meddling(dynamodb, "batch_get_item", half, half)
    assert len(store(meddling).get_many(APP, [f"e{n}" for n in range(10)])) == 10
    assert meddling.calls == 3


def test_a_delete_does_not_undo_what_came_between(dynamodb: Any) -> None:
    plain = store(dynamodb)
    plain.apply(APP, [EndpointUpdate("e1", user_id="u"), EndpointUpdate("e2", user_id="u")], NOW)

    def meddle(_: Any) -> None:
        plain.apply(APP, [EndpointUpdate("e3", user_id="u", user_attributes={"n": ["v"]})], NOW)

    assert store(Meddling(dynamodb, "transact_write_items", meddle)).delete(APP, "e1").user_attributes == {"n": ["v"]}
    assert {e.id for e in plain.of_user(APP, "u")} == {"e2", "e3"}


def test_writers_side_by_side_lose_nothing(dynamodb: Any) -> None:
    """Eight writers add a metric each to one endpoint, and an endpoint each to one user."""
    endpoints = store(OneAtATime(dynamodb), sleep=time.sleep)
    endpoints.apply(APP, [EndpointUpdate("shared")], NOW)

    def write(n: int) -> None:
        endpoints.apply(APP, [EndpointUpdate("shared", metrics={f"m{n}": 1.0})], NOW)
        endpoints.apply(APP, [EndpointUpdate(f"own{n}", user_id="u")], NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(8)))
    assert len(endpoints.get(APP, "shared").metrics) == 8
    assert len(endpoints.of_user(APP, "u")) == 8


def test_what_is_removed_leaves_nothing_of_its_application_and_all_of_others(endpoints: Any) -> None:
    for number in range(60):
        put(
            endpoints, f"e{number}", address=f"p{number % 50}@x.example", channel_type="EMAIL", user_id=f"u{number // 2}",
            user_attributes={"Name": ["n"]}, attributes={"A": ["b"]},
        )  # fmt: skip
    other = EndpointUpdate("e1", address="p1@x.example", channel_type="EMAIL", user_id="u0")
    endpoints.apply(OTHER_APP, [other], NOW)
    removed = 0
    for shard in range(endpoints.shards):
        while count := endpoints.remove_some(APP, shard, limit=3):
            assert count <= 3
            removed += count
    assert removed == 60
    assert endpoints.get_many(APP, [f"e{n}" for n in range(60)]) == {}
    assert endpoints.of_users(APP, [f"u{n}" for n in range(30)]) == {}
    assert [e.id for e in endpoints.of_user(OTHER_APP, "u0")] == ["e1"]


class FailsAt:
    """DynamoDB whose ``number``-th BatchWriteItem fails."""

    def __init__(self, client: Any, number: int) -> None:
        self._client, self._left = client, number

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch_write_item(self, **request: Any) -> Any:
        self._left -= 1
        if not self._left:
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, "BatchWriteItem")
        return self._client.batch_write_item(**request)


@pytest.mark.parametrize("call", [1, 2])
def test_a_removal_that_ends_in_between_leaves_nothing_out_of_its_reach(dynamodb: Any, call: int) -> None:
    update = EndpointUpdate("e", address="p@b.example", channel_type="EMAIL", user_id="u", attributes={"A": ["b"]})
    store(dynamodb).apply(APP, [update], NOW)
    with pytest.raises(Unavailable):
        store(FailsAt(dynamodb, call)).remove_some(APP, shard_of("e"))
    assert store(dynamodb).remove_some(APP, shard_of("e")) == 1
    assert dynamodb.scan(TableName="endpoints")["Count"] == 0


def test_names_of_attributes_go_when_no_endpoint_is_left(dynamodb: Any) -> None:
    store(dynamodb).apply(APP, [EndpointUpdate("e", attributes={"Secret": ["b"]})], NOW)
    store(dynamodb).delete(APP, "e")
    assert dynamodb.scan(TableName="endpoints")["Count"] == 1
    assert store(dynamodb).remove_some(APP, 0) == 0
    assert dynamodb.scan(TableName="endpoints")["Count"] == 0


def test_a_removal_leaves_no_item(dynamodb: Any) -> None:
    endpoints = store(dynamodb)
    updates = [
        EndpointUpdate(
            f"e{n}", address=f"p{n}@b.example", channel_type="EMAIL", user_id=f"u{n}", attributes={"A": ["b"]}
        )
        for n in range(70)
    ]
    endpoints.apply(APP, updates, NOW)
    assert dynamodb.scan(TableName="endpoints")["Count"] == 3 * 70 + 1
    for shard in range(endpoints.shards):
        while endpoints.remove_some(APP, shard):
            pass
    assert dynamodb.scan(TableName="endpoints")["Count"] == 0


def test_items_hold_no_address_in_their_keys_and_spread_over_shards(dynamodb: Any) -> None:
    endpoints = store(OneAtATime(dynamodb), workers=4)
    updates = [EndpointUpdate(f"e{n}", address=f"p{n}@b.example", channel_type="EMAIL") for n in range(104)]
    assert len(endpoints.apply(APP, updates, NOW)) == 104
    items = dynamodb.scan(TableName="endpoints")["Items"]
    assert not any("@" in item["pk"]["S"] + item["sk"]["S"] for item in items)
    assert len({item["pk"]["S"] for item in items if "#endpoints#" in item["pk"]["S"]}) == 16
