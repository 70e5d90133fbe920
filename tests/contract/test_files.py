"""What every implementation of ports.Files and ports.SegmentMembers does, fake and S3 (moto) alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from engagement.adapters.files_s3 import S3Files
from engagement.adapters.segment_members_s3 import S3SegmentMembers
from engagement.domain.endpoint import SHARDS, shard_of
from engagement.errors import Forbidden, NotFound, Unavailable
from tests.fakes import FakeFiles
from tests.fakes_audience import FakeSegmentMembers


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="data")
        client.create_bucket(Bucket="other")
        yield client


@pytest.fixture(params=["fake", "s3"])
def files(request: pytest.FixtureRequest) -> Any:
    if request.param == "fake":
        return FakeFiles()
    return S3Files(bucket="data", client=request.getfixturevalue("s3"))


def test_what_was_written_is_listed_and_read(files: Any) -> None:
    for key in ("p/b", "p/a", "p/sub/c", "q/d"):
        files.write(key, key.encode() * 3)
    assert [(found.key, found.size) for found in files.list("p/")] == [("p/a", 9), ("p/b", 9), ("p/sub/c", 21)]
    assert files.read("p/b") == b"p/bp/bp/b"
    assert b"".join(files.open("p/b", start=4)) == b"/bp/b"
    assert b"".join(files.open("p/b", start=9)) == b""
    assert b"".join(files.open("p/b", start=99)) == b""
    assert list(files.list("nothing")) == []


def test_odd_keys_and_empty_objects(files: Any) -> None:
    for key in ("ü ber/日本+a%2Fb.csv", "empty"):
        files.write(key, b"" if key == "empty" else b"x")
    assert files.read("ü ber/日本+a%2Fb.csv") == b"x"
    assert files.read("empty") == b""
    assert [found.size for found in files.list("empty")] == [0]


def test_what_is_missing_is_said(files: Any) -> None:
    with pytest.raises(NotFound):
        files.read("nowhere")
    with pytest.raises(NotFound):
        list(files.open("nowhere"))


class _Body:
    def __init__(self, data: bytes, breaks_after: int | None) -> None:
        self._data, self._breaks_after = data, breaks_after

    def iter_chunks(self, _: int) -> Iterator[bytes]:
        yield self._data[: self._breaks_after]
        if self._breaks_after is not None:
            raise ConnectionResetError


class _Breaking:
    """A client whose streams break after some bytes each."""

    def __init__(self, data: bytes, breaks: list[int | None]) -> None:
        self.data, self.breaks, self.asked = data, breaks, []

    def get_object(self, **request: Any) -> Any:
        self.asked.append(request)
        start = int(request.get("Range", "bytes=0-")[6:-1])
        return {"ETag": "e", "Body": _Body(self.data[start:], self.breaks.pop(0))}


def test_a_stream_that_breaks_goes_on_where_it_broke_on_the_same_object() -> None:
    client = _Breaking(b"0123456789", [3, 2, None])
    assert b"".join(S3Files(bucket="data", client=client).open("k", start=1)) == b"123456789"
    assert [(r.get("Range"), r.get("IfMatch")) for r in client.asked] == [
        ("bytes=1-", None),
        ("bytes=4-", "e"),
        ("bytes=6-", "e"),
    ]
    with pytest.raises(Unavailable):
        list(S3Files(bucket="data", client=_Breaking(b"0123456789", [1] * 9)).open("k"))


def test_a_bucket_that_may_not_be_read_is_forbidden() -> None:
    files = FakeFiles()
    files.forbidden.add("private")
    with pytest.raises(Forbidden):
        list(files.list("", bucket="private"))


@pytest.fixture(params=["fake", "s3 on fake files", "s3"])
def members(request: pytest.FixtureRequest) -> Any:
    if request.param == "fake":
        return FakeSegmentMembers()
    files = FakeFiles() if "fake" in request.param else S3Files(bucket="data", client=request.getfixturevalue("s3"))
    return S3SegmentMembers(files=files, shards=SHARDS)


def test_members_by_shard_part_by_part(members: Any) -> None:
    first, second = [f"e{n}" for n in range(50)] + ["a/b\n日"], ["e1", "e1", "f"]
    members.add("app", "segment", "job 1 piece 0 offset 0", first)
    members.add("app", "segment", "job 1 piece 0 offset 900", second)
    members.add("app", "other", "job 2", ["x"])
    found = [members.read("app", "segment", shard) for shard in range(SHARDS)]
    assert set().union(*found) == {*first, "f"}
    assert all(shard_of(one) == shard for shard, ids in enumerate(found) for one in ids)
    assert members.read("app", "nothing", 0) == set()


def test_a_part_added_again_replaces_itself(members: Any) -> None:
    members.add("app", "segment", "part", ["a", "b"])
    members.add("app", "segment", "part", ["b", "c"])
    assert set().union(*(members.read("app", "segment", shard) for shard in range(SHARDS))) == {"b", "c"}
