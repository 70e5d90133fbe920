"""Ids, shards, cohorts and documents of endpoints; updates from the API's JSON."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement.domain.derived_ids import derived_ids
from engagement.domain.endpoint import (
    Endpoint,
    EndpointUpdate,
    cohort_of,
    endpoint_bytes,
    endpoint_document,
    endpoint_from_document,
    shard_of,
)
from engagement.domain.endpoint_fields import Refused
from engagement.domain.endpoint_update import endpoint_update
from engagement.domain.refusal import Refusal, hidden, shown
from engagement.domain.update_groups import independent_groups

APP = "a" * 32


@given(st.lists(st.tuples(st.sampled_from(["EMAIL", "SMS"]), st.text(max_size=20), st.text(max_size=20))))
def test_a_derived_id_is_a_uuid5_of_what_names_the_endpoint(names: list[tuple[str, str, str]]) -> None:
    namespace = uuid.uuid5(uuid.NAMESPACE_URL, f"endpoints:{APP}")
    expected = [uuid.uuid5(namespace, "\n".join(name)) for name in names]
    columns = [[name[n] for name in names] for n in range(3)]
    assert derived_ids(APP, *columns) == [one.hex for one in expected]
    assert {one.version for one in expected} <= {5}


def test_ids_differ_by_app_channel_address_and_user() -> None:
    ids = {
        derived_ids(app_id, *([part] for part in parts))[0]
        for app_id, *parts in [(APP, "EMAIL", "a", "u"), ("b", "EMAIL", "a", "u"), (APP, "SMS", "a", "u"), (APP, "EMAIL", "b", "u"), (APP, "EMAIL", "a", None)]
    }  # fmt: skip
    assert len(ids) == 5


def test_shards_and_cohorts_never_change() -> None:
    """These numbers are in tables and in running campaigns: another function would move people."""
    assert [shard_of(name) for name in ("e1", "a/b@c.d+", "日本", "")] == [7, 5, 12, 0]
    assert cohort_of(APP, "e1") == cohort_of(APP, "e1") and cohort_of(APP, "e1") != cohort_of("b", "e1")
    counts = [0] * 100
    for n in range(10_000):
        counts[int(cohort_of(APP, f"e{n}"))] += 1
    assert min(counts) > 50 and max(counts) < 150


def test_a_document_and_back() -> None:
    endpoint = Endpoint(
        id="e", app_id=APP, address="a", channel_type="EMAIL", attributes={"a": ["1"]}, metrics={"m": 1.5},
        demographic={"Make": "LG"}, location={"Latitude": 1.0}, user_id="u", user_attributes={"n": ["v"]}, opt_out="ALL",
        endpoint_status="INACTIVE", effective_date="d1", creation_date="d2", request_id="r", cohort_id="7", revision=3,
    )  # fmt: skip
    assert endpoint_from_document(endpoint_document(endpoint), revision=3) == endpoint
    anonymous = Endpoint(id="e", app_id=APP, user_attributes={"n": ["v"]})
    assert endpoint_document(anonymous)["User"] == {"UserAttributes": {"n": ["v"]}}
    assert endpoint_from_document(endpoint_document(anonymous)) == anonymous
    assert endpoint_bytes(Endpoint(id="é", app_id="")) - endpoint_bytes(Endpoint(id="e", app_id="")) == 1


def test_an_update_of_nothing_changes_nothing() -> None:
    assert endpoint_update("e", {}) == EndpointUpdate("e")
    assert endpoint_update("e", {"Address": None, "User": None, "Attributes": {"a": None}}) == EndpointUpdate(
        "e", attributes={}, metrics={}, demographic={}, location={}, user_attributes={}
    )


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"ChannelType": "Email"}, "ChannelType: value 'Email' is none of"),
    ({"Address": "a\nb"}, "Address: value '<hidden, 3 characters>' holds a line break"),
    ({"Location": {"Longitude": float("nan")}}, "is not a finite number"),
    ({"Metrics": {"m": 10**400}}, "is not a finite number"),
    ({"Metrics": {"m": True}}, "value 'true' is"),
    ({"Metrics": {"": 1}}, "has no name"),
    ({"User": {"UserId": "u" * 1001}}, "User.UserId"),
    ({"User": "u"}, "User: value 'u' is not an object"),
    ({"Demographic": {"Colour": "x"}}, "Demographic.Colour: is not a member"),
    ({"OptOut": 5}, "OptOut: value '5' is a number, not a string"),
    ({"Attributes": {"a": ["\ud800"]}}, "is not valid Unicode"),
]


@pytest.mark.parametrize(("document", "says"), WRONG)
def test_a_wrong_value_says_where(document: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused) as caught:
        endpoint_update("e", document, path="Item[2].")
    message = caught.value.refusal.message
    assert message.startswith("Item[2].") and says in message and " -> " in message
    message.encode()


@pytest.mark.parametrize("endpoint_id", ["", "é" * 501])
def test_an_id_is_a_key(endpoint_id: str) -> None:
    with pytest.raises(Refused, match="Id"):
        endpoint_update(endpoint_id, {})


def test_a_byte_that_is_no_utf8_is_shown_as_that_byte() -> None:
    assert hidden(b"Zo\xeb\n\xe2\x80\xa8".decode("utf-8", "surrogateescape")) == r"Zo\xeb\x0a\x2028"


@pytest.mark.parametrize(
    "text",
    [
        "write to ana@x.example now",
        "+50937001234",
        "call 555-123-4567",
        "(555) 123-4567",
        "ana+x@mail.x.example,b",
        "37001234",
    ],
)
def test_addresses_are_hidden(text: str) -> None:
    safe = hidden(text)
    assert "<hidden>" in safe and "x.example" not in safe and "1234" not in safe


def test_dates_and_plain_words_are_shown_and_long_ones_clipped() -> None:
    assert hidden("2026-13-45T00:00:00Z user_12 50.5") == "2026-13-45T00:00:00Z user_12 50.5"
    assert shown("X", "v" * 500) == "v" * 40 + "..."
    assert shown("Item[0].Address", "ana") == "<hidden, 3 characters>"
    assert "\n" not in Refusal("p", "rule", "do", "a\nb\x00").message


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), max_size=40), st.integers(1, 5))
def test_groups_keep_what_belongs_together_in_order(pairs: list[tuple[int, int]], count: int) -> None:
    updates = [EndpointUpdate(f"e{one}", user_id=f"u{user}") for one, user in pairs]
    groups = independent_groups(updates, count)
    assert sorted(number for group in groups for number, _ in group) == list(range(len(updates)))
    assert len(groups) <= count
    for group in groups:
        others = [update for other in groups if other is not group for _, update in other]
        for number, update in group:
            assert updates[number] is update
            assert not any(other.id == update.id or other.user_id == update.user_id for other in others)
        for one in {update.id for _, update in group}:
            numbers = [number for number, update in group if update.id == one]
            assert numbers == sorted(numbers)
