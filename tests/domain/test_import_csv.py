"""CSV rows to updates: what a right file gives, what each wrong cell says, and that fast and slow ways agree."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement.domain.audience_csv import CsvConverter
from engagement.domain.audience_csv_cells import csv_grid
from engagement.domain.audience_csv_header import csv_header
from engagement.domain.audience_rows import Rows
from engagement.domain.derived_ids import derived_ids
from engagement.domain.endpoint import EndpointUpdate
from engagement.domain.endpoint_fields import Refused

APP = "a" * 32
SEED_HEADER = "ChannelType,Address,Location.Country,Demographic.Platform,Demographic.Make,User.UserId,User.UserAttributes.FirstName"


def rows_of(text: str | bytes) -> Rows:
    data = text.encode() if isinstance(text, str) else text
    head, _, body = data.partition(b"\n")
    header = csv_header(next(csv.reader([head.decode()])))
    return CsvConverter(header, APP).rows(csv_grid(body, len(header.columns), 2))


def only(text: str) -> EndpointUpdate:
    rows = rows_of(text)
    assert not rows.failures, rows.failures[0].message("f.csv")
    (update,) = rows.updates
    return update


def messages(text: str | bytes) -> list[str]:
    return [failure.message("f.csv") for failure in rows_of(text).failures]


def test_the_seeds_columns() -> None:
    rows = rows_of(
        f"{SEED_HEADER}\nEMAIL,me+user_1@x.example,US,iOS,Apple,user_1,Alejandro\nEMAIL,b@x.example,us,,,,\n"
    )
    addresses = ["me+user_1@x.example", "b@x.example"]
    ids = derived_ids(APP, ["EMAIL", "EMAIL"], addresses, ["user_1", None])
    assert rows.updates == [
        EndpointUpdate(
            id=ids[0],
            address="me+user_1@x.example",
            channel_type="EMAIL",
            location={"Country": "US"},
            demographic={"Platform": "iOS", "Make": "Apple"},
            user_id="user_1",
            user_attributes={"FirstName": ["Alejandro"]},
            requires_address=True,
        ),
        EndpointUpdate(ids[1], "b@x.example", "EMAIL", location={"Country": "US"}, requires_address=True),
    ]
    assert list(rows.update_lines) == [2, 3]


ONE_ROW = [
    ("repeated headers are one list", "Id,Attributes.A,Attributes.B,Attributes.A", "e,1,2,3", "attributes", {"A": ["1", "3"], "B": ["2"]}),
    ("empty cells of a list are left out", "Id,Attributes.A,Attributes.A", "e,,3", "attributes", {"A": ["3"]}),
    ("all cells empty: attribute kept", "Id,Attributes.A,Attributes.A", "e,,", "attributes", {}),
    ("dots in names", "Id,Attributes.a.b.c", "e,1", "attributes", {"a.b.c": ["1"]}),
    ("quoted comma and quote", "Id,Attributes.A", 'e,"1, ""2"""', "attributes", {"A": ['1, "2"']}),
    ("metrics are numbers", "Id,Metrics.M", "e,1.5e3", "metrics", {"M": 1500.0}),
    ("zero is a number", "Id,Metrics.M", "e,0", "metrics", {"M": 0.0}),
    ("coordinates to one decimal", "Id,Location.Latitude,Location.Longitude", "e,18.54,-72.34", "location", {"Latitude": 18.5, "Longitude": -72.3}),
    ("country in capitals", "Id,Location.Country", "e,ht", "location", {"Country": "HT"}),
    ("spaces around words", "Id,ChannelType,OptOut", "e, EMAIL , ALL ", "channel_type", "EMAIL"),
    ("spaces around an address", "ChannelType,Address", "EMAIL, a@b.example ", "address", "a@b.example"),
    ("opt out", "Id,OptOut", "e,ALL", "opt_out", "ALL"),
    ("dates in UTC", "Id,EffectiveDate", "e,2026-05-04T12:30:00+02:00", "effective_date", "2026-05-04T10:30:00.000Z"),
    ("phone", "ChannelType,Address", "SMS,+50937001234", "address", "+50937001234"),
    ("other words of the header", " Id , Demographic.Timezone ", "e,America/Port-au-Prince", "demographic", {"Timezone": "America/Port-au-Prince"}),
    ("unicode", "Id,Attributes.Prénom", "e,Zoë Ωmega 日本", "attributes", {"Prénom": ["Zoë Ωmega 日本"]}),
    ("spaces inside text stay", "Id,User.UserId,Attributes.A", "e,u , x ", "user_id", "u "),
]  # fmt: skip


@pytest.mark.parametrize(("header", "row", "field", "value"), [c[1:] for c in ONE_ROW], ids=[c[0] for c in ONE_ROW])
def test_one_row(header: str, row: str, field: str, value: object) -> None:
    assert getattr(only(f"{header}\n{row}\n"), field) == value


