"""What every ``ports.BatchResults`` promises, and what DynamoDB's bad days do to the real one."""

from __future__ import annotations

import pytest

from engagement.adapters.batch_results_dynamodb import DAY, KEEP_DAYS, DynamoBatchResults
from engagement.domain.batch_results import Loaded, ResultFile, Served, UserItems
from engagement.errors import Forbidden, Unavailable
from engagement.ports import StoredObject
from tests.aws_faults import Broken, client_error
from tests.aws_tables import make_table
from tests.fakes_recommendations import FakeBatchResults

PROVIDER = "s3://data/personalize/output/recommendations"
FIRST, SECOND, THIRD = (ResultFile(PROVIDER, f"job-{number}") for number in (1, 2, 3))
OTHER = ResultFile("s3://data/personalize/output/other", "job-1")


def real(client, **more):
    return DynamoBatchResults(table="recommendations", client=client, sleep=lambda seconds: None, **more)


@pytest.fixture(params=["fake", "dynamodb"])
def results(request):
    if request.param == "fake":
        return FakeBatchResults()
    client = request.getfixturevalue("aws")("dynamodb")
    make_table(client, "recommendations")
    return real(client)


def load(results, file, items, at, key="out"):
    results.write(file, [UserItems(user, tuple(found)) for user, found in items.items()])
    results.mark_loaded(file, key, "etag", users=len(items), faulty=0, at=at)
    return results.serve(file, at)


def test_nobody_sees_a_generation_before_it_serves(results):
    results.write(FIRST, [UserItems("u1", ("A", "B"))])
    assert results.served(PROVIDER) is None
    assert results.items_of(PROVIDER, ["u1"]) == {}
    assert results.serve(FIRST, 10)
    assert results.items_of(PROVIDER, ["u1", "u2"]) == {"u1": ("A", "B")}
    assert results.items_of(PROVIDER + "/", ["u1"]) == {"u1": ("A", "B")}, "with or without a slash at the end"
    assert results.items_of(OTHER.provider, ["u1"]) == {}


def test_a_new_generation_takes_over_without_a_gap(results):
    load(results, FIRST, {"u1": ["A"], "u2": ["B"]}, 10)
    results.write(SECOND, [UserItems("u1", ("C",))])
    assert results.items_of(PROVIDER, ["u1", "u2"]) == {"u1": ("A",), "u2": ("B",)}
    assert results.serve(SECOND, 20)
    assert results.served(PROVIDER) == Served("job-2", "job-1", 20)
    assert results.items_of(PROVIDER, ["u1", "u2"]) == {"u1": ("C",), "u2": ("B",)}, "who is left out keeps the last"
    load(results, THIRD, {"u1": ["D"]}, 30)
    assert results.items_of(PROVIDER, ["u1", "u2"]) == {"u1": ("D",)}, "but only one generation long"


def test_an_older_generation_that_comes_late_does_not_take_over(results):
    load(results, SECOND, {"u1": ["C"]}, 20)
    assert not load(results, FIRST, {"u1": ["A"]}, 10)
    assert not results.serve(SECOND, 25), "what serves is not new"
    assert results.served(PROVIDER) == Served("job-2", "", 20)


def test_an_older_generation_serves_when_told_to_and_if_it_is_there(results):
    load(results, FIRST, {"u1": ["A"]}, 10)
    load(results, SECOND, {"u1": ["C"]}, 20)
    assert results.serve(FIRST, 30, anyway=True)
    assert results.items_of(PROVIDER, ["u1"]) == {"u1": ("A",)}
    assert not results.serve(THIRD, 40, anyway=True), "never loaded"
    assert results.served(PROVIDER) == Served("job-1", "job-2", 30)


def test_how_long_a_generation_is_kept(results):
    assert results.kept_until(FIRST) is None
    load(results, FIRST, {"u1": ["A"]}, 10)
    assert results.kept_until(FIRST) > 1_700_000_000 and results.kept_until(SECOND) is None


def test_a_file_counts_as_loaded_with_its_content(results):
    results.mark_loaded(FIRST, "a.out", "v1", users=3, faulty=0, at=1)
    assert results.is_loaded(FIRST, "a.out", "v1")
    assert not results.is_loaded(FIRST, "a.out", "v2")
    assert not results.is_loaded(FIRST, "b.out", "v1")
    assert not results.is_loaded(SECOND, "a.out", "v1")


def test_how_much_of_a_generation_is_loaded(results):
    a, b = StoredObject("a.out", 1, "v1"), StoredObject("b.out", 1, "v1")
    assert results.loaded(FIRST, [a, b]) is None
    results.mark_loaded(FIRST, "a.out", "v1", users=3, faulty=1, at=20)
    results.mark_loaded(SECOND, "b.out", "v1", users=9, faulty=0, at=90)
    assert results.loaded(FIRST, [a, b]) == Loaded(("b.out",), 3, 20)
    results.mark_loaded(FIRST, "b.out", "v0", users=4, faulty=0, at=10)
    assert results.loaded(FIRST, [a, b]) == Loaded(("b.out",), 7, 20), "another content"
    results.mark_loaded(FIRST, "b.out", "v1", users=5, faulty=0, at=10)
    assert results.loaded(FIRST, [a, b]) == Loaded((), 8, 20)
    assert results.loaded(FIRST, []) == Loaded((), 8, 20), "gone from the bucket, and still loaded"


