"""The local check of CSVs: what is found, where, and that it keeps up with a million rows."""

from __future__ import annotations

import random
import time

import pytest

from personalize.config import parse_declaration
from personalize.config.declaration import Schema
from personalize.dataset_check import Report, check_file, check_streams
from personalize.driver.errors import DataFault
from personalize.trainable_rows import event_rules
from tests.personalize_driver.scene import BASE, Scene, rows
from tests.personalize_local.countable_rows import DONATE_OR_CLICK, ENOUGH, HEADER, TOO_FEW, lines_of, with_events

ROLE = "arn:aws:iam::000000000000:role/personalize"
COLUMNS = {
    "interactions": "{USER_ID: string, ITEM_ID: string, TIMESTAMP: long, EVENT_VALUE: 'float, nullable'}",
    "users": "{USER_ID: string, AGE: int, VIP: boolean}",
}


def schema(kind: str = "interactions") -> Schema:
    text = f"role_arn: {ROLE}\nschemas: {{{kind}: {{columns: {COLUMNS[kind]}}}}}\ndataset_groups: {{g: {{}}}}\n"
    return parse_declaration(text, {}).schemas[kind]


def faults(body: bytes, kind: str = "interactions") -> list[str]:
    return [str(fault) for fault in check_streams([("f.csv", iter([body]))], schema(kind)).faults]


GOOD = b"USER_ID,ITEM_ID,TIMESTAMP,EVENT_VALUE\n" + b"".join(
    b"u%d,i%d,%d,1.5\n" % (n % 30, n % 4, 1_700_000_000 + n) for n in range(1000)
)


def test_good_rows_have_no_faults_and_are_counted():
    report = check_streams([("f.csv", iter([GOOD]))], schema())
    assert (report.rows, len(report.users), len(report.trainable.regulars), len(report.items)) == (1000, 30, 30, 4)
    assert report.text() == ""


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (b"u1,i1,yesterday,1", "line 1002, column 3 (TIMESTAMP): 'yesterday' is not a whole number of seconds"),
        (b"u1,i1,1700000000000,1", "line 1002, column 3 (TIMESTAMP): '1700000000000' looks like milliseconds"),
        (b"u1,i1,1700000000000000,1", "line 1002, column 3 (TIMESTAMP): '1700000000000000' looks like microseconds"),
        (b"u1,i1,1700000000000000000,1", "looks like nanoseconds; Personalize wants seconds since 1970: divide by 1,0"),
        (b"u1,i1,17000000000000000000,1", "(TIMESTAMP): '17000000000000000000' is no time in seconds since 1970"),
        (b"u1,i1,1700000000.5,1", "line 1002, column 3 (TIMESTAMP): '1700000000.5' is not whole"),
        (b"u1,i1,1.7e9,1", "line 1002, column 3 (TIMESTAMP): '1.7e9' is not whole"),
        (b"u1,i1,2023-11-14T00:00:00Z,1", "line 1002, column 3 (TIMESTAMP): '2023-11-14T00:00:00Z' is not a whole"),
        (b"u1,i1,\xd9\xa1,1", "line 1002, column 3 (TIMESTAMP): '\u0661' is not a whole number"),
        (b"u1,i1,-5,1", "line 1002, column 3 (TIMESTAMP): '-5' is before 1970"),
        (
            b'"u1,i1,1,1\nu2,i2,1,1\nu3",i1,1',
            "line 1002: a quotation mark opens in this line and closes only in line 1004",
        ),
        (b"u1,i1,,1", "line 1002, column 3 (TIMESTAMP): is empty; every row needs it"),
        (b",i1,1700000000,1", "line 1002, column 1 (USER_ID): is empty"),
        (b"u1,,1700000000,1", "line 1002, column 2 (ITEM_ID): is empty"),
        (b"u1,i1,1700000000,high", "line 1002, column 4 (EVENT_VALUE): 'high' is not a number of type float"),
        (b"u1,i1,1700000000,nan", "line 1002, column 4 (EVENT_VALUE): 'nan' is not a number"),
        (b"u1,i1,1700000000,inf", "line 1002, column 4 (EVENT_VALUE): 'inf' is not a number"),
        (b"u1,i1,1700000000", "line 1002: has 3 fields, the header 4"),
        (b"u1,i,1,1700000000,1", "line 1002: has 5 fields, the header 4"),
        (b"u\xe9,i1,1700000000,1", "line 1002, column 1 (USER_ID): is not UTF-8"),
        (b"u" * 300 + b",i1,1700000000,1", "line 1002, column 1 (USER_ID): has 300 characters"),
        (b"\n\nu1,i1,soon,1", "line 1004, column 3 (TIMESTAMP): 'soon'"),
        (b'"a\nb",i1,1700000000,1\nu1,i1,soon,1', "line 1004, column 3 (TIMESTAMP): 'soon'"),
    ],
)
def test_each_bad_cell_is_named(row: bytes, fault: str):
    found = faults(GOOD + row + b"\n")
    assert any(fault in one for one in found), found
    assert all("line 1001" not in one for one in found)