WRONG = [
    ("ChannelType,Address", "MAIL,a@b.example", "line 2, column ChannelType: value 'MAIL' is none of", "did you mean 'EMAIL'?"),
    ("ChannelType,Address", "EMAIL,", "line 2, column Address: is empty", "give the Address"),
    ("ChannelType,Address", ",a@b.example", "line 2, column ChannelType: is empty", "give the ChannelType"),
    ("ChannelType,Address", "EMAIL,nobody", "column Address: value '<hidden, 6 characters>' is not an email address", "name@domain"),
    ("ChannelType,Address", "SMS,5551234567", "column Address: value '<hidden, 10 characters>' is not a phone number", "+ and the country code"),
    ("ChannelType,Address", "a@b.example,EMAIL", "column ChannelType: value '<hidden>' is none of", "use one of them"),
    ("Id,OptOut", "e,MAYBE", "column OptOut: value 'MAYBE' is none of ALL, NONE", ""),
    ("Id,Location.Country", "e,USA", "column Location.Country: value 'USA' is not a two-letter ISO", "US"),
    ("Id,Location.Country", "e,UK", "column Location.Country: value 'UK'", "did you mean 'GB'?"),
    ("Id,Location.Latitude", "e,91", "column Location.Latitude: value 91.0 is not between -90 and 90".replace("91.0", "'91.0'"), "decimal degrees"),
    ("Id,Location.Longitude", "e,east", "column Location.Longitude: value 'east' is not a number", ""),
    ("Id,Metrics.M", "e,ten", "column Metrics.M: value 'ten' is not a number", ""),
    ("Id,Metrics.M", 'e,"1,5"', "column Metrics.M: value '1,5' is not a number", "decimal point"),
    ("Id,Metrics.M", "e,1_000", "column Metrics.M: value '1_000' is not a number", ""),
    ("Id,Metrics.M", "e,nan", "column Metrics.M: value 'nan' is not a finite number", ""),
    ("Id,Metrics.M", "e,1e999", "column Metrics.M: value '1e999' is not a finite number", ""),
    ("Id,Metrics.M", "e,\u0663", "column Metrics.M: value '\u0663' is not a number", ""),
    ("Id,Attributes.A", "e," + "x" * 101, "column Attributes.A: value 'xxxx", "has 101 characters, the limit is 100"),
    ("Id,EffectiveDate", "e,yesterday", "column EffectiveDate: value 'yesterday' is not an ISO-8601 date", "2026"),
    ("Id,Attributes.A", "e,a\tb", "column Attributes.A: value 'a\\x09b' holds a tab", "remove it"),
    ("Id,Attributes.A", "e,a\x00b", "holds a NUL character", "remove it"),
    ("Id,Attributes.A", 'e,"a\nb"', "line 2, column Attributes.A: value 'a\\x0ab' holds a line break", "remove it"),
    ("Id,Attributes.A", "e,1,2", "line 2, row: has 3 cells, the header has 2 columns", "quotes around values that hold commas"),
    ("Id,Attributes.A", "e", "line 2, row: has 1 cells, the header has 2 columns", "add the missing commas"),
    ("Id,User.UserId", "e," + "u" * 1001, "column User.UserId: value 'uuuu", "the limit is 1000"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "row", "says", "advises"), WRONG)
def test_a_wrong_cell_is_named(header: str, row: str, says: str, advises: str) -> None:
    (message,) = messages(f"{header}\n{row}\n")
    assert message.startswith("f.csv line 2")
    assert says in message and advises in message and " -> " in message


@pytest.mark.parametrize("cell", ["1_000", "\u0663", "1e999", "nan"])
def test_a_wrong_number_is_named_among_many_different_ones(cell: str) -> None:
    header = csv_header(["Id", "Metrics.M"])
    converter = CsvConverter(header, APP)
    blocks = ["".join(f"e{n},{n}\n" for n in range(50)), f"e1,0.5\ne2,{cell}\ne3,0.7\n"]
    first, second = (converter.rows(csv_grid(block.encode(), 2, 2)) for block in blocks)
    assert not first.failures and [failure.line for failure in second.failures] == [3]
    assert [update.metrics["M"] for update in second.updates] == [0.5, 0.7]


def test_good_rows_are_in_and_lines_are_right_around_bad_ones() -> None:
    rows = rows_of(
        "ChannelType,Address\nEMAIL,a@b.example\n\nEMAIL,\nSMS,+4930123456\nEMAIL,c@d.example,x\nEMAIL,e@f.example"
    )
    assert [(line, u.address) for line, u in zip(rows.update_lines, rows.updates)] == [
        (2, "a@b.example"),
        (5, "+4930123456"),
        (7, "e@f.example"),
    ]
    assert sorted(failure.line for failure in rows.failures) == [4, 6]


