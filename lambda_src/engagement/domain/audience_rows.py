"""What reading a part of an audience file gives: updates and user ids with their lines, and failed rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engagement.domain.endpoint import EndpointUpdate
from engagement.domain.refusal import Refusal


@dataclass(frozen=True)
class RowFailure:
    """One row that was not imported; ``column`` is empty when the row as a whole is wrong."""

    line: int
    refusal: Refusal
    column: bool = True

    def message(self, file: str) -> str:
        """``users.csv line 7, column OptOut: value 'MAYBE' is none of ALL, NONE -> use one of them``."""
        return f"{file} line {self.line}{', column ' if self.column else ', '}{self.refusal.message}"


@dataclass
class Rows:
    """Rows of one slice. ``update_lines[i]`` is the line of ``updates[i]``."""

    updates: list[EndpointUpdate] = field(default_factory=list)
    update_lines: Sequence[int] = ()
    user_ids: list[str] = field(default_factory=list)
    user_lines: list[int] = field(default_factory=list)
    failures: list[RowFailure] = field(default_factory=list)
