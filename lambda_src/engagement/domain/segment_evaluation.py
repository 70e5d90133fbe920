"""Who belongs to a segment: its definition compiled once to a predicate over endpoints.

Meaning of every test: Pinpoint API reference, SegmentDimensions. Definitions are those that ``checked_definition``
(domain/segment.py) let through, so nothing is checked again here but what may have changed since: source segments.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import eq, ge, gt, le, lt
from typing import Any, Protocol

from engagement.domain.endpoint import PUSH_CHANNEL_TYPES, Endpoint
from engagement.domain.endpoint_fields import iso
from engagement.errors import BadRequest

Predicate = Callable[[Endpoint], bool]
Json = Mapping[str, Any]

MAX_DEPTH = 10
EARTH_RADIUS_KM = 6371.0088
DURATIONS = {
    "HR_24": timedelta(hours=24),
    "DAY_7": timedelta(days=7),
    "DAY_14": timedelta(days=14),
    "DAY_30": timedelta(days=30),
}
COMPARISONS = {
    "GREATER_THAN": gt,
    "LESS_THAN": lt,
    "GREATER_THAN_OR_EQUAL": ge,
    "LESS_THAN_OR_EQUAL": le,
    "EQUAL": eq,
}
DATE_TYPES = frozenset({"BEFORE", "AFTER", "ON", "BETWEEN"})


class SegmentSources(Protocol):
    """The segments that a definition refers to."""

    def definition(self, segment_id: str, version: int | None) -> Json | None:
        """The segment's document body, or None when it is gone."""

    def is_member(self, segment_id: str) -> Predicate:
        """Membership of an imported segment."""


@dataclass(frozen=True)
class _Compiler:
    sources: SegmentSources
    now: datetime
    path: tuple[str, ...] = ()

    def segment(self, body: Json) -> Predicate:
        if body.get("SegmentType") == "IMPORT":
            return self.sources.is_member(body["Id"])
        groups = body.get("SegmentGroups")
        if groups:
            return _combined(groups.get("Include"), [self.group(group) for group in groups.get("Groups") or []])
        return self.dimensions(body.get("Dimensions") or {})

    def group(self, group: Json) -> Predicate:
        sources = [self.source(reference) for reference in group.get("SourceSegments") or []]
        tests = [self.dimensions(dimensions) for dimensions in group.get("Dimensions") or []]
        return _all([_combined(group.get("SourceType"), sources), _combined(group.get("Type"), tests)])

    def source(self, reference: Json) -> Predicate:
        segment_id = reference["Id"]
        if segment_id in self.path:
            raise BadRequest(f"SegmentGroups: segment {segment_id} is built on itself; remove it from SourceSegments")
        if len(self.path) >= MAX_DEPTH:
            raise BadRequest(f"SegmentGroups: segments are built on each other over {MAX_DEPTH} levels; use fewer")
        body = self.sources.definition(segment_id, reference.get("Version"))
        if body is None:
            version = f" version {reference['Version']}" if reference.get("Version") else ""
            raise BadRequest(f"SegmentGroups: source segment {segment_id}{version} does not exist")
        return _Compiler(self.sources, self.now, (*self.path, segment_id)).segment(body)

    def dimensions(self, dimensions: Json) -> Predicate:
        """Every member of one SegmentDimensions object must hold."""
        tests: list[Predicate] = []
        for name, dimension in (dimensions.get("Attributes") or {}).items():
            tests.append(_attribute(lambda endpoint: endpoint.attributes, name, dimension))
        for name, dimension in (dimensions.get("UserAttributes") or {}).items():
            tests.append(_attribute(lambda endpoint: endpoint.user_attributes, name, dimension))
        for name, dimension in (dimensions.get("Metrics") or {}).items():
            tests.append(_metric(name, dimension))
        for name, dimension in (dimensions.get("Demographic") or {}).items():
            tests.append(_demographic(name, dimension))
        location = dimensions.get("Location") or {}
        if location.get("Country"):
            tests.append(_in_set(lambda endpoint: endpoint.location.get("Country"), location["Country"]))
        if location.get("GPSPoint"):
            tests.append(_near(location["GPSPoint"]))
        recency = (dimensions.get("Behavior") or {}).get("Recency")
        if recency:
            tests.append(_recent(recency, self.now))
        return _all(tests)


def compile_segment(definition: Json, sources: SegmentSources, now: datetime) -> Predicate:
    """The predicate of a segment's document body. Raises BadRequest for a cycle, a missing source, too deep a nest."""
    own = (definition["Id"],) if definition.get("Id") else ()
    return _Compiler(sources, now, own).segment(definition)


