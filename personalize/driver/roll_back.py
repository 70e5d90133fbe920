"""Going back to an earlier version: which ones go out of use, by a tag on each that training then obeys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from personalize.config.declaration import Declaration
from personalize.driver.errors import Refused
from personalize.driver.history import declared_solutions, versions_of
from personalize.driver.model import Found, Snapshot
from personalize.driver.personalize_api import PersonalizeApi
from personalize.driver.plan_training import ROLLED_BACK, is_usable


@dataclass(frozen=True)
class RollBack:
    """What going back takes out of use, and what serves then."""

    solution: str
    taken_out: tuple[Found, ...]
    serves_then: Found


def find_roll_back(declaration: Declaration, snapshot: Snapshot, solution: str = "", to: str = "") -> RollBack:
    """The versions to take out of use. Raises ``Refused`` when there is no earlier version, or more than one solution.

    ``solution`` is a solution's key, needed where several are declared; ``to`` the name or ARN of an earlier version.
    """
    chosen = [one for key, one in declared_solutions(declaration) if solution in ("", one.key, f"{key}/{one.key}")]
    if len(chosen) != 1:
        known = ", ".join(f"{key}/{one.key}" for key, one in declared_solutions(declaration))
        what = "say which solution to roll back" if chosen else f"no solution '{solution}' is declared; name one"
        raise Refused(f"{what}, with --solution: {known}")
    usable = list(filter(is_usable, versions_of(snapshot, chosen[0])))
    earlier = [v for v in usable[:-1] if not to or to in (v.name, v.arn, v.arn.rsplit("/", 1)[-1])]
    if not earlier:
        what = f"no usable version {to} before the newest" if to else "no earlier usable version"
        raise Refused(f"{chosen[0].name} has {what}; `kit status` lists them")
    target = earlier[-1]
    return RollBack(chosen[0].name, tuple(usable[usable.index(target) + 1 :]), target)


def mark_rolled_back(api: PersonalizeApi, roll_back: RollBack, now: datetime) -> None:
    """Take versions out of use by a tag on each, so that the service itself remembers; training then switches."""
    for version in roll_back.taken_out:
        api.tag(version.arn, {ROLLED_BACK: now.strftime("%Y-%m-%dT%H:%M:%SZ")})


def rolled_back_versions(declaration: Declaration, snapshot: Snapshot) -> list[Found]:
    """Every version that a roll-back took out of use."""
    versions = [one for _, solution in declared_solutions(declaration) for one in versions_of(snapshot, solution)]
    return [version for version in versions if ROLLED_BACK in version.tags]


def restore(api: PersonalizeApi, versions: Iterable[Found]) -> None:
    """Undo their roll-back: they may serve again."""
    for version in versions:
        api.untag(version.arn, (ROLLED_BACK,))


def as_if_marked(snapshot: Snapshot, marks: Mapping[str, bool]) -> Snapshot:
    """The snapshot as it would be with versions (by ARN) rolled back, or restored: what a plan of that is made from."""

    def marked(one: Found) -> Found:
        if one.arn not in marks:
            return one
        tags = {name: value for name, value in one.tags.items() if name != ROLLED_BACK}
        return replace(one, tags={**tags, ROLLED_BACK: "planned"} if marks[one.arn] else tags)

    return replace(snapshot, found=tuple(map(marked, snapshot.found)))
