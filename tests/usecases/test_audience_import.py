"""Import jobs from the request to the filled segment, on fakes: good files, bad files, and bad luck."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from typing import Any

import pytest

from engagement.errors import BadRequest, Forbidden, NotFound, Unavailable
from engagement.usecases.create_import_job import create_import_job
from engagement.usecases.import_piece import import_piece
from engagement.usecases.import_running import import_failure, import_running
from engagement.usecases.prepare_import import prepare_import
from engagement.usecases.read_import_jobs import find_import_job, list_segment_import_jobs
from engagement.usecases.read_segments import find_segment
from engagement.usecases.segment_members import segment_members
from tests.fakes import FakeApp

APP = "a" * 32
ROLE = "arn:aws:iam::000000000000:role/pinpoint"
HEADER = "ChannelType,Address,Location.Country,Demographic.Platform,User.UserId,User.UserAttributes.FirstName\n"


@pytest.fixture
def app() -> FakeApp:
    app = FakeApp(DATA_BUCKET="data")
    app.documents.create("apps", APP, {"Id": APP})
    return app


def request(key: str = "people.csv", **more: Any) -> dict[str, Any]:
    base = {
        "Format": "CSV",
        "S3Url": f"s3://data/{key}",
        "RoleArn": ROLE,
        "DefineSegment": True,
        "RegisterEndpoints": True,
    }
    return {**base, "SegmentName": "all_users", **more}


def upload(app: FakeApp, body: str | bytes, key: str = "people.csv", bucket: str | None = None) -> None:
    app.files.objects[bucket, key] = body.encode() if isinstance(body, str) else body


def work(app: FakeApp, message: dict[str, Any], deadline: float = 1e12) -> Any:
    return prepare_import(app, message) if message["line"] == 0 else import_piece(app, message, deadline=deadline)


def run(app: FakeApp, **options: Any) -> None:
    while messages := app.imports_queue.take():
        for message in messages:
            work(app, message, **options)


def imported(app: FakeApp, body: str | bytes, key: str = "people.csv", **more: Any) -> dict[str, Any]:
    upload(app, body, key)
    job = create_import_job(app, APP, request(key, **more))
    run(app)
    assert app.files.objects[None, key] == (body.encode() if isinstance(body, str) else body)
    return find_import_job(app, APP, job["Id"])


def members(app: FakeApp, job: dict[str, Any]) -> list[Any]:
    segment_id = job["Definition"]["SegmentId"]
    return [e for shard in range(16) for e in segment_members(app, APP, segment_id, None, shard)]


def row(n: int, **fields: str) -> str:
    values = {
        "channel": "EMAIL",
        "address": f"p{n}@x.example",
        "country": "HT",
        "platform": "iOS",
        "user": f"u{n}",
        "name": f"N{n}",
    }
    return ",".join({**values, **fields}.values()) + "\n"


def test_the_seeds_way(app: FakeApp) -> None:
    upload(app, HEADER + "".join(row(n) for n in range(5)))
    job = create_import_job(app, APP, request())
    assert job["JobStatus"] == "CREATED" and job["Type"] == "IMPORT"
    assert job["Definition"]["RoleArn"] == ROLE and job["Definition"]["SegmentName"] == "all_users"
    segment_id = job["Definition"]["SegmentId"]
    assert find_segment(app, APP, segment_id).body["SegmentType"] == "IMPORT"
    assert import_running(app.documents, APP, segment_id)
    run(app)
    assert not import_running(app.documents, APP, segment_id)
    ended = find_import_job(app, APP, job["Id"])
    assert (ended["JobStatus"], ended["TotalProcessed"], ended["TotalFailures"]) == ("COMPLETED", 5, 0)
    assert (ended["TotalPieces"], ended["CompletedPieces"], ended["FailedPieces"]) == (1, 1, 0)
    assert ended["CompletionDate"] and ended["Failures"] == []
    segment = find_segment(app, APP, segment_id)
    assert segment.version == 1 and segment.body["Name"] == "all_users"
    assert segment.body["ImportDefinition"]["Size"] == 5
    assert segment.body["ImportDefinition"]["ChannelCounts"] == {"EMAIL": 5}
    assert sorted(e.user_attributes["FirstName"][0] for e in members(app, ended)) == [f"N{n}" for n in range(5)]
    assert list_segment_import_jobs(app, APP, segment_id, None, None)["Item"][0]["Id"] == job["Id"]


def test_importing_again_updates_and_does_not_double(app: FakeApp) -> None:
    first = imported(app, HEADER + row(1) + row(2))
    again = imported(app, HEADER + row(2, country="DE") + row(3))
    assert {e.address for e in members(app, first)} == {"p1@x.example", "p2@x.example"}
    assert {e.location["Country"] for e in members(app, again)} == {"DE", "HT"}
    assert sum(1 for shard in range(16) for _ in app.endpoints.scan(APP, shard)) == 3


def test_a_bad_file_names_line_column_value_and_rule_and_totals_add_up(app: FakeApp) -> None:
    lines = [
        row(2),
        row(3, channel="MAIL"),
        row(4, address=""),
        row(5, name="x" * 101),
        row(6, country="Haiti"),
        "EMAIL,p7@x.example\n",
        "\n",
        row(9),
        row(9, country="DE"),
    ]
    job = imported(app, HEADER + "".join(lines))
    assert (job["JobStatus"], job["TotalProcessed"], job["TotalFailures"]) == ("COMPLETED", 3, 5)
    assert [failure.split(":")[0] for failure in job["Failures"]] == [
        "people.csv line 3, column ChannelType",
        "people.csv line 4, column Address",
        "people.csv line 5, column User.UserAttributes.FirstName",
        "people.csv line 6, column Location.Country",
        "people.csv line 7, row",
    ]
    assert len(members(app, job)) == 2
    assert {e.location["Country"] for e in members(app, job)} == {"HT", "DE"}
    assert not any("@" in failure for failure in job["Failures"])


def test_the_sixteenth_endpoint_of_a_user_is_a_failed_row(app: FakeApp) -> None:
    job = imported(app, HEADER + "".join(row(n, user="u") for n in range(2, 20)))
    assert (job["TotalProcessed"], job["TotalFailures"], job["JobStatus"]) == (15, 3, "COMPLETED")
    assert job["Failures"][0].startswith("people.csv line 17, column User.UserId: value 'u' already has 15 endpoints")


@pytest.mark.parametrize(
    "header",
    [
        '"ChannelType" ,"Address"', '"ChannelType","Address" ', '"ChannelType","Address"\t\r', ' ChannelType , Address ',
        'ChannelType,Address,"Attributes.a,b"', 'ChannelType,Address,"Attributes.a""b"', "\ufeffChannelType,Address\r",
    ],
)  # fmt: skip
def test_headers_as_programs_write_them_are_read(app: FakeApp, header: str) -> None:
    cells = "EMAIL,a@x.example" + (",x" if "Attributes" in header else "")
    job = imported(app, f"{header}\n{cells}\n")
    assert (job["JobStatus"], job["TotalProcessed"], job["Failures"]) == ("COMPLETED", 1, [])


def test_a_file_without_a_header_is_told_so_and_shows_no_number(app: FakeApp) -> None:
    for first_line in ("+15551234567,SMS", "SMS,+15551234567", "ann smith+1 555 123 4567,x", "EMAIL,a@x.example"):
        (failure,) = imported(app, f"{first_line}\n{row(1)}")["Failures"]
        assert "must hold the names of the columns" in failure
        assert "1234567" not in failure and "4567" not in failure and "a@x" not in failure
    (failure,) = imported(app, "e " * 60_000 + f",Id\n{row(1)}")["Failures"]
    assert len(failure) < 1000


def test_more_than_a_hundred_failures_are_counted_and_a_hundred_told(app: FakeApp) -> None:
    job = imported(app, HEADER + "".join(row(n, country="") if n % 2 else row(n, channel="X") for n in range(400)))
    assert (job["TotalProcessed"], job["TotalFailures"], len(job["Failures"])) == (200, 200, 100)


UNREADABLE = [
    (HEADER.replace("ChannelType", "Channel") + row(1) + row(2), "header: column 1 'Channel' is not a column of an endpoint", 2),
    (HEADER.replace("Location.Country", "EndpointStatus") + row(1), "header: column 3 'EndpointStatus' cannot be imported", 1),
    (HEADER.replace("Address,", "") + row(1), "header: has no column Address", 1),
    ("", "file: is empty", 0),
    ("\ufeff\r\n\n", "file: is empty", 0),
    (HEADER.encode("utf-16"), "file: is UTF-16", 0),
    (b"ChannelType,Address,Attributes.Pr\xe9nom\nEMAIL,a@x.example,x\n", "header: holds the byte 0xe9 at byte 34", 1),
    (b"PK\x03\x04 and more", "file: is a zip archive", 0),
    ('{"ChannelType": "EMAIL"}\n', "header: looks like JSON", 0),
    (row(1) + row(2), "header: column", 1),
    (f"ChannelType,Address,{'x' * 131_073}\n{row(1)}", "header: cannot be read: field larger", 1),
    (f'"ChannelType";"Address"\n{row(1)}', "header: is separated by semicolons", 1),
    (f'"Id"|"Address"\n{row(1)}', "header: is separated by bars", 1),
    (f"+15551234567,SMS\n{row(1)}", "header: column 1 '<hidden>' is not a column", 1),
    (f'Id,"Attributes.Fav\ncolour"\n{row(1)}', "header: cannot be read: unexpected end of data", 2),
    (f'Id,"Attributes.A\n{row(1)}', "header: cannot be read: unexpected end of data", 1),
    (f'Id,"Attributes.A"x\n{row(1)}', "header: cannot be read: ',' expected after", 1),
    (f"{'x' * 1_200_000}\n{row(1)}", "header: is over 1048576 bytes long", 1),
    (b"\n" * 30_000 + b"\xe9,Address\n" + row(1).encode(), "header: holds the byte 0xe9 at byte 1", 1),
]  # fmt: skip


def test_rows_before_a_gzip_is_cut_off_are_in(app: FakeApp) -> None:
    packed = gzip.compress((HEADER + "".join(row(n) for n in range(2, 2002))).encode(), mtime=0)
    whole = zlib.decompressobj(wbits=31).decompress(packed[: len(packed) // 2]).count(b"\n") - 1  # the header's
    job = imported(app, packed[: len(packed) // 2], "people.csv.gz")
    assert (job["JobStatus"], job["TotalProcessed"], job["TotalFailures"]) == ("FAILED", whole, 0) and whole > 500
    assert job["Failures"] == [
        f"people.csv.gz file: is gzip that ends too early (line {whole + 2}) -> pack and upload it again"
    ]
    assert len(members(app, job)) == whole


def test_files_of_one_name_are_told_apart_by_their_folders(app: FakeApp) -> None:
    for folder in ("d0", "d1"):
        upload(app, HEADER + row(1, channel="X"), f"exports/{folder}/part-0.csv")
    job = imported(app, HEADER + row(1, channel="X"), "exports/part-1.csv", S3Url="s3://data/exports")
    assert sorted(failure.split(" line 2, ")[0] for failure in job["Failures"]) == [
        "d0/part-0.csv",
        "d1/part-0.csv",
        "part-1.csv",
    ]


def test_blank_lines_before_the_header_are_no_rows(app: FakeApp) -> None:
    job = imported(app, "\ufeff" + "\n" * 60_000 + HEADER + row(1) + row(2, channel="X"))
    assert (job["JobStatus"], job["TotalProcessed"], job["TotalFailures"]) == ("COMPLETED", 1, 1)
    assert job["Failures"][0].startswith("people.csv line 60003, column ChannelType")


def test_what_the_reader_was_not_made_for_ends_the_job(app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    from engagement.domain.audience_piece import PieceReader

    monkeypatch.setattr(PieceReader, "next_rows", lambda self: {}["nobody@x.example"])
    upload(app, HEADER + row(1))
    job = create_import_job(app, APP, request())
    (message,) = app.imports_queue.take()
    work(app, message)
    (message,) = app.imports_queue.take()
    report = work(app, message)
    assert "KeyError" in report.why and "@" not in report.why
    ended = find_import_job(app, APP, job["Id"])
    assert ended["JobStatus"] == "FAILED" and not import_running(app.documents, APP, job["Definition"]["SegmentId"])
    assert "file: cannot be read from line 1 on (KeyError)" in ended["Failures"][0]


@pytest.mark.parametrize("error", [Forbidden("DynamoDB denies it"), NotFound("no such table")])
def test_what_the_store_denies_is_no_fault_of_the_file(
    app: FakeApp, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(app, HEADER + row(1))
    job = create_import_job(app, APP, request())
    (message,) = app.imports_queue.take()
    work(app, message)
    (message,) = app.imports_queue.take()

    def denied(*_: Any) -> Any:
        raise error

    with monkeypatch.context() as denying:
        denying.setattr(app.endpoints, "apply", denied)
        with pytest.raises(type(error)):
            work(app, message)
    assert find_import_job(app, APP, job["Id"])["JobStatus"] == "PROCESSING", "the message comes again"
    work(app, message)
    ended = find_import_job(app, APP, job["Id"])
    assert (ended["JobStatus"], ended["TotalProcessed"], ended["TotalFailures"]) == ("COMPLETED", 1, 0)


@pytest.mark.parametrize(("body", "says", "rows"), UNREADABLE)
def test_a_file_that_cannot_be_read_fails_the_job_and_says_why(app: FakeApp, body: Any, says: str, rows: int) -> None:
    job = imported(app, body)
    assert (job["JobStatus"], job["FailedPieces"], job["CompletedPieces"]) == ("FAILED", 1, 0)
    assert job["Failures"][-1].startswith(f"people.csv {says}") and " -> " in job["Failures"][-1]
    assert (job["TotalProcessed"], job["TotalFailures"]) == (0, rows)
    assert not import_running(app.documents, APP, job["Definition"]["SegmentId"])


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress((HEADER + row(1) + row(2)).encode(), mtime=0),
        "\ufeff" + HEADER + row(1) + row(2),
        (HEADER + row(1) + row(2)).replace("\n", "\r\n"),
        (HEADER + row(1) + row(2)).replace("\n", "\r").rstrip("\r"),
        "\n\n" + HEADER + row(1) + "\n" + row(2).rstrip("\n"),
        HEADER.replace("Address", '"Address"') + row(1) + row(2, name='"N, 2"'),
    ],
)
def test_good_files_in_other_clothes(app: FakeApp, body: Any) -> None:
    job = imported(app, body)
    assert (job["JobStatus"], job["TotalProcessed"], job["Failures"]) == ("COMPLETED", 2, [])


def test_a_header_alone_is_an_empty_audience(app: FakeApp) -> None:
    job = imported(app, HEADER)
    assert (job["JobStatus"], job["TotalProcessed"], job["TotalFailures"]) == ("COMPLETED", 0, 0)


def test_json_lines(app: FakeApp) -> None:
    lines = [
        {"ChannelType": "EMAIL", "Address": "a@x.example", "Attributes": {"Interest": ["books"]}},
        {"ChannelType": "EMAIL", "Address": "b@x.example", "Attributes": {"Interest": "books"}},
    ]
    job = imported(app, "\n".join(map(json.dumps, lines)), "people.json", Format="JSON")
    assert (job["TotalProcessed"], job["TotalFailures"]) == (1, 1)
    assert job["Failures"] == [
        "people.json line 2, column Attributes.Interest: value 'books' is a string, not a list"
        ' -> attributes are lists: write ["books"]'
    ]


def test_a_folder_of_files_skips_the_other_format(app: FakeApp) -> None:
    for key, body in [
        ("in/", ""),
        ("in/a.csv", HEADER + row(1)),
        ("in/deep/b.csv", HEADER + row(2)),
        ("in/c.json", "{}"),
        ("in/_SUCCESS", ""),
        ("in2/d.csv", HEADER + row(3)),
    ]:
        upload(app, body, key)
    for key in ("in/", "in"):
        job = create_import_job(app, APP, request(key))
        run(app)
        ended = find_import_job(app, APP, job["Id"])
        assert (ended["TotalPieces"], ended["TotalProcessed"], ended["JobStatus"]) == (2, 2, "COMPLETED")


def test_one_bad_file_of_two_fails_the_job_but_not_the_other(app: FakeApp) -> None:
    upload(app, HEADER + row(1), "in/a.csv")
    upload(app, "Nonsense\n1\n2\n", "in/b.csv")
    job = create_import_job(app, APP, request("in/"))
    run(app)
    ended = find_import_job(app, APP, job["Id"])
    assert (ended["JobStatus"], ended["CompletedPieces"], ended["FailedPieces"]) == ("FAILED", 1, 1)
    assert (ended["TotalProcessed"], ended["TotalFailures"]) == (1, 2)
    assert len(members(app, ended)) == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"S3Url": "s3://elsewhere/people.csv"},
            "bucket elsewhere: the engine may not read it -> add it to import_buckets",
        ),
        ({"S3Url": "s3://data/nothing"}, "s3://data/nothing: there is no CSV file -> correct S3Url or Format"),
        ({"S3Url": "s3://data/only"}, "there is no CSV file (1 of the other format)"),
        ({"S3Url": "s3://locked/people.csv"}, "bucket locked: S3 denies the engine's role"),
    ],
)
def test_a_job_that_finds_nothing_fails_with_the_reason(app: FakeApp, change: dict, says: str) -> None:
    app.settings = FakeApp(DATA_BUCKET="data", IMPORT_BUCKETS="locked,open").settings
    app.files.forbidden.add("locked")
    upload(app, "{}", "only/x.json")
    job = create_import_job(app, APP, request(**change))
    run(app)
    ended = find_import_job(app, APP, job["Id"])
    assert ended["JobStatus"] == "FAILED" and ended["CompletionDate"]
    assert says in ended["Failures"][0]
    assert not import_running(app.documents, APP, job["Definition"]["SegmentId"])
    assert says in (import_failure(app.documents, APP, job["Definition"]["SegmentId"]) or "")


def test_a_later_import_into_a_segment_makes_up_for_one_that_failed(app: FakeApp) -> None:
    upload(app, "Nonsense\n1\n", "wrong.csv")
    upload(app, "ChannelType,Address\nEMAIL,a@example.org\n", "right.csv")
    first = create_import_job(app, APP, request(S3Url="s3://data/wrong.csv"))
    run(app)
    segment = first["Definition"]["SegmentId"]
    assert "is not a column" in (import_failure(app.documents, APP, segment) or "")
    create_import_job(app, APP, request(S3Url="s3://data/right.csv", SegmentId=segment))
    run(app)
    assert import_failure(app.documents, APP, segment) is None


def test_a_listed_bucket_is_read(app: FakeApp) -> None:
    app.settings = FakeApp(DATA_BUCKET="data", IMPORT_BUCKETS="locked,open").settings
    upload(app, HEADER + row(1), "x.csv", bucket="open")
    job = create_import_job(app, APP, request(S3Url="s3://open/x.csv"))
    run(app)
    assert find_import_job(app, APP, job["Id"])["TotalProcessed"] == 1


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"RoleArn": ""}, BadRequest, "RoleArn"),
        ({"Format": "XML"}, BadRequest, "Format"),
        ({"S3Url": "https://data/x"}, BadRequest, "S3Url"),
        ({"S3Url": "s3://data"}, BadRequest, "S3Url"),
        ({"SegmentId": "0" * 32}, NotFound, "segment"),
    ],
)
def test_requests_that_nothing_can_mend(app: FakeApp, change: dict, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        create_import_job(app, APP, request(**change))
    assert app.imports_queue.messages == []


def test_adding_to_a_segment(app: FakeApp) -> None:
    first = imported(app, HEADER + row(1) + row(2))
    second = imported(
        app, HEADER + row(2) + row(3), "more.csv", DefineSegment=False, SegmentId=first["Definition"]["SegmentId"]
    )
    assert second["Definition"]["SegmentId"] == first["Definition"]["SegmentId"]
    assert len(members(app, first)) == 3
    definition = find_segment(app, APP, first["Definition"]["SegmentId"]).body["ImportDefinition"]
    assert (definition["Size"], definition["ChannelCounts"]) == (3, {"EMAIL": 3})


def test_defining_without_registering_leaves_known_endpoints_as_they_are(app: FakeApp) -> None:
    imported(app, HEADER + row(1))
    job = imported(app, HEADER + row(1, country="DE") + row(2), RegisterEndpoints=False)
    assert {e.address: e.location["Country"] for e in members(app, job)} == {"p1@x.example": "HT", "p2@x.example": "HT"}


@pytest.mark.parametrize("name", [None, "people"])
def test_registering_without_defining_makes_no_segment(app: FakeApp, name: str | None) -> None:
    job = imported(app, HEADER + row(1), DefineSegment=False, SegmentName=name)
    assert "SegmentId" not in job["Definition"] and job["TotalProcessed"] == 1


def test_a_file_of_user_ids(app: FakeApp) -> None:
    imported(app, HEADER + row(1) + row(2, address="second@x.example", user="u1") + row(3))
    job = imported(app, "User.UserId\nu1 u3\nnobody\n", "ids.csv")
    assert (job["TotalProcessed"], job["TotalFailures"]) == (2, 1)
    assert job["Failures"][0].startswith("ids.csv line 3, column User.UserId: value 'nobody' is no user")
    assert len(members(app, job)) == 3


def test_an_existing_endpoint_by_id(app: FakeApp) -> None:
    imported(app, "Id,ChannelType,Address\ne/1,EMAIL,a@x.example\n")
    job = imported(app, "Id,OptOut\ne/1,ALL\ne2,ALL\n", "opt.csv")
    assert (job["TotalProcessed"], job["TotalFailures"]) == (1, 1)
    assert app.endpoints.get(APP, "e/1").opt_out == "ALL"
    assert "opt.csv line 3, column Address: is missing, and there is no endpoint with this Id" in job["Failures"][0]


# Bad luck ----------------------------------------------------------------------------------------------------------

ROWS = 300
LARGE = HEADER + "".join(row(n, channel="X") if n % 10 == 0 else row(n, name=f'"{n}, ""q"""') for n in range(ROWS))
GOOD = [n for n in range(ROWS) if n % 10]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    from engagement.domain import audience_file
    from engagement.usecases import import_piece

    monkeypatch.setattr(audience_file.BlockReader.take, "__defaults__", (400,))
    monkeypatch.setattr(import_piece, "CHECKPOINT_BYTES", 1000)