def test_a_generation_of_very_many_files(aws):
    client = aws("dynamodb")
    make_table(client, "recommendations")
    results = real(Paged(client))
    names = [f"{n}.out" for n in range(7)]
    for name in names:
        results.mark_loaded(FIRST, name, "v1", users=1, faulty=0, at=1)
    assert results.loaded(FIRST, [StoredObject(name, 1, "v1") for name in names]) == Loaded((), 7, 1)
    assert results.kept_until(FIRST)


class Paged:
    """Answers queries in pages of two."""

    def __init__(self, client):
        self._client = client

    def __getattr__(self, name):
        return getattr(self._client, name)

    def query(self, **request):
        return self._client.query(**request, Limit=2)


def test_any_number_of_users_and_a_user_twice(results):
    everybody = [UserItems(f"u{n}", (f"I{n}",)) for n in range(130)]
    results.write(FIRST, [*everybody, UserItems("u7", ("LAST",))])
    results.serve(FIRST, 1)
    found = results.items_of(PROVIDER, [f"u{n}" for n in range(131)] + ["u1"])
    assert len(found) == 130 and found["u7"] == ("LAST",) and found["u129"] == ("I129",)


def test_items_expire_and_what_serves_does_not(aws):
    client = aws("dynamodb")
    make_table(client, "recommendations")
    load(real(client, now=lambda: 1000.0), FIRST, {"u1": ["A"]}, 10)
    items = client.scan(TableName="recommendations")["Items"]
    expiry = {item["sk"]["S"].split("#")[0]: int(item.get("expires", {"N": 0})["N"]) for item in items}
    assert expiry == {"items": 1000 + KEEP_DAYS * DAY, "file": 1000 + KEEP_DAYS * DAY, "served": 0}


class Stingy:
    """Leaves a part of each batch undone."""

    def __init__(self, client, rounds):
        self._client, self._rounds = client, rounds

    def __getattr__(self, name):
        return getattr(self._client, name)

    def batch_write_item(self, RequestItems):
        ((table, requests),) = RequestItems.items()
        done = requests[: len(requests) // 2] if self._rounds else requests
        self._rounds -= bool(self._rounds)
        if done:
            self._client.batch_write_item(RequestItems={table: done})
        return {"UnprocessedItems": {table: requests[len(done) :]} if len(done) < len(requests) else {}}

    def batch_get_item(self, RequestItems):
        ((table, wanted),) = RequestItems.items()
        keys = wanted["Keys"]
        some = keys[: max(1, len(keys) // 2)] if self._rounds else keys
        self._rounds -= bool(self._rounds)
        answer = self._client.batch_get_item(RequestItems={table: {**wanted, "Keys": some}})
        left = keys[len(some) :]
        return {**answer, "UnprocessedKeys": {table: {"Keys": left}} if left else {}}


def test_what_is_left_undone_is_done_again(aws):
    client = aws("dynamodb")
    make_table(client, "recommendations")
    results = real(Stingy(client, 4))
    load(results, FIRST, {f"u{n}": ["A"] for n in range(60)}, 1)
    assert len(results.items_of(PROVIDER, [f"u{n}" for n in range(60)])) == 60


def test_a_table_that_takes_nothing_says_so(aws):
    client = aws("dynamodb")
    make_table(client, "recommendations")
    with pytest.raises(Unavailable, match="could not be written now"):
        real(Stingy(client, 1000)).write(FIRST, [UserItems("u", ("A",))])


@pytest.mark.parametrize(
    ("code", "status", "kind"), [("AccessDeniedException", 400, Forbidden), ("InternalServerError", 500, Unavailable)]
)
def test_failures_come_in_the_engines_words(code, status, kind):
    results = real(Broken(client_error(code, status)))
    for call in (
        lambda: results.served(PROVIDER),
        lambda: results.write(FIRST, [UserItems("u", ("A",))]),
        lambda: results.mark_loaded(FIRST, "k", "e", users=1, faulty=0, at=1),
        lambda: results.loaded(FIRST, []),
    ):
        with pytest.raises(kind):
            call()


def test_who_loses_the_race_looks_again(aws):
    client = aws("dynamodb")
    make_table(client, "recommendations")
    results, rival = real(client), real(client)
    known = results.served

    def served_and_then_overtaken(provider):
        found = known(provider)
        results.served = known
        load(rival, THIRD, {"u1": ["D"]}, 30)
        return found

    results.served = served_and_then_overtaken
    assert not results.serve(SECOND, 20), "the newer one, which came between, goes on serving"
    assert results.served(PROVIDER) == Served("job-3", "", 30)
