"""Versions over time: what each scored, which one serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from personalize.config.declaration import Declaration, Solution
from personalize.driver.facts import live_version
from personalize.driver.model import Found, Kind, Snapshot, State
from personalize.driver.observe import variants_of
from personalize.driver.plan_training import ROLLED_BACK


@dataclass(frozen=True)
class VersionRecord:
    """One trained or failed version; ``serves`` names the campaigns that answer from it."""

    solution: str
    name: str
    arn: str
    status: str
    created: datetime | None
    seconds: float | None
    serves: tuple[str, ...]
    rolled_back: bool
    metrics: Mapping[str, float]
    reason: str = ""


def version_history(
    declaration: Declaration, snapshot: Snapshot, metrics: Callable[[str], Mapping[str, float]]
) -> list[VersionRecord]:
    """Every version of the declared solutions, newest first within each solution."""
    records = []
    for _, solution in declared_solutions(declaration):
        for version in reversed(versions_of(snapshot, solution)):
            serving = tuple(
                c.name for c in snapshot.found if c.kind is Kind.CAMPAIGN and live_version(c) == version.arn
            )
            records.append(
                VersionRecord(
                    solution=solution.name,
                    name=version.name or version.arn.rsplit("/", 1)[-1],
                    arn=version.arn,
                    status=version.status,
                    created=version.created,
                    seconds=version.seconds if version.state is State.ACTIVE else None,
                    serves=serving,
                    rolled_back=ROLLED_BACK in version.tags,
                    metrics=metrics(version.arn) if version.state is State.ACTIVE else {},
                    reason=version.reason,
                )
            )
    return records


def declared_solutions(declaration: Declaration) -> list[tuple[str, Solution]]:
    """With the key of the dataset group of each."""
    return [(group.key, solution) for group in declaration.groups for solution in group.solutions]


def versions_of(snapshot: Snapshot, solution: Solution) -> list[Found]:
    """Oldest first, over the solution and what replaced it."""
    arns = variants_of(snapshot, solution.name)
    versions = [v for v in snapshot.found if v.kind is Kind.VERSION and v.parent in arns]
    return sorted(versions, key=lambda v: v.created.timestamp() if v.created else 0.0)
