"""Rows of an audience CSV to endpoint updates, a block of some thousand rows at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import compress, repeat
from typing import Any

from engagement.domain.audience_csv_cells import Grid
from engagement.domain.audience_csv_columns import Column, Group
from engagement.domain.audience_csv_header import CsvHeader
from engagement.domain.audience_rows import RowFailure, Rows
from engagement.domain.derived_ids import derived_ids
from engagement.domain.endpoint import EndpointUpdate
from engagement.domain.endpoint_fields import Refused, deliverable, identifier
from engagement.domain.refusal import Refusal

_REACHABLE = {
    "EMAIL": re.compile(r"(?:[!-?A-~]++@[!-?A-~]++\n)*+"),  # ASCII, which is fast; others are looked at one by one
    "SMS": re.compile(r"(?:\+[1-9][0-9]{1,14}\n)*+"),
    "VOICE": re.compile(r"(?:\+[1-9][0-9]{1,14}\n)*+"),
}
_ID = EndpointUpdate._fields.index("id")
_NAMES = [EndpointUpdate._fields.index(name) for name in ("channel_type", "address", "user_id")]
_SCALARS = ("Id", "Address", "ChannelType", "User.UserId", "OptOut", "EffectiveDate", "RequestId")


class CsvConverter:
    """Converts the grids of one file; made once per header, keeps what it learns about the columns.

    Rows without Id get one derived for ``app_id``. ``create_only``: see EndpointUpdate.
    """

    def __init__(self, header: CsvHeader, app_id: str, *, create_only: bool = False) -> None:
        self._app_id, self._create_only = app_id, create_only
        self._users_only = header.users_only
        self._position = {name: n for n, name in enumerate(header.columns)}
        self._scalars = {name: Column(name) for name in _SCALARS if name in self._position}
        prefixes = ("Attributes.", "Metrics.", "Demographic.", "Location.", "User.UserAttributes.")
        self._groups = [Group(prefix, header.columns) for prefix in prefixes]

    def rows(self, grid: Grid) -> Rows:
        """Checked updates, and one failure for each row that breaks a rule."""
        if self._users_only:
            return _users(grid)
        if not grid.lines:
            return Rows(failures=grid.failures)
        columns, failed = self._columns(grid)
        lines, failures = grid.lines, grid.failures
        if failed:
            columns = [list(column) for column in columns]
            wrong = _first_refusals(columns)
            failures = [*failures, *(RowFailure(lines[row], refusal) for row, refusal in sorted(wrong.items()))]
            good = [row not in wrong for row in range(len(lines))]
            columns = [list(compress(column, good)) for column in columns]
            lines = list(compress(lines, good))
        columns = self._named(columns)
        updates = map(tuple.__new__, repeat(EndpointUpdate), zip(*columns))
        return Rows(updates=list(updates), update_lines=lines, failures=failures)

    def _columns(self, grid: Grid) -> tuple[list[Iterable[Any]], bool]:
        """The fields of EndpointUpdate in their order, a column each, and whether a Refusal is among them."""
        count = len(grid.lines)
        values = {
            name: column.values(grid.columns[self._position[name]], grid.clean)
            for name, column in self._scalars.items()
        }
        attributes, metrics, demographic, location, user_attributes = (
            group.maps(grid.columns, count, grid.clean) for group in self._groups
        )
        addresses, unreachable = self._addresses(values, count)
        failed = unreachable or any(column.failed for column in self._scalars.values())
        failed = failed or any(group.failed for group in self._groups)

        def given(name: str) -> Iterable[Any]:
            column = values.get(name)
            if column is None:
                return repeat(None, count)
            return column if "" not in column else [None if value == "" else value for value in column]

        columns: list[Iterable[Any]] = [
            values.get("Id", repeat("", count)),
            addresses,
            given("ChannelType"),
            attributes,
            metrics,
            demographic,
            location,
            given("User.UserId"),
            user_attributes,
            given("OptOut"),
            repeat(None, count),  # endpoint_status
            given("EffectiveDate"),
            given("RequestId"),
            repeat(None, count),  # creation_date
            repeat(None, count),  # cohort_id
            repeat(True, count),  # requires_address
            repeat(self._create_only, count),
        ]
        return columns, failed

    def _named(self, columns: list[Iterable[Any]]) -> list[Iterable[Any]]:
        """The columns of right rows, each of which has an id now."""
        ids = list(columns[_ID])
        if all(ids):
            return [ids, *columns[1:]]
        names = [list(columns[n]) for n in _NAMES]
        derived = derived_ids(self._app_id, *names)
        named = list(columns)
        named[_ID] = [given or other for given, other in zip(ids, derived)] if any(ids) else derived
        for n, name in zip(_NAMES, names):
            named[n] = name
        return named

    def _addresses(self, values: dict[str, Sequence[Any]], count: int) -> tuple[Sequence[Any], bool]:
        """The addresses; a Refusal where none can be reached, or where a row names no endpoint at all."""
        blank: list[Any] = [""] * count
        channels = values.get("ChannelType", blank)
        addresses = values.get("Address", blank)
        all_reach = "Address" in values and isinstance(channels[0], str)
        pattern = _REACHABLE.get(channels[0]) if all_reach else None
        if (
            pattern is not None
            and channels.count(channels[0]) == count
            and not self._scalars["Address"].failed
            and pattern.fullmatch("\n".join(addresses) + "\n")
        ):
            return addresses, False
        checked = [
            address if isinstance(address, Refusal) else _reachable(channel, address, endpoint_id)
            for channel, address, endpoint_id in zip(channels, addresses, values.get("Id", blank))
        ]
        return checked, any(isinstance(address, Refusal) for address in checked)


def _reachable(channel: Any, address: str, endpoint_id: Any) -> str | Refusal | None:
    if not endpoint_id:
        for name, value in (("Address", address), ("ChannelType", channel)):
            if not value:
                return Refusal(name, "is empty", f"give the {name} of the endpoint, or the Id of one that exists")
    if not address or isinstance(channel, Refusal):
        return address or None
    try:
        return deliverable("Address", channel, address.strip())
    except Refused as refused:
        return refused.refusal


def _first_refusals(columns: Iterable[Iterable[Any]]) -> dict[int, Refusal]:
    """By row, the first refusal from the left."""
    wrong: dict[int, Refusal] = {}
    for column in columns:
        for row, value in enumerate(column):
            if isinstance(value, Refusal):
                wrong.setdefault(row, value)
    return wrong


def _users(grid: Grid) -> Rows:
    """A file of user ids; a line may hold several, separated by spaces."""
    rows = Rows(failures=list(grid.failures))
    column = Column("User.UserId")
    for line, cell in zip(grid.lines, grid.columns[0]):
        for word in cell.split(" "):
            if not word:
                continue
            try:
                rows.user_ids.append(identifier("User.UserId", column.value(word)))
                rows.user_lines.append(line)
            except Refused as refused:
                rows.failures.append(RowFailure(line, refused.refusal))
    return rows