@pytest.mark.parametrize(
    "row", [b"u1,i1,1700000000,", b'"u,1",i1,1700000000,2', "ü,ї,1700000000,1".encode(), b"u1,i1,1,1\r"]
)
def test_odd_but_good_rows(row: bytes):
    assert faults(GOOD + row + b"\n") == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "f.csv: is empty; the first line must name the columns"),
        (b"USER_ID,ITEM_ID,EVENT_VALUE\na,b,1\n", "f.csv, line 1: column TIMESTAMP is missing"),
        (b"user_id,ITEM_ID,TIMESTAMP,EVENT_VALUE\n", "column USER_ID is missing"),
        (b"USER_ID;ITEM_ID;TIMESTAMP;EVENT_VALUE\na;b;1;\n", "line 1: values are separated by ';'"),
        (b"USER_ID\tITEM_ID\tTIMESTAMP\tEVENT_VALUE\na\tb\t1\t\n", "line 1: values are separated by"),
        (b"USER_ID,ITEM_ID,TIMESTAMP,EVENT_VALUE,ITEM_ID\n", "line 1, column 2 (ITEM_ID): this column is named twice"),
        (b"USER_ID,ITEM_ID,TIMESTAMP,EVENT_VALUE\n", "has 0 interactions; Personalize trains from 1,000 on"),
        (b"\x1f\x8b\x08\x00", "is compressed (gzip)"),
        (b"\xff\xfeU\x00", "is UTF-16"),
        (b"\xef\xbb\xbf" + GOOD, "begins with a byte-order mark"),
        (GOOD + b'"u1,i1,1,1\n' + b"x,y,1,1\n" * 30_000, "line 1002: cannot be read as CSV from here on (field larger"),
        (
            b'USER_ID,ITEM_ID,TIMESTAMP,"EVENT_VALUE\nu,i,1,1\n',
            "line 1: cannot be read as CSV from here on (unexpected",
        ),
    ],
)
def test_files_that_are_wrong_as_a_whole(body: bytes, fault: str):
    found = faults(body)
    assert any(fault in one for one in found), found


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (b'1,u1,i1,1700000000,"donate', "(unexpected end of data): a quote that is never closed does that"),
        (b'1,"u1,i1,1700000000,donate', "(unexpected end of data): a quote that is never closed does that"),
        (b'1,u1,i1,1700000000,"a\n1,u1,"i1",1700000000,b', "or one inside a value that is not written twice"),
        (b'1,u1,i1,1700000000,"a "b" c"', "or one inside a value that is not written twice"),
    ],
)
@pytest.mark.parametrize("before", [0, 255, 256, 750])
def test_a_quote_that_is_not_closed_is_told_by_its_line_and_by_nothing_else(before: int, row: bytes, fault: str):
    """Not as too few interactions: what follows the quote was never read. 256 rows are read at a time."""
    lines = [
        b"EVENT_VALUE,USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE",
        *(b"1,u%d,i,%d,view" % (n % 30, n) for n in range(before)),
    ]
    body = b"\n".join([*lines, row, *(b"1,u%d,j,%d,view" % (n % 30, n) for n in range(500))]) + b"\n"
    told = check_streams([("f.csv", iter([body]))], parse_declaration(with_events("{}"), {}).schemas["interactions"])
    assert told.fault_count == 1, told.text()
    assert (
        told.text().startswith(f"f.csv, line {before + 2}: cannot be read as CSV from here on") and fault in told.text()
    )


def of_events(solutions: str, rows: list[str]) -> Report:
    declaration = parse_declaration(with_events(solutions), {})
    body = "\n".join([HEADER, *rows, ""]).encode()
    rules = event_rules(declaration.groups[0].solutions)
    return check_streams([("f.csv", iter([body]))], declaration.schemas["interactions"], rules)