def test_lines_are_right_after_a_value_with_line_breaks() -> None:
    rows = rows_of('Id,Attributes.A\ne1,"x\ny\nz"\ne2,ok\n')
    assert [(f.line, list(rows.update_lines)) for f in rows.failures] == [(2, [5])]


def test_a_byte_that_is_not_utf8_is_named_and_the_other_rows_are_in() -> None:
    rows = rows_of(b"Id,Attributes.A\ne1,caf\xe9\ne2,caf\xc3\xa9\n")
    assert [update.attributes for update in rows.updates] == [{"A": ["café"]}]
    message = rows.failures[0].message("f.csv")
    assert message.startswith("f.csv line 2, column Attributes.A: value 'caf")
    assert "the byte 0xe9, which is not UTF-8 -> save the file as UTF-8" in message


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends(ending: str) -> None:
    header = csv_header(["Id", "Attributes.A"])
    block = ending.join(["e1,1", "e2,2", "e3,"]).encode()
    rows = CsvConverter(header, APP).rows(csv_grid(block, 2, 2))
    assert [(u.id, dict(u.attributes)) for u in rows.updates] == [
        ("e1", {"A": ["1"]}),
        ("e2", {"A": ["2"]}),
        ("e3", {}),
    ]
    assert list(rows.update_lines) == [2, 3, 4]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_an_open_quote_at_the_end_of_a_block_is_not_consumed(ending: str) -> None:
    whole = f'e1,"a"{ending}'
    grid = csv_grid((whole + f'e2,"b{ending}c{ending}').encode(), 2, 2, last=False)
    assert (grid.consumed, grid.next_line, list(grid.lines)) == (len(whole), 3, [2])


@given(
    st.lists(st.lists(st.sampled_from(["", "x", "é", "y z"]), min_size=1, max_size=4), max_size=6), st.integers(1, 4)
)
def test_cells_are_where_lines_and_commas_put_them(rows: list[list[str]], width: int) -> None:
    """Blocks of even rows are split at once, others row by row."""
    lines = [",".join(row) for row in rows]
    grid = csv_grid("".join(f"{line}\n" for line in lines).encode(), width, 7)
    wanted = [(number, row) for number, (line, row) in enumerate(zip(lines, rows), start=7) if line.strip()]
    assert list(grid.lines) == [number for number, row in wanted if len(row) == width]
    assert [list(row) for row in zip(*grid.columns)] == [row for _, row in wanted if len(row) == width]
    assert [failure.line for failure in grid.failures] == [number for number, row in wanted if len(row) != width]


def test_addresses_beyond_ascii_are_looked_at_one_by_one() -> None:
    rows = rows_of("ChannelType,Address\nEMAIL,a@x.example\nEMAIL,jürgen@exämple.org\nEMAIL,a\u00a0b@x.example\n")
    assert [update.address for update in rows.updates] == ["a@x.example", "jürgen@exämple.org"]
    assert [failure.line for failure in rows.failures] == [4]


def test_an_unclosed_quote_fails_its_line_alone() -> None:
    many = "".join(f"e{n},x\n" for n in range(4, 40))
    for text in ('e2,"oops\ne3,fine\n' + many, 'e2,x\ne3,"oops\n'):
        grid = csv_grid(text.encode(), 2, 2)
        assert len(grid.lines) + len(grid.failures) == text.count("\n")
        assert [f.refusal.rule for f in grid.failures] == [
            "has a quote that is not closed, or a value too long to be one"
        ]
        assert grid.consumed == len(text)


def test_only_rows_without_an_id_get_a_derived_one() -> None:
    rows = rows_of(
        "Id,ChannelType,Address\ne1,EMAIL,a@x.example\n,EMAIL,b@x.example\n,EMAIL,nobody\n,EMAIL,c@x.example\n"
    )
    derived = derived_ids(APP, ["EMAIL", "EMAIL"], ["b@x.example", "c@x.example"], [None, None])
    assert [update.id for update in rows.updates] == ["e1", *derived]
    assert [failure.line for failure in rows.failures] == [4]


@pytest.mark.parametrize("create_only", [True, False])
def test_what_may_not_be_changed_is_only_created(create_only: bool) -> None:
    header = csv_header(["ChannelType", "Address"])
    converter = CsvConverter(header, APP, create_only=create_only)
    assert [one.create_only for one in converter.rows(csv_grid(b"EMAIL,a@x.example\n", 2, 2)).updates] == [create_only]


