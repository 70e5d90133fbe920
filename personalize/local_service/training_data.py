"""From a dataset's rows to the interactions that a solution trains with. The minima are the service's."""

from __future__ import annotations

from typing import Any

import numpy as np

from personalize.local_service.columns import Columns, Numbers, Texts
from personalize.local_service.errors import WorkFailed
from personalize.models.interactions import Interactions

LEAST_INTERACTIONS = 1_000
LEAST_USERS = 25
LEAST_PER_USER = 2
ANY_EVENT = "*"
Json = dict[str, Any]


def interactions_for(columns: Columns, solution: Json) -> Interactions:
    """Filtered by event type and value as the solution says. Raises WorkFailed when too little is left."""
    users, items, times = columns["USER_ID"], columns["ITEM_ID"], columns["TIMESTAMP"]
    assert isinstance(users, Texts) and isinstance(items, Texts) and isinstance(times, Numbers)
    chosen = np.flatnonzero(_chosen(columns, solution) & (users.codes >= 0) & (items.codes >= 0))
    found = Interactions.sorted_from(
        users.values, items.values, users.codes[chosen], items.codes[chosen], times.numbers[chosen]
    )
    _demand_enough(found, filtered=len(chosen) < len(users))
    return found


def _chosen(columns: Columns, solution: Json) -> np.ndarray:
    config = solution.get("solutionConfig") or {}
    rules = [(solution.get("eventType"), _threshold(config.get("eventValueThreshold")))]
    events = (config.get("eventsConfig") or {}).get("eventParametersList")
    if events:
        rules = [(event.get("eventType"), event.get("eventValueThreshold")) for event in events]
    every = np.zeros(len(columns["USER_ID"]), dtype=bool)
    for event_type, threshold in rules:
        every |= _matching(columns, event_type, threshold)
    return every


def _matching(columns: Columns, event_type: str | None, threshold: float | None) -> np.ndarray:
    rows = np.ones(len(columns["USER_ID"]), dtype=bool)
    if event_type and event_type != ANY_EVENT:
        types = columns.get("EVENT_TYPE")
        if not isinstance(types, Texts):
            raise WorkFailed("The solution has an event type but the interactions dataset has no EVENT_TYPE column.")
        rows &= types.codes == (types.values.index(event_type) if event_type in types.values else -2)
    if threshold is not None:
        values = columns.get("EVENT_VALUE")
        if not isinstance(values, Numbers):
            raise WorkFailed("The solution has an event value threshold but the dataset has no EVENT_VALUE column.")
        rows &= values.numbers >= threshold
        if values.missing is not None:
            rows &= ~values.missing
    return rows


def _threshold(value: str | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        raise WorkFailed(f"eventValueThreshold {value!r} is not a number.") from None


def _demand_enough(found: Interactions, *, filtered: bool) -> None:
    after = " after filtering by event type and event value" if filtered else ""
    if len(found) < LEAST_INTERACTIONS:
        raise WorkFailed(
            f"The interactions dataset has {_counted(len(found), 'unique interaction')}{after}; "
            f"at least {LEAST_INTERACTIONS} are required."
        )
    regulars = int((found.histories().lengths() >= LEAST_PER_USER).sum())
    if regulars < LEAST_USERS:
        raise WorkFailed(
            f"The interactions dataset has {_counted(regulars, 'user')} with at least {LEAST_PER_USER} interactions each{after}; "
            f"at least {LEAST_USERS} are required."
        )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