@pytest.mark.parametrize(("solutions", "rows", "fault"), TOO_FEW)
def test_what_the_service_would_not_count_is_not_counted(solutions: str, rows: list[str], fault: str):
    assert fault in of_events(solutions, rows).text()


@pytest.mark.parametrize(("solutions", "rows"), ENOUGH)
def test_what_the_service_would_count_is_enough(solutions: str, rows: list[str]):
    report = of_events(solutions, rows)
    assert (report.text(), report.rows) == ("", len(rows))


def test_a_plan_finds_that_a_solution_has_no_events_to_train_with():
    scene = Scene(config=with_events(DONATE_OR_CLICK), variables={})
    scene.put("\n".join([HEADER, *lines_of(1500), ""]))
    training = scene.training()
    plan = training.plan()
    assert (
        "has 0 interactions with events that a solution trains with (donate of at least 5, click)" in training.faults()
    )
    with pytest.raises(DataFault, match="nothing was uploaded"):
        training.run(plan)
    scene.put("\n".join([HEADER, *lines_of(1500, "click,"), ""]))
    assert scene.training().run().versions


def test_users_have_their_own_rules():
    assert faults(b"USER_ID,AGE,VIP\nu1,31,true\n", "users") == []
    assert "line 2, column 3 (VIP): 'yes' is not true or false" in faults(b"USER_ID,AGE,VIP\nu1,31,yes\n", "users")[0]
    assert "column 2 (AGE): '2147483648' is" in faults(b"USER_ID,AGE,VIP\nu1,2147483648,true\n", "users")[0]
    assert faults(b"USER_ID,AGE,VIP\nu1,-2147483648,true\n", "users") == []
    assert "column 2 (AGE): '3x' is not a number of type int" in faults(b"USER_ID,AGE,VIP\nu1,3x,true\n", "users")[0]


def test_users_with_two_interactions_are_counted_over_all_files():
    header, *lines = rows(1200, users=30).splitlines(keepends=True)
    plain = parse_declaration(
        f"role_arn: {ROLE}\nschemas: {{interactions: {{columns: {{USER_ID: string, ITEM_ID: string, TIMESTAMP: long}}}}}}\n"
        "dataset_groups: {g: {}}\n",
        {},
    ).schemas["interactions"]
    halves = ["".join([header, *lines[:600]]).encode(), "".join([header, *lines[600:]]).encode()]
    report = check_streams([("a", iter([halves[0]])), ("b", iter([halves[1]]))], plain)
    assert (report.rows, report.fault_count) == (1200, 0)
    lonely = header.encode() + b"".join(b"u%d,i,1700000000\n" % n for n in range(1500))
    told = check_streams([("c", iter([lonely]))], plain).text()
    assert "has 0 users with at least 2 interactions (of 1,500 users); Personalize needs 25" in told


def test_pieces_may_be_cut_anywhere():
    luck = random.Random(3)
    text = GOOD + b"u1,i1,soon,1\n"
    pieces, rest = [], text
    while rest:
        size = luck.randrange(1, 400)
        pieces.append(rest[:size])
        rest = rest[size:]
    report = check_streams([("f.csv", iter(pieces))], schema())
    assert report.rows == 1001
    assert [fault.line for fault in report.faults] == [1002]


def test_many_faults_are_counted_and_few_are_shown():
    body = GOOD + b"u1,i1,soon,1\n" * 5000
    report = check_streams([("f.csv", iter([body]))], schema())
    assert report.fault_count == 5000 and len(report.faults) == 20
    assert "... and 4,980 more faults" in report.text()


def test_two_hundred_thousand_rows_take_a_moment(tmp_path):
    path = tmp_path / "many.csv"
    path.write_bytes(GOOD + b"user_123,item_456,1700000000,2.5\n" * 200_000)
    began = time.perf_counter()
    assert check_file(path, schema()).rows == 201_000
    assert time.perf_counter() - began < 5


def test_an_increment_may_be_small_when_an_import_came_before():
    scene = Scene(config=BASE.replace('csv"}', 'csv", import_mode: INCREMENTAL}'))
    scene.put(rows(20))
    with pytest.raises(DataFault, match="trains from 1,000"):
        scene.training().run()
    scene.put(rows())
    scene.training().run()
    scene.put(rows(20, seed=1))
    again = scene.training()
    again.plan()
    assert again.faults() == ""