def test_user_id_files_take_several_ids_on_a_line() -> None:
    rows = rows_of("User.UserId\nu1 u2\n\nu3\n" + "x" * 1001 + "\n")
    assert list(zip(rows.user_lines, rows.user_ids)) == [(2, "u1"), (2, "u2"), (4, "u3")]
    assert [failure.line for failure in rows.failures] == [5]


HEADERS = [
    ("channeltype,Address", "column 1 'channeltype' is not a column of an endpoint", "'ChannelType'"),
    ("ChannelType,Adress", "column 2 'Adress'", "did you mean 'Address'"),
    ("ChannelType,Address,FirstName", "column 3 'FirstName'", "FirstName"),
    ("ChannelType,Address,Location.county", "column 3 'Location.county'", "Location.Country"),
    ("ChannelType,Address,EndpointStatus", "column 3 'EndpointStatus' cannot be imported", "OptOut"),
    ("ChannelType,Address,", "column 3 '' has no name", "remove the column"),
    ("ChannelType,Address,Attributes.", "column 3 'Attributes.'", "give the attribute a name"),
    ("ChannelType,Address,Attributes." + "x" * 51, "has 51 characters, the limit is 50", "shorten"),
    ("ChannelType,Address,Address", "Address: is in the header 2 times", "only attributes"),
    ("Address,User.UserId", "has no column ChannelType", "add a column ChannelType"),
    ("ChannelType,User.UserId", "has no column Address", "add a column Address"),
    ("ChannelType;Address", "is separated by semicolons", "commas"),
    (
        "ChannelType,Address,Attributes.Tab\tbed",
        "column 3 'Attributes.Tab\\x09bed' holds the control character 0x09",
        "remove",
    ),
    ("Channel,Address,Metrics.,Id", "endpoint; wrong too: column 3 'Metrics.'", "did you mean"),
    (",".join("abcdefghijkl"), "'b', column 3 'c'", "Attributes.a"),
    (",".join("abcdefghijkl"), "column 10 'j' and more", "Attributes.a"),
    ("EMAIL,a@b.example,US", "column 1 'EMAIL' is not a column", "names of the columns"),
    ("EMAIL,a@b.example,US", "column 2 '<hidden>', column 3 'US'", "names of the columns"),
    ("a@b.example,EMAIL", "column 1 '<hidden>'", "names of the columns"),
    ('{"Address": 1}', "looks like JSON", "Format JSON"),
]


@pytest.mark.parametrize(("header", "says", "advises"), HEADERS)
def test_a_wrong_header_is_refused_by_position(header: str, says: str, advises: str) -> None:
    with pytest.raises(Refused) as caught:
        csv_header(next(csv.reader([header])))
    assert says in str(caught.value) and advises in str(caught.value)


CELLS = st.sampled_from(
    ["", "1", "x", "EMAIL", "a@b.example", "US", "usa", "ALL", "1.5", '"q"', "a\tb", "é", "x" * 101]
)
WIDE = "Id,ChannelType,Address,OptOut,Location.Country,Metrics.M,Attributes.A,Attributes.A,User.UserId"


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=9, max_size=9), min_size=1, max_size=12))
def test_rows_together_give_what_each_row_gives_alone(table: list[list[str]]) -> None:
    """One by one nothing is shared or checked by column, so this compares the fast ways with the slow one."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(table)
    header = csv_header(WIDE.split(","))
    together = CsvConverter(header, APP).rows(csv_grid(buffer.getvalue().encode(), 9, 1))
    good, bad = [], []
    for n, row in enumerate(table, start=1):
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerow([f"{cell}" for cell in row])
        alone = CsvConverter(header, APP).rows(csv_grid(buffer.getvalue().encode(), 9, n))
        good += alone.updates
        bad += [failure.message("f") for failure in alone.failures]
    assert together.updates == good
    assert sorted(failure.message("f") for failure in together.failures) == sorted(bad)
    assert len(good) + len(bad) == len(table)


def test_a_column_of_many_values_is_checked_like_one_of_few() -> None:
    lines = [f"EMAIL,p{n}@x.example,u{n},{n}.5,{n}" for n in range(3000)]
    lines[1500] = "EMAIL,p1500@x.example,u1500,1.5," + "y" * 101
    header = csv_header(["ChannelType", "Address", "User.UserId", "Metrics.M", "Attributes.A"])
    converter = CsvConverter(header, APP)
    for start in (0, 1000, 2000):
        block = "\n".join(lines[start : start + 1000]).encode()
        rows = converter.rows(csv_grid(block, 5, start + 2))
        assert len(rows.updates) + len(rows.failures) == 1000
        assert [failure.line for failure in rows.failures] == ([1502] if start == 1000 else [])
        assert rows.updates[-1].attributes == {"A": [str(start + 999)]}
        assert rows.updates[-1].metrics == {"M": start + 999.5}
