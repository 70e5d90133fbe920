"""The header of an audience CSV: dotted field paths, one per column (Pinpoint user guide, Importing segments)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engagement.domain.endpoint import DEMOGRAPHIC_FIELDS, LOCATION_FIELDS
from engagement.domain.endpoint_fields import MAX_NAME, MAX_VALUES, Refused, attribute_name, proposal, refuse
from engagement.domain.refusal import HIDDEN, Refusal, hidden

SCALAR_COLUMNS = frozenset(
    {"Id", "ChannelType", "Address", "OptOut", "RequestId", "EffectiveDate", "User.UserId"}
    | {f"Location.{name}" for name in LOCATION_FIELDS}
    | {f"Demographic.{name}" for name in DEMOGRAPHIC_FIELDS}
)
LIST_PREFIXES = ("Attributes.", "User.UserAttributes.")
NAMED_PREFIXES = (*LIST_PREFIXES, "Metrics.")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MAX_COLUMNS = 2000
_MAX_TOLD = 10


@dataclass(frozen=True)
class CsvHeader:
    """A checked header. ``users_only`` is a file of user ids: its one column is User.UserId."""

    columns: tuple[str, ...]

    @property
    def users_only(self) -> bool:
        return self.columns == ("User.UserId",)


def csv_header(cells: Sequence[str]) -> CsvHeader:
    """Check the first row of a file. Raises Refused naming the wrong columns, by position, and the nearest known name."""
    columns = tuple(cell.strip() for cell in cells)
    not_another_format(columns)
    _known_columns(columns)
    for column, times in Counter(columns).items():
        if times > 1 and not column.startswith(LIST_PREFIXES):
            raise refuse(column, None, f"is in the header {times} times", "only attributes may have several columns")
        if times > MAX_VALUES:
            raise refuse(
                column, None, f"is in the header {times} times", f"an attribute has at most {MAX_VALUES} values"
            )
    header = CsvHeader(columns)
    if not header.users_only and "Id" not in columns:
        for needed in ("ChannelType", "Address"):
            if needed not in columns:
                remedy = f"add a column {needed} (or Id, to update endpoints that exist)"
                raise refuse("header", None, f"has no column {needed}", remedy)
    return header


def not_another_format(columns: Sequence[str]) -> None:
    """Raises Refused for the first line of JSON, of a CSV with another separator, or of more columns than a file has."""
    if len(columns) > _MAX_COLUMNS:
        raise refuse("header", None, f"has {len(columns)} columns, the limit is {_MAX_COLUMNS}", "split the file")
    first = columns[0] if columns else ""
    if first.startswith(("{", "[")):
        raise refuse("header", None, "looks like JSON", "create the job with Format JSON, or upload a CSV file")
    if len(columns) == 1:
        for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if separator in first:
                raise refuse("header", None, f"is separated by {name}", "separate the columns by commas")


def _known_columns(columns: tuple[str, ...]) -> None:
    wrong: dict[int, Refusal] = {}
    for position, column in enumerate(columns, start=1):
        try:
            _known_column(column, position)
        except Refused as refused:
            wrong[position] = refused.refusal
            if len(wrong) > _MAX_TOLD:
                break
    if not wrong:
        return
    first, *others = wrong
    rule, remedy = wrong[first].rule, wrong[first].remedy
    if others:
        told = ", ".join(f"column {position} '{_shown(columns[position - 1])}'" for position in others[: _MAX_TOLD - 1])
        rule += f"; wrong too: {told}{' and more' if len(wrong) > _MAX_TOLD else ''}"
    if any(HIDDEN in hidden(columns[position - 1]) for position in wrong):  # an address or a number to call
        remedy = "the first line must hold the names of the columns, such as ChannelType,Address,User.UserId"
    raise Refused(Refusal("header", rule, remedy))


def _shown(column: str) -> str:
    return hidden(column[: 2 * MAX_NAME])


def _known_column(column: str, position: int) -> None:
    where = f"column {position} '{_shown(column)}'"
    if column in SCALAR_COLUMNS:
        return
    if found := _CONTROL.search(column):
        rule = f"{where} holds the control character {ord(found.group()):#04x}"
        raise Refused(Refusal("header", rule, "remove it: templates and segments could not name the column"))
    for prefix in NAMED_PREFIXES:
        if column.startswith(prefix):
            try:
                attribute_name(column, column.removeprefix(prefix))
            except Refused as refused:
                rule = f"{where}: the name of the attribute {refused.refusal.rule}"
                raise Refused(Refusal("header", rule, refused.refusal.remedy)) from None
            return
    if column == "EndpointStatus":
        rule = f"{where} cannot be imported: an import makes endpoints active"
        raise Refused(Refusal("header", rule, "remove the column; use OptOut to keep people from being written to"))
    if not column:
        raise Refused(Refusal("header", f"{where} has no name", "give it a name or remove the column"))
    name = _shown(column[:MAX_NAME])
    known = (*SCALAR_COLUMNS, *(f"{prefix}{name.rpartition('.')[2]}" for prefix in NAMED_PREFIXES))
    remedy = proposal(name, known) or f"custom values go into Attributes.{name}"
    raise Refused(Refusal("header", f"{where} is not a column of an endpoint", remedy))
