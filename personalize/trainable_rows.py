"""Which rows of the interactions a solution trains with, and whether they are enough.

Source: the Amazon Personalize developer guide, "Quotas" and "Choosing the item interaction data used for training".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from personalize.config.declaration import Solution

LEAST_INTERACTIONS = 1000
LEAST_USERS = 25
ANY_EVENT = "*"


@dataclass(frozen=True)
class EventRule:
    """Rows that a solution trains with: those of an event type (empty: all), with a value of ``at_least``."""

    event_type: str = ""
    at_least: float | None = None

    def __str__(self) -> str:
        least = "" if self.at_least is None else f" of at least {self.at_least:g}"
        return (self.event_type or "any event") + least


def event_rules(solutions: Iterable[Solution]) -> tuple[EventRule, ...]:
    """Rules of which a row must meet one so that any of ``solutions`` trains with it; none: every row counts."""
    rules: dict[EventRule, None] = {}
    for solution in solutions:
        events = (solution.config.get("eventsConfig") or {}).get("eventParametersList") or [
            {"eventType": solution.options.get("eventType")}
        ]
        for event in events:
            named = event.get("eventType") or ""
            rules[EventRule("" if named == ANY_EVENT else named, event.get("eventValueThreshold"))] = None
    return () if EventRule() in rules else tuple(rules)


@dataclass
class Trainable:
    """Counts what the service trains with: rows that meet a rule, alike ones (user, item, time) once.

    Counts only until the minima are met: ``unique`` and ``regulars`` are exact below them and stay small above.
    """

    rules: Sequence[EventRule] = ()
    kept: int = 0
    unique: set[tuple[str, str, str]] = field(default_factory=set)
    regulars: set[str] = field(default_factory=set)
    _once: dict[str, int] = field(default_factory=dict)  # a user's first interaction, as a hash: small for a million

    @property
    def enough(self) -> bool:
        return len(self.unique) >= LEAST_INTERACTIONS and len(self.regulars) >= LEAST_USERS

    def add(self, columns: Mapping[str, Sequence[str]]) -> None:
        """``columns``: the cells of some rows, by the names that the schema gives the columns."""
        if self.enough:
            return
        rows = list(zip(columns["USER_ID"], columns["ITEM_ID"], columns["TIMESTAMP"], strict=True))
        if self.rules:
            rows = [row for row, keep in zip(rows, self._keeps(columns), strict=True) if keep]
        self.kept += len(rows)
        if len(self.unique) < LEAST_INTERACTIONS:
            self.unique.update(rows)
        if len(self.regulars) < LEAST_USERS:
            for user, item, time in rows:
                if self._once.setdefault(user, mark := hash((item, time))) != mark:
                    self.regulars.add(user)
        if self.enough:
            self._once.clear()

    def _keeps(self, columns: Mapping[str, Sequence[str]]) -> Iterator[bool]:
        nothing = ("",) * len(columns["USER_ID"])
        for event, value in zip(columns.get("EVENT_TYPE", nothing), columns.get("EVENT_VALUE", nothing), strict=True):
            yield any(
                rule.event_type in ("", event) and (rule.at_least is None or _reaches(value, rule.at_least))
                for rule in self.rules
            )


def _reaches(value: str, least: float) -> bool:
    try:
        return float(value) >= least
    except ValueError:  # empty, or a fault that is told for itself
        return False
