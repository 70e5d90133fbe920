"""Segments through their use cases: versions, sources, members by shard."""

from __future__ import annotations

from typing import Any

import pytest

from engagement.domain.endpoint import EndpointUpdate
from engagement.errors import BadRequest, NotFound
from engagement.usecases.delete_segment import delete_segment
from engagement.usecases.read_segments import find_segment, list_segment_versions, list_segments
from engagement.usecases.save_segment import create_segment, update_segment
from engagement.usecases.segment_members import segment_members
from tests.fakes import FakeApp

APP = "a" * 32


@pytest.fixture
def app() -> FakeApp:
    app = FakeApp()
    countries = ["HT", "US", "DE"]
    updates = [EndpointUpdate(f"e{n}", location={"Country": countries[n % 3]}) for n in range(60)]
    app.endpoints.apply(APP, updates, app.clock.now())
    return app


def by_country(*countries: str) -> dict[str, Any]:
    return {"Name": "people", "Dimensions": {"Location": {"Country": {"Values": list(countries)}}}}


def on(*segment_ids: str) -> dict[str, Any]:
    return {"SegmentGroups": {"Groups": [{"SourceSegments": [{"Id": one} for one in segment_ids]}]}}


def import_segment(app: FakeApp, ids: list[str]) -> str:
    app.documents.create(f"apps/{APP}/segments", "imported", {"Id": "imported", "SegmentType": "IMPORT", "Name": "i"})
    app.segment_members.add(APP, "imported", "part", ids)
    return "imported"


def members(app: FakeApp, segment_id: str, version: int | None = None) -> set[str]:
    found = [[e.id for e in segment_members(app, APP, segment_id, version, shard)] for shard in range(16)]
    assert all(ids == sorted(ids) for ids in found)
    return {one for ids in found for one in ids}


def test_create_answers_the_response_shape(app: FakeApp) -> None:
    segment = create_segment(app, APP, {**by_country("HT"), "tags": {"team": "x"}})
    assert segment["Version"] == 1 and segment["SegmentType"] == "DIMENSIONAL"
    assert segment["Arn"] == f"arn:aws:mobiletargeting:us-east-1:000000000000:apps/{APP}/segments/{segment['Id']}"
    assert segment["Dimensions"] == by_country("HT")["Dimensions"] and segment["tags"] == {"team": "x"}
    assert members(app, segment["Id"]) == {f"e{n}" for n in range(0, 60, 3)}


def test_every_update_is_a_version_and_the_old_ones_stay(app: FakeApp) -> None:
    segment_id = create_segment(app, APP, by_country("HT"))["Id"]
    second = update_segment(app, APP, segment_id, {**by_country("US"), "tags": {"ignored": "x"}})
    assert (second["Version"], second["tags"]) == (2, {})
    renamed = update_segment(app, APP, segment_id, {"Name": "other"})
    assert (renamed["Version"], renamed["Name"]) == (3, "other")
    assert renamed["Dimensions"] == by_country("US")["Dimensions"]
    assert len(members(app, segment_id, 1)) == len(members(app, segment_id)) == 20
    assert members(app, segment_id, 1).isdisjoint(members(app, segment_id))
    assert [one["Version"] for one in list_segment_versions(app, APP, segment_id, None, None)["Item"]] == [3, 2, 1]
    page = list_segment_versions(app, APP, segment_id, "2", None)
    assert [one["Version"] for one in list_segment_versions(app, APP, segment_id, "2", page["NextToken"])["Item"]] == [
        1
    ]


def test_groups_replace_dimensions(app: FakeApp) -> None:
    base = create_segment(app, APP, by_country("HT", "US"))["Id"]
    segment_id = create_segment(app, APP, by_country("HT"))["Id"]
    changed = update_segment(app, APP, segment_id, on(base))
    assert "Dimensions" not in changed
    assert len(members(app, segment_id)) == 40


def test_members_of_an_import_are_a_fixed_list_with_live_endpoints(app: FakeApp) -> None:
    segment_id = import_segment(app, ["e1", "e2", "e40", "deleted since"])
    app.endpoints.apply(APP, [EndpointUpdate("e2", opt_out="ALL", endpoint_status="INACTIVE")], app.clock.now())
    assert members(app, segment_id) == {"e1", "e2", "e40"}
    narrowed = create_segment(
        app,
        APP,
        {
            "SegmentGroups": {
                "Groups": [
                    {**on(segment_id)["SegmentGroups"]["Groups"][0], "Dimensions": [by_country("US")["Dimensions"]]}
                ]
            }
        },
    )
    assert members(app, narrowed["Id"]) == {"e1", "e40"}


def test_members_behind_an_id(app: FakeApp) -> None:
    imported = import_segment(app, [f"e{n}" for n in range(60)])
    dimensional = create_segment(app, APP, {"Name": "all"})["Id"]
    for segment_id in (imported, dimensional):
        for shard in range(16):
            ids = [e.id for e in segment_members(app, APP, segment_id, None, shard)]
            for n, one in enumerate(ids):
                assert [e.id for e in segment_members(app, APP, segment_id, None, shard, one)] == ids[n + 1 :]


def test_what_cannot_be_evaluated_is_refused_when_it_is_saved(app: FakeApp) -> None:
    imported = import_segment(app, ["e1"])
    base = create_segment(app, APP, by_country("HT"))["Id"]
    with pytest.raises(BadRequest, match="does not exist"):
        create_segment(app, APP, on("0" * 32))
    with pytest.raises(BadRequest, match="one imported one"):
        create_segment(app, APP, on(imported, base))
    upper = create_segment(app, APP, on(base))["Id"]
    with pytest.raises(BadRequest, match="built on itself"):
        update_segment(app, APP, base, on(upper))
    with pytest.raises(BadRequest, match="fixed list"):
        update_segment(app, APP, imported, by_country("HT"))
    assert find_segment(app, APP, base).version == 1


def test_missing_ones_are_not_found(app: FakeApp) -> None:
    segment_id = create_segment(app, APP, by_country("HT"))["Id"]
    with pytest.raises(NotFound, match="version 2 of segment"):
        find_segment(app, APP, segment_id, 2)
    assert delete_segment(app, APP, segment_id)["Id"] == segment_id
    for call in (lambda: find_segment(app, APP, segment_id), lambda: delete_segment(app, APP, segment_id)):
        with pytest.raises(NotFound):
            call()
    with pytest.raises(NotFound):
        list(segment_members(app, APP, segment_id, None, 0))
    assert list_segments(app, APP, None, None)["Item"] == []
