"""When each solution was trained last: what came in since, its newest version has not seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from personalize.config.declaration import Declaration
from personalize.driver.model import Kind, Snapshot, State
from personalize.driver.observe import observe, variants_of
from personalize.driver.training import Training


@dataclass(frozen=True)
class LastTrained:
    """``solution`` as ``Options.retrain`` names it (group/solution); ``group`` is the dataset group's name."""

    solution: str
    group: str
    at: datetime


def last_trained(training: Training) -> list[LastTrained]:
    """Solutions of dataset groups with an event tracker, those that have a version. Raises ``DriverError``."""
    return list(_last_trained(training.declaration, observe(training.api, training.declaration)))


def _last_trained(declaration: Declaration, snapshot: Snapshot) -> Iterator[LastTrained]:
    versions = [
        one for one in snapshot.found if one.kind is Kind.VERSION and one.state not in (State.FAILED, State.DELETING)
    ]
    for group in declaration.groups:
        for solution in group.solutions if group.event_trackers else ():
            arns = variants_of(snapshot, solution.name)
            if began := [one.created for one in versions if one.parent in arns and one.created]:
                yield LastTrained(f"{group.key}/{solution.key}", group.name, max(began))
