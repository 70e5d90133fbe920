"""Who is in a segment: a table per leaf test, then groups, sources, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement.domain.endpoint import Endpoint
from engagement.domain.segment import checked_definition
from engagement.domain.segment_evaluation import compile_segment, distance_km
from engagement.errors import BadRequest

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def endpoint(**fields: Any) -> Endpoint:
    return Endpoint(**{"id": "e", "app_id": "a", "effective_date": "2026-11-21T11:00:00.000Z", **fields})


class Sources:
    """Source segments out of a dictionary; imported ones by their members."""

    def __init__(
        self, definitions: Mapping[str, Any] | None = None, members: Mapping[str, set[str]] | None = None
    ) -> None:
        self._definitions, self._members = definitions or {}, members or {}

    def definition(self, segment_id: str, version: int | None) -> Any:
        if segment_id in self._members:
            return {"Id": segment_id, "SegmentType": "IMPORT"}
        return self._definitions.get((segment_id, version)) or self._definitions.get(segment_id)

    def is_member(self, segment_id: str) -> Any:
        return lambda one: one.id in self._members[segment_id]


def matches(definition: Mapping[str, Any], one: Endpoint, sources: Sources | None = None) -> bool:
    checked_definition(definition)
    return compile_segment(definition, sources or Sources(), NOW)(one)


def attribute(kind: str | None, *values: str) -> dict[str, Any]:
    test: dict[str, Any] = {"Values": list(values)} | ({"AttributeType": kind} if kind else {})
    return {"Attributes": {"x": test}}


def metric(operator: str, value: float) -> dict[str, Any]:
    return {"Metrics": {"m": {"ComparisonOperator": operator, "Value": value}}}


def demographic(field: str, kind: str | None, *values: str) -> dict[str, Any]:
    return {"Demographic": {field: {"Values": list(values)} | ({"DimensionType": kind} if kind else {})}}


def recency(kind: str, duration: str) -> dict[str, Any]:
    return {"Behavior": {"Recency": {"Duration": duration, "RecencyType": kind}}}


def gps(latitude: float, longitude: float, reach: float) -> dict[str, Any]:
    coordinates = {"Latitude": latitude, "Longitude": longitude}
    return {"Location": {"GPSPoint": {"Coordinates": coordinates, "RangeInKilometers": reach}}}


X = {"attributes": {"x": ["red", "2026-05-04T23:30:00-05:00"]}}
LEAVES = [
    (attribute("INCLUSIVE", "red", "blue"), X, True),
    (attribute(None, "blue", "red"), X, True),
    (attribute("INCLUSIVE", "Red"), X, False),
    (attribute("INCLUSIVE", "red"), {}, False),
    (attribute("EXCLUSIVE", "blue"), X, True),
    (attribute("EXCLUSIVE", "blue", "red"), X, False),
    (attribute("EXCLUSIVE", "red"), {}, True),
    (attribute("CONTAINS", "zzz", "ed"), X, True),
    (attribute("CONTAINS", "ED"), X, False),
    (attribute("CONTAINS", "a"), {}, False),
    (attribute("BEFORE", "2026-05-05T05:00:00Z"), X, True),
    (attribute("BEFORE", "2026-05-05T04:30:00Z"), X, False),
    (attribute("AFTER", "2026-05-05T04:29:59Z"), X, True),
    (attribute("AFTER", "2026-05-05T04:30:00Z"), X, False),
    (attribute("ON", "2026-05-05T00:00:00Z"), X, True),
    (attribute("ON", "2026-05-04"), X, False),
    (attribute("BETWEEN", "2026-05-05T04:30:00Z", "2026-06-01"), X, True),
    (attribute("BETWEEN", "2026-05-05T04:30:01Z", "2026-06-01"), X, False),
    (attribute("BEFORE", "2027-01-01"), {"attributes": {"x": ["soon"]}}, False),
    (attribute("ON", "2026-01-01"), {}, False),
    ({"UserAttributes": {"x": {"Values": ["gold"]}}}, {"user_attributes": {"x": ["gold"]}}, True),
    ({"UserAttributes": {"x": {"Values": ["gold"]}}}, {"attributes": {"x": ["gold"]}}, False),
    (metric("GREATER_THAN", 1), {"metrics": {"m": 1.5}}, True),
    (metric("GREATER_THAN", 1.5), {"metrics": {"m": 1.5}}, False),
    (metric("GREATER_THAN_OR_EQUAL", 1.5), {"metrics": {"m": 1.5}}, True),
    (metric("LESS_THAN", 0), {"metrics": {"m": -1.0}}, True),
    (metric("LESS_THAN", 5), {}, False),
    (metric("LESS_THAN_OR_EQUAL", 0), {"metrics": {"m": 0.0}}, True),
    (metric("EQUAL", 0), {"metrics": {"m": 0.0}}, True),
    (metric("EQUAL", 0), {}, False),
    (demographic("Platform", "INCLUSIVE", "iOS"), {"demographic": {"Platform": "iOS"}}, True),
    (demographic("Platform", None, "iOS"), {"demographic": {"Platform": "Android"}}, False),
    (demographic("Make", "EXCLUSIVE", "LG"), {}, True),
    (demographic("Make", "EXCLUSIVE", "LG"), {"demographic": {"Make": "LG"}}, False),
    (demographic("AppVersion", None, "1.0"), {"demographic": {"AppVersion": "1.0"}}, True),
    (demographic("DeviceType", None, "iOS"), {"demographic": {"Platform": "iOS"}}, True),
    (demographic("Channel", None, "EMAIL"), {"channel_type": "EMAIL"}, True),
    (demographic("Channel", None, "EMAIL"), {"channel_type": "SMS"}, False),
    (demographic("Channel", None, "PUSH"), {"channel_type": "APNS_SANDBOX"}, True),
    (demographic("Channel", "EXCLUSIVE", "PUSH"), {"channel_type": "GCM"}, False),
    ({"Location": {"Country": {"Values": ["HT", "US"]}}}, {"location": {"Country": "HT"}}, True),
    ({"Location": {"Country": {"Values": ["HT"], "DimensionType": "EXCLUSIVE"}}}, {}, True),
    (gps(18.5, -72.3, 30), {"location": {"Latitude": 18.7, "Longitude": -72.4}}, True),
    (gps(18.5, -72.3, 20), {"location": {"Latitude": 18.7, "Longitude": -72.4}}, False),
    (gps(0, 179.9, 30), {"location": {"Latitude": 0.0, "Longitude": -179.9}}, True),
    (gps(18.5, -72.3, 30), {"location": {"Latitude": 18.5}}, False),
    (gps(0, 0, 1), {"location": {"Latitude": 0.0, "Longitude": 0.0}}, True),
    (recency("ACTIVE", "HR_24"), {}, True),
    (recency("INACTIVE", "HR_24"), {}, False),
    (recency("ACTIVE", "DAY_7"), {"effective_date": "2026-11-14T11:59:59.000Z"}, False),
    (recency("INACTIVE", "DAY_7"), {"effective_date": "2026-11-14T11:59:59.000Z"}, True),
    (recency("ACTIVE", "DAY_14"), {"effective_date": "2026-11-14T11:59:59.000Z"}, True),
    (recency("ACTIVE", "DAY_30"), {"effective_date": "2026-10-01T00:00:00.000Z"}, False),
    ({}, {}, True),
    ({**metric("EQUAL", 1), **demographic("Make", None, "LG")}, {"metrics": {"m": 1.0}}, False),
    ({**metric("EQUAL", 1), **demographic("Make", None, "LG")}, {"metrics": {"m": 1.0}, "demographic": {"Make": "LG"}}, True),
]  # fmt: skip


@pytest.mark.parametrize(("dimensions", "fields", "expected"), LEAVES)
def test_leaf(dimensions: dict, fields: dict, expected: bool) -> None:
    assert matches({"Dimensions": dimensions}, endpoint(**fields)) is expected
    grouped = {"SegmentGroups": {"Groups": [{"Dimensions": [dimensions]}]}}
    assert matches(grouped, endpoint(**fields)) is expected


def has(value: str) -> dict[str, Any]:
    return attribute("INCLUSIVE", value)


def one_with(*values: str) -> Endpoint:
    return endpoint(attributes={"x": list(values)})


COMBINATIONS = [
    ("ALL", ("a", "b"), True), ("ALL", ("a",), False), ("ANY", ("b",), True), ("ANY", ("c",), False),
    ("NONE", ("c",), True), ("NONE", ("a",), False), (None, ("a", "b"), True), (None, ("b",), False),
]  # fmt: skip


@pytest.mark.parametrize(("how", "values", "expected"), COMBINATIONS)
def test_all_any_none_at_every_level(how: str | None, values: tuple, expected: bool) -> None:
    one = one_with(*values)
    word = {"Type": how} if how else {}
    assert matches({"SegmentGroups": {"Groups": [{"Dimensions": [has("a"), has("b")], **word}]}}, one) is expected
    sources = Sources({"A": {"Id": "A", "Dimensions": has("a")}, "B": {"Id": "B", "Dimensions": has("b")}})
    word = {"SourceType": how} if how else {}
    group = {"SourceSegments": [{"Id": "A"}, {"Id": "B"}], **word}
    assert matches({"SegmentGroups": {"Groups": [group]}}, one, sources) is expected
    word = {"Include": how} if how else {}
    groups = [{"Dimensions": [has("a")]}, {"Dimensions": [has("b")]}]
    assert matches({"SegmentGroups": {"Groups": groups, **word}}, one) is expected


def test_a_group_is_source_and_match() -> None:
    group = {"SourceSegments": [{"Id": "I"}], "Dimensions": [has("a")]}
    definition = {"SegmentGroups": {"Groups": [group]}}
    assert matches(definition, one_with("a"), Sources(members={"I": {"e"}}))
    assert not matches(definition, one_with("b"), Sources(members={"I": {"e"}}))
    assert not matches(definition, one_with("a"), Sources(members={"I": {"other"}}))


def test_sources_by_version() -> None:
    sources = Sources({("A", 1): {"Id": "A", "Dimensions": has("a")}, "A": {"Id": "A", "Dimensions": has("b")}})
    pinned = {"SegmentGroups": {"Groups": [{"SourceSegments": [{"Id": "A", "Version": 1}]}]}}
    assert matches(pinned, one_with("a"), sources)
    latest = {"SegmentGroups": {"Groups": [{"SourceSegments": [{"Id": "A"}]}]}}
    assert matches(latest, one_with("b"), sources)


def on(segment_id: str) -> dict[str, Any]:
    return {"SegmentGroups": {"Groups": [{"SourceSegments": [{"Id": segment_id}]}]}}


def test_cycles_missing_sources_and_deep_nests_are_refused() -> None:
    with pytest.raises(BadRequest, match="built on itself"):
        compile_segment({"Id": "A", **on("B")}, Sources({"B": {"Id": "B", **on("A")}}), NOW)
    with pytest.raises(BadRequest, match="built on itself"):
        compile_segment({"Id": "A", **on("A")}, Sources(), NOW)
    with pytest.raises(BadRequest, match="source segment nowhere does not exist"):
        compile_segment({"Id": "A", **on("nowhere")}, Sources(), NOW)
    chain = {f"S{n}": {"Id": f"S{n}", **on(f"S{n + 1}")} for n in range(50)}
    with pytest.raises(BadRequest, match="over 10 levels"):
        compile_segment({"Id": "A", **on("S0")}, Sources(chain), NOW)
    shallow = {f"S{n}": {"Id": f"S{n}", **(on(f"S{n + 1}") if n < 8 else {"Dimensions": {}})} for n in range(9)}
    assert compile_segment({"Id": "A", **on("S0")}, Sources(shallow), NOW)(endpoint())


def test_a_source_used_twice_is_no_cycle() -> None:
    sources = Sources(
        {"A": {"Id": "A", **on("C")}, "B": {"Id": "B", **on("C")}, "C": {"Id": "C", "Dimensions": has("a")}}
    )
    both = {"SegmentGroups": {"Groups": [{"SourceSegments": [{"Id": "A"}, {"Id": "B"}]}]}}
    assert matches(both, one_with("a"), sources)


WRONG = [
    ({"Dimensions": {}, "SegmentGroups": {}}, "not both"),
    ({"Dimensions": attribute("LIKE", "a")}, "Dimensions.Attributes.x.AttributeType: value 'LIKE' is none of AFTER"),
    ({"Dimensions": attribute("INCLUSIVE")}, "Dimensions.Attributes.x.Values: is empty"),
    ({"Dimensions": attribute("INCLUSIVE", "v" * 101)}, "Values\\[0\\]: has 101 characters"),
    ({"Dimensions": attribute("BEFORE", "yesterday")}, "Values\\[0\\]: value 'yesterday' is not an ISO-8601 date"),
    ({"Dimensions": attribute("BETWEEN", "2026-01-01")}, "has 1 values, BETWEEN takes 2"),
    ({"Dimensions": attribute("ON", "2026-01-01", "2026-01-02")}, "has 2 values, ON takes 1"),
    ({"Dimensions": metric("ABOUT", 1)}, "Dimensions.Metrics.m.ComparisonOperator: value 'ABOUT'"),
    ({"Dimensions": demographic("Channel", None, "MAIL")}, "Dimensions.Demographic.Channel.Values\\[0\\]: value 'MAIL'"),
    ({"Dimensions": demographic("Make", "MAYBE", "LG")}, "DimensionType: value 'MAYBE'"),
    ({"Dimensions": gps(91, 0, 1)}, "GPSPoint.Coordinates.Latitude: value 91"),
    ({"Dimensions": gps(1, 0, -1)}, "RangeInKilometers"),
    ({"Dimensions": recency("ACTIVE", "DAY_8")}, "Recency.Duration: value 'DAY_8'"),
    ({"Dimensions": attribute("INCLUSIVE", *map(str, range(101)))}, "names 101 values"),
    ({"SegmentGroups": {"Groups": [{}] * 6}}, "SegmentGroups.Groups: has 6 groups, the limit is 5"),
    ({"SegmentGroups": {"Include": "SOME", "Groups": []}}, "SegmentGroups.Include: value 'SOME'"),
    ({"SegmentGroups": {"Groups": [{"Type": "X"}]}}, "SegmentGroups.Groups\\[0\\].Type: value 'X'"),
    ({"SegmentGroups": {"Groups": [{"Dimensions": [{}, metric("X", 1)]}]}}, "Groups\\[0\\].Dimensions\\[1\\].Metrics.m"),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "says"), WRONG)
def test_a_wrong_definition_is_named_by_path(definition: dict, says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        checked_definition(definition)


def test_a_hundred_values_are_allowed_over_all_groups() -> None:
    half = [attribute("INCLUSIVE", *map(str, range(50)))]
    assert checked_definition({"SegmentGroups": {"Groups": [{"Dimensions": half}, {"Dimensions": half}]}})


def test_distance_is_that_of_the_earth() -> None:
    assert distance_km((51.5074, -0.1278), (40.7128, -74.006)) == pytest.approx(5570, rel=0.002)
    assert distance_km((90, 0), (-90, 0)) == pytest.approx(20015, rel=0.001)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("abcd"), unique=True), st.lists(st.sampled_from("abcd"), min_size=1, unique=True))
def test_exclusive_is_the_complement_of_inclusive(stored: list[str], wanted: list[str]) -> None:
    one = endpoint(attributes={"x": stored} if stored else {})
    inclusive = matches({"Dimensions": attribute("INCLUSIVE", *wanted)}, one)
    assert matches({"Dimensions": attribute("EXCLUSIVE", *wanted)}, one) is not inclusive
    assert inclusive is bool(set(stored) & set(wanted))
