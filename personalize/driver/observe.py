"""Looking at the account: everything that a declaration touches, found by name, in a few dozen calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from personalize.config.declaration import Declaration
from personalize.driver.errors import DriverError, Gone, NotServed
from personalize.driver.model import Found, Kind, Snapshot, State
from personalize.driver.personalize_api import PersonalizeApi

_DESCRIBED_JOBS = 5
_DESCRIBED_VERSIONS = 20
_BATCH_KINDS = (Kind.BATCH_INFERENCE, Kind.BATCH_SEGMENT)


def observe(api: PersonalizeApi, declaration: Declaration) -> Snapshot:
    """The account as it stands. Costs a list call per kind and parent, and a describe call per resource."""
    wanted = {
        Kind.BATCH_SEGMENT if job.segments else Kind.BATCH_INFERENCE
        for group in declaration.groups
        for solution in group.solutions
        for job in solution.batches
    }
    unserved = frozenset(kind for kind in wanted if not _served(api, kind))
    return Snapshot(tuple(_everything(api, declaration)), unserved)


def _served(api: PersonalizeApi, kind: Kind) -> bool:
    """Asked of the optional kinds only: AWS serves them all, a local stand-in may not."""
    try:
        next(iter(api.list(kind)), None)
    except NotServed:
        return False
    return True


def is_variant(name: str, base: str) -> bool:
    """Whether ``name`` is ``base`` or the replacement of it that an earlier run made."""
    return re.fullmatch(re.escape(base) + r"(-[0-9a-f]{8})?", name) is not None


def variants_of(snapshot: Snapshot, base: str) -> set[str]:
    """ARNs of the solution ``base`` and of what replaced it."""
    return {one.arn for one in snapshot.found if one.kind is Kind.SOLUTION and is_variant(one.name, base)}


def _everything(api: PersonalizeApi, declaration: Declaration) -> Iterator[Found]:
    bases = [schema.name for schema in declaration.schemas.values()]
    for summary in api.list(Kind.SCHEMA):
        if any(is_variant(summary.name, base) for base in bases):
            yield from _described(api, summary)
    wanted = {group.name for group in declaration.groups}
    for summary in api.list(Kind.DATASET_GROUP):
        if summary.name in wanted:
            for group in _described(api, summary):
                yield group
                yield from _in_group(api, group)


def _in_group(api: PersonalizeApi, group: Found) -> Iterator[Found]:
    for kind in (Kind.EVENT_TRACKER, Kind.FILTER):
        for summary in _listed(api, kind, group.arn):
            yield from _described(api, summary)
    for summary in _listed(api, Kind.DATASET, group.arn):
        for dataset in _described(api, summary):
            yield dataset
            jobs = _newest_first(_listed(api, Kind.IMPORT, dataset.arn))
            for job in jobs[:_DESCRIBED_JOBS]:
                yield from _described(api, job)
            yield from jobs[_DESCRIBED_JOBS:]
    for summary in _listed(api, Kind.SOLUTION, group.arn):
        for solution in _described(api, summary):
            yield solution
            yield from _of_solution(api, solution)


def _of_solution(api: PersonalizeApi, solution: Found) -> Iterator[Found]:
    for summary in _listed(api, Kind.CAMPAIGN, solution.arn):
        yield from _described(api, summary)
    versions = _newest_first(_listed(api, Kind.VERSION, solution.arn))
    for summary in versions[:_DESCRIBED_VERSIONS]:
        for version in _described(api, summary):
            yield replace(version, tags=_tags(api, version.arn))
            for kind in _BATCH_KINDS:
                yield from _listed(api, kind, version.arn)
    yield from versions[_DESCRIBED_VERSIONS:]


def _listed(api: PersonalizeApi, kind: Kind, parent: str) -> list[Found]:
    """Empty when the parent vanished between two calls, and for a kind that a local stand-in does not have."""
    try:
        return list(api.list(kind, parent))
    except (Gone, NotServed):
        return []


def _described(api: PersonalizeApi, summary: Found) -> Iterator[Found]:
    found = api.describe(summary.kind, summary.arn, summary.parent)
    if found is not None:
        yield found


def _newest_first(found: list[Found]) -> list[Found]:
    return sorted(found, key=lambda one: one.created.timestamp() if one.created else 0.0, reverse=True)


def _tags(api: PersonalizeApi, arn: str) -> dict[str, str]:
    try:
        return api.tags(arn)
    except DriverError:
        return {}


def moving(snapshot: Snapshot) -> list[Found]:
    """What the service is working on right now."""
    return [one for one in snapshot.found if one.state in (State.MOVING, State.DELETING)]
