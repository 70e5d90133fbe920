"""The bytes of audience files: unpacking, refusing what is no text, cutting blocks; and lines of JSON."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement.domain.audience_file import BlockReader, UnreadableFile, imported_keys, unpacked
from engagement.domain.audience_json import json_rows
from engagement.domain.audience_piece import PieceReader, ReadRows
from engagement.domain.derived_ids import derived_ids

APP = "a" * 32
TEXT = b"".join(b"line %d of a file\n" % n for n in range(5000))


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[n : n + size] for n in range(0, len(data), size)]


@pytest.mark.parametrize(
    "packed",
    [TEXT, gzip.compress(TEXT), gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:])],
    ids=["plain", "gzip", "two"],
)
@pytest.mark.parametrize("offset", [0, 1, 49, 50, 70_000])
@pytest.mark.parametrize("size", [1, 7, 4096, 10**6])
def test_unpacked_content_from_an_offset(packed: bytes, offset: int, size: int) -> None:
    if size == 1:
        packed = packed[:200] if packed == TEXT else packed
    expected = TEXT[:200] if size == 1 and packed == TEXT[:200] else TEXT
    assert b"".join(unpacked(pieces(packed, size), offset)) == expected[offset:]


@pytest.mark.parametrize(
    "damage",
    [gzip.compress(TEXT)[:-9], gzip.compress(TEXT)[:40], gzip.compress(TEXT)[:60] + b"x" * 99],
    ids=["no end", "cut", "garbage"],
)
def test_damaged_gzip_is_said(damage: bytes) -> None:
    with pytest.raises(UnreadableFile, match="gzip"):
        b"".join(unpacked(pieces(damage, 16)))


@pytest.mark.parametrize(
    ("head", "says"),
    [(b"PK\x03\x04..", "zip archive"), (b"\xff\xfeI\x00d\x00", "UTF-16"), (b"BZh91AY", "bzip2"), (b"%PDF-1.7", "PDF")],
)
def test_other_files_are_refused_by_their_content(head: bytes, says: str) -> None:
    with pytest.raises(UnreadableFile, match=says):
        list(unpacked([head[:3], head[3:]]))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([b"a", b"b,c", b"", b"dddddddddd", b"\xc3\xa9"]), max_size=30),
    st.integers(1, 12),
    st.integers(1, 40),
)
def test_blocks_end_at_lines_and_nothing_is_lost(lines: list[bytes], piece: int, size: int) -> None:
    data = b"\n".join(lines)
    reader = BlockReader(pieces(data, piece), 100)
    taken = []
    while (block := reader.take(size)).data:
        assert block.offset == 100 + sum(map(len, taken))
        assert block.last or block.data.endswith(b"\n")
        taken.append(block.data)
    assert b"".join(taken) == data


def test_a_block_does_not_depend_on_the_pieces_of_the_network() -> None:
    for size in (1, 100, 5000):
        reader = BlockReader(pieces(TEXT, size), 0)
        assert reader.take(1000).data == TEXT[:1000][: TEXT[:1000].rfind(b"\n") + 1]


def test_old_mac_lines_are_cut_and_a_split_crlf_is_not() -> None:
    assert BlockReader([b"aa\rbb\rcc"], 0).take(6).data == b"aa\r"
    assert BlockReader([b"aa\r\nbb\r\ncc"], 0).take(7).data == b"aa\r\n"


def test_what_is_given_back_is_taken_again() -> None:
    reader = BlockReader([b"a\nb\nc\n"], 0)
    block = reader.take(4)
    reader.give_back(block.data[2:])
    assert (reader.offset, reader.take(4).data) == (2, b"b\nc\n")


def test_an_endless_line_is_cut_in_the_end() -> None:
    reader = BlockReader([b"x" * 3_000_000], 0)
    assert len(reader.take().data) == 1024 * 1024


def rows_in_pieces(file: bytes, *, most: int) -> list[ReadRows]:
    """All slices of a file that ends well, or those before it turned out to be damaged."""
    reader = PieceReader(BlockReader(unpacked(pieces(file, 300)), 0), wanted="CSV", app_id=APP)
    found = []
    with suppress(UnreadableFile):
        while (read := reader.next_rows()) is not None and len(found) < most:
            found.append(read)
    return found


ROWS = [
    f'EMAIL,p{n}@x.example,"{n}{chr(10) * (n % 3)}"' if n % 7 == 0 else f"EMAIL,p{n}@x.example,{n}" for n in range(400)
]
PEOPLE = ("ChannelType,Address,User.UserId\n" + "\n".join(ROWS)).encode()


@pytest.mark.parametrize("slice_bytes", [50, 333, 4096, 10**6])
def test_rows_do_not_depend_on_how_they_are_sliced(slice_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BlockReader.take, "__defaults__", (slice_bytes,))
    slices = rows_in_pieces(PEOPLE, most=1000)
    updates = [update for read in slices for update in read.rows.updates]
    lines = [line for read in slices for line in read.rows.update_lines]
    refused = [failure.line for read in slices for failure in read.rows.failures]
    breaks = [sum(row.count("\n") for row in ROWS[:n]) for n in range(400)]
    good = [n for n in range(400) if "\n" not in ROWS[n]]
    assert [update.address for update in updates] == [f"p{n}@x.example" for n in good]
    assert lines == [n + 2 + breaks[n] for n in good]
    assert refused == [n + 2 + breaks[n] for n in range(400) if "\n" in ROWS[n]], "a line break in a user id is refused"
    assert not any(read.last for read in slices[:-1])
    assert slices[-1].offset == len(PEOPLE)


def test_rows_before_a_damage_are_given_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BlockReader.take, "__defaults__", (200,))
    packed = b"".join(gzip.compress(PEOPLE[n : n + 2000]) for n in range(0, len(PEOPLE), 2000))
    whole = sum(len(gzip.compress(PEOPLE[n : n + 2000])) for n in (0, 2000))
    slices = rows_in_pieces(packed[:whole] + b"\x1f\x8bdamaged", most=99)
    assert sum(len(read.rows.updates) for read in slices) > 100
    assert 3500 < slices[-1].offset <= 4000


def test_files_of_a_prefix() -> None:
    keys = ["p/", "p/a.csv", "p/b.JSON", "p/c.csv.gz", "p/d", "p/_SUCCESS", "p/sub/.x.csv", "p/e.jsonl.gz"]
    assert imported_keys(keys, "CSV") == (["p/a.csv", "p/c.csv.gz", "p/d"], 2)
    assert imported_keys(keys, "JSON") == (["p/b.JSON", "p/d", "p/e.jsonl.gz"], 2)


# JSON lines ---------------------------------------------------------------------------------------------------------

GOOD = {"ChannelType": "EMAIL", "Address": "a@b.example", "Attributes": {"Interest": ["books"]}}


def test_a_line_is_an_endpoint_in_the_names_of_the_api() -> None:
    line = {
        **GOOD,
        "User": {"UserId": "u", "UserAttributes": {"FirstName": ["Akua"]}},
        "Metrics": {"m": 2},
        "OptOut": "ALL",
    }
    rows, next_line = json_rows(json.dumps(line).encode() + b"\n\n", 5, APP)
    (update,) = rows.updates
    assert [update.id] == derived_ids(APP, ["EMAIL"], ["a@b.example"], ["u"])
    assert (update.address, update.attributes) == ("a@b.example", {"Interest": ["books"]})
    assert (update.user_id, update.user_attributes) == ("u", {"FirstName": ["Akua"]})
    assert (update.metrics, update.opt_out, update.requires_address) == ({"m": 2.0}, "ALL", True)
    assert (list(rows.update_lines), next_line) == ([5], 7)


@pytest.mark.parametrize("create_only", [True, False])
def test_a_line_that_may_not_change_anything_only_creates(create_only: bool) -> None:
    rows, _ = json_rows(json.dumps(GOOD).encode(), 1, APP, create_only=create_only)
    assert [update.create_only for update in rows.updates] == [create_only]


def test_a_line_of_an_export_restores_what_an_import_may_not_set() -> None:
    line = {
        **GOOD,
        "Id": "e",
        "ApplicationId": "x",
        "EndpointStatus": "INACTIVE",
        "CohortId": "42",
        "CreationDate": "2020-01-01",
    }
    (update,) = json_rows(json.dumps(line).encode(), 1, APP)[0].updates
    assert (update.id, update.endpoint_status, update.cohort_id) == ("e", "INACTIVE", "42")
    assert update.creation_date == "2020-01-01T00:00:00.000Z"


def test_lines_of_users() -> None:
    rows, _ = json_rows(b'{"User": {"UserId": "u1"}}\n{"User": {"UserId": ""}}', 1, APP)
    assert (rows.user_ids, rows.user_lines) == (["u1"], [1])
    assert rows.failures[0].message("f.json").startswith("f.json line 2, column User.UserId")


WRONG = [
    ({"Attributes": {"A": "x"}}, "column Attributes.A: value 'x' is a string, not a list -> attributes are lists: write [\"x\"]"),
    ({"User": {"UserAttributes": {"A": 5}}}, "column User.UserAttributes.A: value '5' is a number, not a list"),
    ({"Attributes": {"A": [1]}}, "column Attributes.A[0]: value '1' is a number, not a string"),
    ({"Attributes": ["A"]}, "column Attributes: value '[\"A\"]' is not an object"),
    ({"Attributes": {"x" * 51: ["a"]}}, "has 51 characters, the limit is 50"),
    ({"Attributes": {"A": ["x" * 101]}}, "has 101 characters, the limit is 100"),
    ({"Attributes": {"A": ["x"] * 51}}, "is over the limit of 50 values"),
    ({"Metrics": {"M": "5"}}, "column Metrics.M: value '5' is a string, not a number"),
    ({"Metrics": {"M": True}}, "is a boolean, not a number"),
    ({"Location": {"Country": "Haiti"}}, "column Location.Country: value 'Haiti'"),
    ({"Location": {"Contry": "HT"}}, "Location.Contry: is not a member that Pinpoint knows -> did you mean 'Country'"),
    ({"EndpointStatus": "ACTIVE"}, "EndpointStatus: cannot be imported"),
    ({"Adress": "x"}, "Adress: is not a member that Pinpoint knows -> did you mean 'Address'?"),
    ({"Address": ""}, "column Address: is missing"),
    ({"ChannelType": None}, "column ChannelType: is missing"),
    ({"Address": "nobody"}, "is not an email address"),
    ({"Id": 7}, "column Id: value '7' is a number, not a string"),
    ({"Id": "a\nb"}, "column Id: value 'a\\x0ab' holds the control character 0x0a"),
    ({"ApplicationId": "x", "Id": "e", "CohortId": "abc"}, "column CohortId: value 'abc' is no number from 0 to 99"),
    ({"ApplicationId": "x", "Id": "e", "CohortId": "100"}, "column CohortId: value '100' is no number from 0 to 99"),
    ({"ApplicationId": "x", "Id": "e", "CohortId": "-1"}, "column CohortId: value '-1' is no number"),
    ({"Demographic": {"Make": "\ud800"}}, "is not valid Unicode"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "says"), WRONG)
def test_a_wrong_member_is_named(change: dict, says: str) -> None:
    rows, _ = json_rows(json.dumps({**GOOD, **change}).encode(), 3, APP)
    (failure,) = rows.failures
    assert failure.message("f.json").startswith("f.json line 3, ")
    assert says in failure.message("f.json")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"[1]", "is not a JSON object -> write one whole object per line, without an array"),
        (b"[", "is not a JSON object"),
        (b'{"Address": "a@b.example"', "is not a JSON object: "),
        (b"EMAIL,a@b.example", "Format CSV"),
        (b'{"Metrics": {"M": NaN}}', "value 'NaN' is not JSON"),
        (b'{"Address": "\xe9"}', "the byte 0xe9 at byte 14 of the line, which is not UTF-8"),
        (b"[" * 100_000, "JSON"),
        (b'{"Metrics": {"M": ' + b"9" * 4301 + b"}}", "holds a number of thousands of digits"),
    ],
)
def test_a_line_that_is_not_an_object(line: bytes, says: str) -> None:
    rows, _ = json_rows(line, 1, APP)
    assert says in rows.failures[0].message("f") or "nested too deeply" in rows.failures[0].message("f")
    assert "@b.example" not in rows.failures[0].message("f")
