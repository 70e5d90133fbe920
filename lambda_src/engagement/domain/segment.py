"""Segments as documents: what a definition may say, and how a segment looks to the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from engagement.domain.application import arn, timestamp
from engagement.domain.endpoint import CHANNEL_TYPES
from engagement.domain.endpoint_fields import MAX_VALUE
from engagement.domain.refusal import shown
from engagement.domain.segment_evaluation import COMPARISONS, DATE_TYPES, DURATIONS, instant
from engagement.domain.tags import checked_tags
from engagement.errors import BadRequest

Json = dict[str, Any]

MAX_GROUPS, MAX_VALUES = 5, 100
MAX_NAME = 64
_COMBINATIONS = frozenset({"ALL", "ANY", "NONE"})
_ATTRIBUTE_TYPES = DATE_TYPES | {"INCLUSIVE", "EXCLUSIVE", "CONTAINS"}
_VALUES_OF_TYPE = {"BEFORE": 1, "AFTER": 1, "ON": 1, "BETWEEN": 2}


def new_segment(
    app_id: str, segment_id: str, request: Mapping[str, Any], *, region: str, account_id: str, now: datetime
) -> Json:
    """The body of a dimensional segment. Raises BadRequest naming path, value and rule."""
    return {
        **_head(app_id, segment_id, request.get("Name"), region, account_id, now),
        "SegmentType": "DIMENSIONAL",
        **checked_definition(request),
        "tags": checked_tags(request.get("tags") or {}, "WriteSegmentRequest.tags"),
    }


def imported_segment(
    app_id: str, segment_id: str, request: Mapping[str, Any], *, region: str, account_id: str, now: datetime
) -> Json:
    """The body of a segment that an import job will fill; ``request`` is an ImportJobRequest."""
    name = request.get("SegmentName") or f"import-{segment_id[:8]}"
    return {
        **_head(app_id, segment_id, name, region, account_id, now),
        "SegmentType": "IMPORT",
        "ImportDefinition": {
            "Format": request["Format"],
            "S3Url": request["S3Url"],
            "RoleArn": request["RoleArn"],
            "ExternalId": request.get("ExternalId") or "",
            "Size": 0,
            "ChannelCounts": {},
        },
        "tags": {},
    }


def updated_segment(body: Mapping[str, Any], request: Mapping[str, Any], now: datetime) -> Json:
    """The body after an UpdateSegment: what is not named stays; ``tags`` is ignored, as Pinpoint did since 2023."""
    definition = checked_definition(request)
    if definition and body["SegmentType"] == "IMPORT":
        raise BadRequest(
            "WriteSegmentRequest: an imported segment has a fixed list of members; only its Name can change"
        )
    kept = {
        name: value for name, value in body.items() if not definition or name not in ("Dimensions", "SegmentGroups")
    }
    name = {"Name": _checked_name(request["Name"])} if request.get("Name") is not None else {}
    return {**kept, **definition, **name, "LastModifiedDate": timestamp(now)}


def with_import_counts(
    body: Mapping[str, Any],
    job_id: str,
    size: int,
    channels: Mapping[str, int],
    now: datetime,
    failure: str | None = None,
) -> Json:
    """The segment when an import job into it has ended; ``failure`` is why the job failed, if it did.

    It is kept while nobody is in the segment, so that a campaign on it can say why it has nobody to write to.
    """
    return {
        **body,
        "ImportDefinition": {**body["ImportDefinition"], "Size": size, "ChannelCounts": dict(channels)},
        "LastModifiedDate": timestamp(now),
        "_import_failure": None if size else failure,
        "_running_imports": [running for running in body.get("_running_imports", []) if running != job_id],
    }


def segment_response(body: Mapping[str, Any], version: int) -> Json:
    """The SegmentResponse of one version."""
    return {**body, "Version": version}


def checked_definition(request: Mapping[str, Any]) -> Json:
    """``Dimensions`` or ``SegmentGroups`` of a WriteSegmentRequest, or neither (everybody; in an update: as it was)."""
    dimensions, groups = request.get("Dimensions"), request.get("SegmentGroups")
    if dimensions is not None and groups is not None:
        raise BadRequest("WriteSegmentRequest: give Dimensions or SegmentGroups, not both")
    values = 0
    if dimensions is not None:
        values = sum(_checked_dimensions(dimensions, "Dimensions"))
    elif groups is not None:
        values = sum(_checked_groups(groups))
    if values > MAX_VALUES:
        raise BadRequest(f"WriteSegmentRequest: names {values} values, a segment may name {MAX_VALUES} in all")
    return (
        {"Dimensions": dimensions}
        if dimensions is not None
        else {"SegmentGroups": groups}
        if groups is not None
        else {}
    )


def _head(app_id: str, segment_id: str, name: Any, region: str, account_id: str, now: datetime) -> Json:
    return {
        "ApplicationId": app_id,
        "Id": segment_id,
        "Arn": arn(region, account_id, f"apps/{app_id}/segments/{segment_id}"),
        "Name": _checked_name(name or "Unnamed segment"),
        "CreationDate": timestamp(now),
        "LastModifiedDate": timestamp(now),
    }


def _checked_name(name: str) -> str:
    if not name.strip() or len(name) > MAX_NAME:
        raise BadRequest(f"Name: has {len(name)} characters; give the segment a name of 1 to {MAX_NAME}")
    return name


def _checked_groups(groups: Mapping[str, Any]) -> Iterator[int]:
    """Numbers of values in all leaf tests of all groups."""
    path = "SegmentGroups"
    _one_of(groups.get("Include"), _COMBINATIONS, f"{path}.Include")
    given = groups.get("Groups") or []
    if len(given) > MAX_GROUPS:
        raise BadRequest(f"{path}.Groups: has {len(given)} groups, the limit is {MAX_GROUPS}")
    for index, group in enumerate(given):
        here = f"{path}.Groups[{index}]"
        _one_of(group.get("Type"), _COMBINATIONS, f"{here}.Type")
        _one_of(group.get("SourceType"), _COMBINATIONS, f"{here}.SourceType")
        for number, source in enumerate(group.get("SourceSegments") or []):
            if not source.get("Id"):
                raise BadRequest(f"{here}.SourceSegments[{number}].Id: is missing")
        for number, dimensions in enumerate(group.get("Dimensions") or []):
            yield from _checked_dimensions(dimensions, f"{here}.Dimensions[{number}]")


def _checked_dimensions(dimensions: Mapping[str, Any], path: str) -> Iterator[int]:
    for group in ("Attributes", "UserAttributes"):
        for name, dimension in (dimensions.get(group) or {}).items():
            yield _checked_attribute(dimension, f"{path}.{group}.{name}")
    for name, dimension in (dimensions.get("Metrics") or {}).items():
        here = f"{path}.Metrics.{name}"
        _one_of(dimension.get("ComparisonOperator"), COMPARISONS, f"{here}.ComparisonOperator", required=True)
        if dimension.get("Value") is None:
            raise BadRequest(f"{here}.Value: is missing; give a number")
        yield 1
    for name, dimension in (dimensions.get("Demographic") or {}).items():
        yield _checked_set(dimension, f"{path}.Demographic.{name}", CHANNEL_TYPES if name == "Channel" else None)
    location = dimensions.get("Location") or {}
    if location.get("Country"):
        yield _checked_set(location["Country"], f"{path}.Location.Country", None)
    if location.get("GPSPoint"):
        yield _checked_point(location["GPSPoint"], f"{path}.Location.GPSPoint")
    recency = (dimensions.get("Behavior") or {}).get("Recency")
    if recency:
        here = f"{path}.Behavior.Recency"
        _one_of(recency.get("Duration"), DURATIONS, f"{here}.Duration", required=True)
        _one_of(recency.get("RecencyType"), ("ACTIVE", "INACTIVE"), f"{here}.RecencyType", required=True)
        yield 1


def _checked_attribute(dimension: Mapping[str, Any], path: str) -> int:
    kind = dimension.get("AttributeType") or "INCLUSIVE"
    _one_of(kind, _ATTRIBUTE_TYPES, f"{path}.AttributeType")
    values = _checked_values(dimension, path)
    if kind in DATE_TYPES:
        wanted = _VALUES_OF_TYPE[kind]
        if len(values) != wanted:
            raise BadRequest(f"{path}.Values: has {len(values)} values, {kind} takes {wanted}")
        for index, value in enumerate(values):
            if instant(value) is None:
                word = shown("", value)
                raise BadRequest(
                    f"{path}.Values[{index}]: value '{word}' is not an ISO-8601 date; write 2026-05-04T12:30:00Z"
                )
    return len(values)


def _checked_set(dimension: Mapping[str, Any], path: str, known: frozenset[str] | None) -> int:
    _one_of(dimension.get("DimensionType"), ("INCLUSIVE", "EXCLUSIVE"), f"{path}.DimensionType")
    values = _checked_values(dimension, path)
    for index, value in enumerate(values if known else ()):
        _one_of(value, known, f"{path}.Values[{index}]")
    return len(values)


def _checked_values(dimension: Mapping[str, Any], path: str) -> list[str]:
    values: list[str] = dimension.get("Values") or []
    if not values:
        raise BadRequest(f"{path}.Values: is empty; give at least one value")
    for index, value in enumerate(values):
        if len(value) > MAX_VALUE:
            raise BadRequest(f"{path}.Values[{index}]: has {len(value)} characters, the limit is {MAX_VALUE}")
    return values


def _checked_point(point: Mapping[str, Any], path: str) -> int:
    for name, limit in (("Latitude", 90), ("Longitude", 180)):
        degrees = (point.get("Coordinates") or {}).get(name)
        if degrees is None or not -limit <= degrees <= limit:
            raise BadRequest(f"{path}.Coordinates.{name}: value {degrees} is not between -{limit} and {limit}")
    reach = point.get("RangeInKilometers")
    if reach is None or reach < 0:
        raise BadRequest(f"{path}.RangeInKilometers: value {reach} is no distance; give kilometres")
    return 1


def _one_of(value: Any, known: Any, path: str, *, required: bool = False) -> None:
    if value is None and not required:
        return
    if value not in known:
        raise BadRequest(
            f"{path}: value '{shown('', value) if value is not None else ''}' is none of {', '.join(sorted(known))}"
        )