def instant(value: str) -> datetime | None:
    """An ISO-8601 date or instant, UTC when it has no offset; None when it is none."""
    try:
        moment = datetime.fromisoformat(value.strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _combined(how: str | None, tests: Sequence[Predicate]) -> Predicate:
    """ALL (the default), ANY or NONE of some tests; no tests at all hold for everybody."""
    if not tests or how in (None, "ALL"):
        return _all(tests)
    if how == "ANY":
        return lambda endpoint: any(test(endpoint) for test in tests)
    return lambda endpoint: not any(test(endpoint) for test in tests)


def _all(tests: Sequence[Predicate]) -> Predicate:
    if len(tests) == 1:
        return tests[0]
    return lambda endpoint: all(test(endpoint) for test in tests)


def _attribute(attributes: Callable[[Endpoint], Mapping[str, Sequence[str]]], name: str, dimension: Json) -> Predicate:
    kind, values = dimension.get("AttributeType") or "INCLUSIVE", dimension["Values"]
    wanted = frozenset(values)
    if kind == "EXCLUSIVE":
        return lambda endpoint: wanted.isdisjoint(attributes(endpoint).get(name, ()))
    if kind == "INCLUSIVE":
        return lambda endpoint: not wanted.isdisjoint(attributes(endpoint).get(name, ()))
    holds = _contains(values) if kind == "CONTAINS" else _dated(kind, values)
    return lambda endpoint: any(holds(value) for value in attributes(endpoint).get(name, ()))


def _contains(parts: Sequence[str]) -> Callable[[str], bool]:
    return lambda value: any(part in value for part in parts)


def _dated(kind: str, values: Sequence[str]) -> Callable[[str], bool]:
    """A test of one stored value as a date; what is no date never matches."""
    moments = [moment for value in values if (moment := instant(value))]
    if len(moments) != len(values) or not moments:
        return lambda value: False
    first, last = moments[0], moments[-1]
    tests: dict[str, Callable[[datetime], bool]] = {
        "BEFORE": lambda moment: moment < first,
        "AFTER": lambda moment: moment > first,
        "ON": lambda moment: moment.date() == first.date(),
        "BETWEEN": lambda moment: first <= moment <= last,
    }
    test = tests[kind]
    return lambda value: (moment := instant(value)) is not None and test(moment)


def _metric(name: str, dimension: Json) -> Predicate:
    compare, bound = COMPARISONS[dimension["ComparisonOperator"]], dimension["Value"]
    return lambda endpoint: (value := endpoint.metrics.get(name)) is not None and compare(value, bound)


def _demographic(name: str, dimension: Json) -> Predicate:
    if name == "Channel":
        values = set(dimension["Values"])
        wide = values | PUSH_CHANNEL_TYPES if "PUSH" in values else values
        return _in_set(lambda endpoint: endpoint.channel_type, {**dimension, "Values": sorted(wide)})
    # An endpoint has no device type of its own: Pinpoint's console offered its platforms under that name.
    field = "Platform" if name == "DeviceType" else name
    return _in_set(lambda endpoint: endpoint.demographic.get(field), dimension)


def _in_set(value: Callable[[Endpoint], Any], dimension: Json) -> Predicate:
    values = frozenset(dimension["Values"])
    if dimension.get("DimensionType") == "EXCLUSIVE":
        return lambda endpoint: value(endpoint) not in values
    return lambda endpoint: value(endpoint) in values


def _recent(recency: Json, now: datetime) -> Predicate:
    since = iso(now - DURATIONS[recency["Duration"]])
    if recency["RecencyType"] == "ACTIVE":
        return lambda endpoint: endpoint.effective_date >= since
    return lambda endpoint: endpoint.effective_date < since


def _near(point: Json) -> Predicate:
    """Great-circle distance. Stored coordinates have one decimal already and are not rounded again."""
    centre = point["Coordinates"]["Latitude"], point["Coordinates"]["Longitude"]
    reach = point["RangeInKilometers"]

    def test(endpoint: Endpoint) -> bool:
        latitude, longitude = endpoint.location.get("Latitude"), endpoint.location.get("Longitude")
        if latitude is None or longitude is None:
            return False
        return distance_km(centre, (latitude, longitude)) <= reach

    return test


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Between two points given as (latitude, longitude) in degrees."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, point)) for point in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half)))
