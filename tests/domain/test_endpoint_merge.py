"""The write rules of endpoints: tables of cases, then properties over random sequences of updates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement.domain.endpoint import Endpoint, EndpointUpdate, UpdateOutcome, endpoint_document
from engagement.domain.endpoint_merge import address_key, keys_of, merge, remove
from tests.fakes_audience import RecordStore

APP = "a" * 32
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Audience:
    """One app; ``put`` applies an update and answers what the endpoint is now."""

    def __init__(self) -> None:
        self.store = RecordStore()
        self.now = NOW

    def apply(self, endpoint_id: str, **fields: Any) -> UpdateOutcome:
        self.now += timedelta(seconds=1)
        merged = merge(self.store, APP, EndpointUpdate(endpoint_id, **fields), self.now)
        self.store.write(merged.changes)
        return merged.outcome

    def put(self, endpoint_id: str, **fields: Any) -> Endpoint:
        outcome = self.apply(endpoint_id, **fields)
        assert outcome.endpoint is not None, outcome.reason
        return outcome.endpoint

    def refused(self, endpoint_id: str, **fields: Any) -> str:
        outcome = self.apply(endpoint_id, **fields)
        assert outcome.reason is not None
        return outcome.reason

    def get(self, endpoint_id: str) -> Endpoint:
        endpoint = self.store.get(("endpoint", endpoint_id))
        user = self.store.get(("user", endpoint.user_id))
        return replace(endpoint, user_attributes=user.attributes) if user else endpoint


@pytest.fixture
def audience() -> Audience:
    return Audience()


def test_a_first_write_fills_the_defaults(audience: Audience) -> None:
    document = endpoint_document(audience.put("e1", address="a@b.example", channel_type="EMAIL"))
    cohort = document.pop("CohortId")
    assert 0 <= int(cohort) < 100
    assert document == {
        "ApplicationId": APP,
        "Id": "e1",
        "Address": "a@b.example",
        "ChannelType": "EMAIL",
        "Attributes": {},
        "Metrics": {},
        "Demographic": {},
        "Location": {},
        "User": {},
        "OptOut": "NONE",
        "EndpointStatus": "ACTIVE",
        "EffectiveDate": "2026-11-21T12:00:01.000Z",
        "CreationDate": "2026-11-21T12:00:01.000Z",
        "RequestId": "",
    }


MERGES = [
    ("absent members stay", {"attributes": {"a": ["1"]}}, {"metrics": {"m": 2.0}}, "attributes", {"a": ["1"]}),
    ("a key replaces its list", {"attributes": {"a": ["1", "2"]}}, {"attributes": {"a": ["3"]}}, "attributes", {"a": ["3"]}),
    ("other keys stay", {"attributes": {"a": ["1"]}}, {"attributes": {"b": ["2"]}}, "attributes", {"a": ["1"], "b": ["2"]}),
    ("an empty list removes", {"attributes": {"a": ["1"], "b": ["2"]}}, {"attributes": {"a": []}}, "attributes", {"b": ["2"]}),
    ("removing what is not there", {"attributes": {"b": ["2"]}}, {"attributes": {"a": []}}, "attributes", {"b": ["2"]}),
    ("a list with an empty string is a value", {}, {"attributes": {"a": [""]}}, "attributes", {"a": [""]}),
    ("metrics merge", {"metrics": {"m": 1.0, "n": 2.0}}, {"metrics": {"m": 0.0}}, "metrics", {"m": 0.0, "n": 2.0}),
    ("location merges", {"location": {"City": "Jacmel"}}, {"location": {"Country": "HT"}}, "location", {"City": "Jacmel", "Country": "HT"}),
    ("a coordinate of zero is a value", {}, {"location": {"Latitude": 0.0}}, "location", {"Latitude": 0.0}),
    ("an empty string removes", {"demographic": {"Make": "LG"}}, {"demographic": {"Make": ""}}, "demographic", {}),
    ("address replaced", {"address": "x"}, {"address": "y"}, "address", "y"),
    ("opt out kept", {"opt_out": "ALL"}, {"address": "y"}, "opt_out", "ALL"),
    ("opt out named", {"opt_out": "ALL"}, {"opt_out": "NONE"}, "opt_out", "NONE"),
    ("inactive on request", {}, {"endpoint_status": "INACTIVE"}, "endpoint_status", "INACTIVE"),
    ("an update activates again", {"endpoint_status": "INACTIVE"}, {"metrics": {"m": 1.0}}, "endpoint_status", "ACTIVE"),
    ("inactive kept when named", {"endpoint_status": "INACTIVE"}, {"endpoint_status": "INACTIVE"}, "endpoint_status", "INACTIVE"),
    ("effective date is the write's", {"effective_date": "2026-01-01T00:00:00.000Z"}, {}, "effective_date", "2026-11-21T12:00:02.000Z"),
    ("creation date stays", {}, {"creation_date": "2020-01-01T00:00:00.000Z"}, "creation_date", "2026-11-21T12:00:01.000Z"),
    ("cohort stays", {"cohort_id": "7"}, {"cohort_id": "8"}, "cohort_id", "7"),
    ("create only changes nothing", {"attributes": {"a": ["1"]}}, {"attributes": {"a": ["2"]}, "create_only": True}, "attributes", {"a": ["1"]}),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second", "name", "expected"), [c[1:] for c in MERGES], ids=[c[0] for c in MERGES])
def test_merge(audience: Audience, first: dict, second: dict, name: str, expected: Any) -> None:
    audience.put("e1", **first)
    assert getattr(audience.put("e1", **second), name) == expected
    assert getattr(audience.get("e1"), name) == expected


def test_user_attributes_show_on_all_endpoints_of_the_user(audience: Audience) -> None:
    audience.put("phone", user_id="u", user_attributes={"FirstName": ["Akua"], "City": ["Kumasi"]})
    audience.put("mail", user_id="u", user_attributes={"FirstName": ["Ama"]})
    assert audience.get("phone").user_attributes == {"FirstName": ["Ama"], "City": ["Kumasi"]}
    assert audience.put("phone", user_attributes={"City": []}).user_attributes == {"FirstName": ["Ama"]}
    assert audience.get("mail").user_attributes == {"FirstName": ["Ama"]}


def test_user_attributes_without_a_user_stay_with_the_endpoint_until_it_has_one(audience: Audience) -> None:
    assert audience.put("e1", user_attributes={"FirstName": ["Zhang"]}).user_attributes == {"FirstName": ["Zhang"]}
    audience.put("e2", user_id="u", user_attributes={"Plan": ["gold"]})
    assert audience.put("e1", user_id="u").user_attributes == {"FirstName": ["Zhang"], "Plan": ["gold"]}
    assert audience.get("e2").user_attributes == {"FirstName": ["Zhang"], "Plan": ["gold"]}


def test_a_change_of_user_moves_the_endpoint_and_leaves_the_attributes(audience: Audience) -> None:
    audience.put("e1", user_id="u", user_attributes={"FirstName": ["Mateo"]})
    audience.put("e2", user_id="u")
    assert audience.put("e1", user_id="v").user_attributes == {}
    assert audience.store.get(("user", "u")).endpoint_ids == ("e2",)
    assert audience.store.get(("user", "v")).endpoint_ids == ("e1",)
    audience.put("e2", user_id="v")
    assert audience.store.get(("user", "u")) is None


def test_only_the_newest_endpoint_of_an_address_is_active(audience: Audience) -> None:
    audience.put("old", address="a@b.example", channel_type="EMAIL", attributes={"a": ["1"]})
    audience.put("new", address="a@b.example", channel_type="EMAIL")
    assert audience.get("old").endpoint_status == "INACTIVE"
    assert audience.get("old").attributes == {"a": ["1"]}
    audience.put("other channel", address="a@b.example", channel_type="CUSTOM")
    assert audience.get("new").active
    audience.put("old")
    assert (audience.get("old").endpoint_status, audience.get("new").endpoint_status) == ("ACTIVE", "INACTIVE")


def test_an_endpoint_that_left_its_address_is_left_alone(audience: Audience) -> None:
    audience.put("e1", address="a@b.example", channel_type="EMAIL")
    audience.put("e1", address="c@d.example")
    audience.put("e2", address="a@b.example", channel_type="EMAIL")
    assert audience.get("e1").active
    audience.put("e3", address="c@d.example", channel_type="EMAIL", endpoint_status="INACTIVE")
    assert audience.get("e1").active


@pytest.mark.parametrize("other", ["ann@example.ORG", "Ann <ann@example.org>", "<ann@example.org>"])
def test_a_mailbox_written_otherwise_is_the_same_address(audience: Audience, other: str) -> None:
    audience.put("e1", address="Ann@Example.org", channel_type="EMAIL")
    audience.put("e2", address=other, channel_type="EMAIL")
    assert (audience.get("e1").active, audience.get("e2").active) == (False, True)
    audience.put("p1", address="aBc", channel_type="CUSTOM")
    audience.put("p2", address="ABC", channel_type="CUSTOM")
    assert audience.get("p1").active, "a device token is not"


def test_an_address_is_never_a_key() -> None:
    assert "@" not in address_key("EMAIL", "a@b.example")
    assert ("address", address_key("EMAIL", "a@b")) in keys_of(EndpointUpdate("e", address="a@b", channel_type="EMAIL"))


class TestSixteenthEndpoint:
    @pytest.mark.parametrize("channel", ["SMS", "PUSH", "VOICE", "EMAIL", "CUSTOM", "IN_APP"])
    def test_is_refused(self, audience: Audience, channel: str) -> None:
        self.fill(audience, "GCM")
        reason = audience.refused("e16", channel_type=channel, user_id="u", user_attributes={"x": ["y"]})
        assert reason.startswith("User.UserId: value 'u' already has 15 endpoints")
        assert audience.store.get(("endpoint", "e16")) is None
        assert audience.store.get(("user", "u")).attributes == {}

    @pytest.mark.parametrize("channel", ["ADM", "GCM", "APNS", "APNS_VOIP", "APNS_VOIP_SANDBOX", "BAIDU"])
    def test_of_push_takes_the_place_of_the_oldest_push_endpoint(self, audience: Audience, channel: str) -> None:
        self.fill(audience, "APNS", first="EMAIL")
        audience.put("e1", effective_date="2026-12-01T00:00:00.000Z", endpoint_status="ACTIVE")
        audience.put("e16", channel_type=channel, address="token", user_id="u")
        evicted = audience.get("e2")
        assert (evicted.user_id, evicted.endpoint_status) == (None, "INACTIVE")
        assert set(audience.store.get(("user", "u")).endpoint_ids) == {"e0", "e1", "e16"} | {
            f"e{n}" for n in range(3, 15)
        }

    def test_of_push_is_refused_when_the_user_has_no_push_endpoint(self, audience: Audience) -> None:
        self.fill(audience, "EMAIL")
        assert "15 endpoints" in audience.refused("e16", channel_type="APNS", user_id="u")

    def test_an_update_of_the_fifteenth_is_no_sixteenth(self, audience: Audience) -> None:
        self.fill(audience, "EMAIL")
        assert audience.put("e14", user_id="u", attributes={"a": ["b"]}).user_id == "u"

    def test_an_existing_endpoint_that_moves_to_a_full_user_is_refused_and_unchanged(self, audience: Audience) -> None:
        self.fill(audience, "EMAIL")
        audience.put("mover", user_id="v", attributes={"a": ["b"]})
        audience.refused("mover", user_id="u", attributes={"a": ["c"]})
        assert (audience.get("mover").user_id, audience.get("mover").attributes) == ("v", {"a": ["b"]})

    @staticmethod
    def fill(audience: Audience, channel: str, first: str | None = None) -> None:
        for n in range(15):
            audience.put(f"e{n}", channel_type=first if first and n == 0 else channel, address=f"to{n}", user_id="u")


def test_the_251st_attribute_name_is_refused_and_known_ones_are_not(audience: Audience) -> None:
    for start in range(0, 250, 50):
        audience.put(f"e{start}", attributes={f"n{n}": ["v"] for n in range(start, start + 50)})
    assert "Metrics.n0: is one of 1 new attribute names" in audience.refused("e", metrics={"n0": 1.0})
    assert audience.put("e", attributes={"n249": ["w"], "gone": []}).attributes == {"n249": ["w"]}


def test_an_endpoint_over_15_kb_is_refused_whole(audience: Audience) -> None:
    audience.put("e", attributes={f"n{n}": ["v" * 100] * 50 for n in range(2)})
    assert "the limit is 15360" in audience.refused("e", attributes={"n2": ["v" * 100] * 50})
    assert set(audience.get("e").attributes) == {"n0", "n1"}


@pytest.mark.parametrize(("fields", "path"), [({}, "Address"), ({"address": "a@b.example"}, "ChannelType")])
def test_an_import_cannot_make_an_endpoint_without_address_or_channel(
    audience: Audience, fields: dict, path: str
) -> None:
    assert audience.refused("e", requires_address=True, **fields).startswith(f"{path}: is missing")
    audience.put("e", address="a@b.example", channel_type="EMAIL", requires_address=True)
    assert audience.put("e", requires_address=True, opt_out="ALL").opt_out == "ALL"


def test_delete_gives_the_endpoint_back_and_frees_user_and_address(audience: Audience) -> None:
    audience.put("e1", address="a@b.example", channel_type="EMAIL", user_id="u", user_attributes={"n": ["v"]})
    removed, changes = remove(audience.store, "e1", NOW)
    audience.store.write(changes)
    assert removed is not None and removed.user_attributes == {"n": ["v"]}
    assert {kind for kind, _ in audience.store.records} == {"names"}
    assert remove(audience.store, "e1", NOW) == (None, {})


def test_a_record_made_anew_never_has_a_revision_that_was_read_before(audience: Audience) -> None:
    before = audience.put("e1").revision
    audience.store.write(remove(audience.store, "e1", NOW)[1])
    assert audience.put("e1").revision > before


# Properties ---------------------------------------------------------------------------------------------------------

IDS = st.sampled_from(["e1", "e2", "e3", "e4"])
VALUES = st.lists(st.sampled_from(["x", "y", ""]), max_size=2)
UPDATES = st.fixed_dictionaries(
    {"id": IDS},
    optional={
        "address": st.sampled_from(["a@b.example", "c@d.example"]),
        "channel_type": st.sampled_from(["EMAIL", "GCM"]),
        "attributes": st.dictionaries(st.sampled_from("pq"), VALUES, max_size=2),
        "metrics": st.dictionaries(st.sampled_from("mn"), st.floats(-5, 5), max_size=2),
        "location": st.fixed_dictionaries({"City": st.sampled_from(["", "Jacmel"])}),
        "user_id": st.sampled_from(["u", "v"]),
        "user_attributes": st.dictionaries(st.sampled_from("rs"), VALUES, max_size=2),
        "opt_out": st.sampled_from(["ALL", "NONE"]),
        "endpoint_status": st.sampled_from(["ACTIVE", "INACTIVE"]),
    },
).map(lambda fields: EndpointUpdate(**fields))
SEQUENCES = st.lists(UPDATES, max_size=10)


def applied(updates: list[EndpointUpdate]) -> RecordStore:
    store = RecordStore()
    for step, update in enumerate(updates):
        store.write(merge(store, APP, update, NOW + timedelta(seconds=step)).changes)
    return store


def endpoints(store: RecordStore) -> list[Endpoint]:
    return [record for record in store.records.values() if isinstance(record, Endpoint)]


@settings(max_examples=60, deadline=None)
@given(SEQUENCES, UPDATES)
def test_opt_out_changes_only_by_an_update_of_that_endpoint_that_names_it(
    before: list[EndpointUpdate], update: EndpointUpdate
) -> None:
    store = applied(before)
    opted = {endpoint.id: endpoint.opt_out for endpoint in endpoints(store)}
    store.write(merge(store, APP, update, NOW + timedelta(days=1)).changes)
    for endpoint in endpoints(store):
        named = endpoint.id == update.id and update.opt_out
        assert endpoint.opt_out == (named or opted.get(endpoint.id, "NONE"))


@settings(max_examples=60, deadline=None)
@given(SEQUENCES, UPDATES)
def test_merging_twice_is_merging_once(before: list[EndpointUpdate], update: EndpointUpdate) -> None:
    store = applied(before)
    later = NOW + timedelta(days=1)
    first = merge(store, APP, update, later)
    store.write(first.changes)
    second = merge(store, APP, update, later)
    assert first.outcome.endpoint is not None and second.outcome.endpoint is not None
    assert endpoint_document(second.outcome.endpoint) == endpoint_document(first.outcome.endpoint)
    assert set(second.changes) == {("endpoint", update.id)}


@settings(max_examples=60, deadline=None)
@given(SEQUENCES)
def test_users_addresses_and_endpoints_always_agree(updates: list[EndpointUpdate]) -> None:
    store = applied(updates)
    active: dict[Any, str] = {}
    for endpoint in endpoints(store):
        if endpoint.user_id is not None:
            assert endpoint.id in store.get(("user", endpoint.user_id)).endpoint_ids
            assert endpoint.user_attributes == {}
        if endpoint.active and endpoint.address and endpoint.channel_type:
            assert active.setdefault((endpoint.channel_type, endpoint.address), endpoint.id) == endpoint.id
            owner = store.get(("address", address_key(endpoint.channel_type, endpoint.address)))
            assert owner.endpoint_id == endpoint.id
    owned = [key for kind, key in store.records if kind == "address"]
    assert len(owned) == len(active)
    members = [i for (kind, _), user in store.records.items() if kind == "user" for i in user.endpoint_ids]
    assert sorted(members) == sorted(e.id for e in endpoints(store) if e.user_id is not None)


@settings(max_examples=60, deadline=None)
@given(SEQUENCES)
def test_updating_the_updated_one_leaves_it_active_unless_told_otherwise(updates: list[EndpointUpdate]) -> None:
    store = applied(updates)
    if updates:
        assert store.get(("endpoint", updates[-1].id)).endpoint_status == (updates[-1].endpoint_status or "ACTIVE")