def check_large(app: FakeApp, job_id: str) -> None:
    job = find_import_job(app, APP, job_id)
    assert (job["JobStatus"], job["TotalProcessed"], job["TotalFailures"]) == ("COMPLETED", len(GOOD), ROWS - len(GOOD))
    assert [failure.split(",")[0] for failure in job["Failures"]] == [
        f"people.csv line {n + 2}" for n in range(0, ROWS, 10)
    ]
    assert sorted(e.address for e in members(app, job)) == sorted(f"p{n}@x.example" for n in GOOD)
    segment = find_segment(app, APP, job["Definition"]["SegmentId"])
    assert segment.body["ImportDefinition"]["Size"] == len(GOOD)
    assert segment.body["ImportDefinition"]["ChannelCounts"] == {"EMAIL": len(GOOD)}


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("packed", [False, True])
def test_a_long_file_is_continued_message_by_message(app: FakeApp, packed: bool) -> None:
    upload(app, gzip.compress(LARGE.encode()) if packed else LARGE)
    job = create_import_job(app, APP, request())
    steps = 0
    while messages := app.imports_queue.take():
        (message,) = messages
        report = work(app, message, deadline=0.0)
        steps += 1
        progress = find_import_job(app, APP, job["Id"])
        assert progress["TotalProcessed"] + progress["TotalFailures"] <= ROWS
        if message["line"] and report.why:
            assert progress["JobStatus"] == "PROCESSING" and progress["TotalProcessed"] > 0
    assert steps > 8
    check_large(app, job["Id"])


class Killed(BaseException):
    """The worker is gone: nothing that it would have done afterwards happens."""


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("seed", range(25))
def test_kills_repeats_and_side_by_side_count_every_row_once(
    app: FakeApp, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages are delivered several times, in any order; each call to a store may be the worker's last."""
    dice = random.Random(seed)
    upload(app, LARGE)
    job = create_import_job(app, APP, request())
    for port, name in [
        (app.documents, "put"),
        (app.documents, "create"),
        (app.endpoints, "apply"),
        (app.segment_members, "add"),
        (app.imports_queue, "send"),
        (app.files, "write"),
    ]:
        _may_kill(port, name, dice, monkeypatch)
    waiting = app.imports_queue.take()
    for _ in range(3000):
        if not waiting:
            break
        message = waiting[dice.randrange(len(waiting))]
        try:
            work(app, message, deadline=dice.choice([0.0, 1e12]))
            if dice.random() > 0.1:  # else: handled, but the queue never heard of it
                waiting.remove(message)
        except (Killed, Unavailable):
            pass
        waiting += app.imports_queue.take()
        waiting += [dice.choice(waiting)] if waiting and dice.random() < 0.05 and len(waiting) < 6 else []
    assert not waiting
    check_large(app, job["Id"])


def _may_kill(port: Any, name: str, dice: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    real = getattr(port, name)

    def call(*args: Any, **options: Any) -> Any:
        when = dice.random()
        if when < 0.03:
            raise Killed
        if when < 0.06:
            raise Unavailable("not now")
        answer = real(*args, **options)
        if when > 0.97:
            raise Killed
        return answer

    monkeypatch.setattr(port, name, call)


def test_two_workers_at_one_piece_count_once(app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second worker takes the whole piece while the first one is between reading and writing."""
    upload(app, HEADER + row(1) + row(2))
    job = create_import_job(app, APP, request())
    (first,) = app.imports_queue.take()
    work(app, first)
    (message,) = app.imports_queue.take()
    real, entered = app.endpoints.apply, []

    def apply(*args: Any, **options: Any) -> Any:
        if not entered:
            entered.append(True)
            assert work(app, message).status == "COMPLETED"
        return real(*args, **options)

    monkeypatch.setattr(app.endpoints, "apply", apply)
    assert work(app, message).why == "another worker is at this piece"
    ended = find_import_job(app, APP, job["Id"])
    assert (ended["JobStatus"], ended["TotalProcessed"], ended["CompletedPieces"]) == ("COMPLETED", 2, 1)


def test_an_ended_job_is_left_alone(app: FakeApp) -> None:
    upload(app, HEADER + row(1))
    job = create_import_job(app, APP, request())
    (first,) = app.imports_queue.take()
    work(app, first)
    (message,) = app.imports_queue.take()
    work(app, message)
    before = find_import_job(app, APP, job["Id"])
    app.clock.move(hours=1)
    work(app, message)
    work(app, first)
    assert app.imports_queue.take() == []
    assert find_import_job(app, APP, job["Id"]) == before


def test_a_file_that_vanishes_fails_its_piece(app: FakeApp) -> None:
    upload(app, HEADER + row(1))
    job = create_import_job(app, APP, request())
    (first,) = app.imports_queue.take()
    work(app, first)
    del app.files.objects[None, "people.csv"]
    run(app)
    ended = find_import_job(app, APP, job["Id"])
    assert ended["JobStatus"] == "FAILED"
    assert "people.csv file: is not there any more" in ended["Failures"][0]
