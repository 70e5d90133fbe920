"""The words of the driver: kinds of resource, what was found, what to do, and how it went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What the service holds, and the two checks of ours that stand between."""

    DATASET_GROUP = "dataset group"
    SCHEMA = "schema"
    DATASET = "dataset"
    IMPORT = "import job"
    SOLUTION = "solution"
    VERSION = "solution version"
    EVALUATION = "evaluation"
    CAMPAIGN = "campaign"
    BATCH_INFERENCE = "batch inference job"
    BATCH_SEGMENT = "batch segment job"
    EVENT_TRACKER = "event tracker"
    FILTER = "filter"


class Action(StrEnum):
    """What a plan does to one resource."""

    CREATE = "create"
    RETRAIN = "retrain"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    CHECK = "check"
    WAIT = "wait"
    LEAVE = "leave"


class State(StrEnum):
    """Where a resource stands, whatever word its service status uses."""

    MOVING = "moving"
    ACTIVE = "active"
    FAILED = "failed"
    DELETING = "deleting"


def state_of(status: str) -> State:
    """The service's status words, read: ``CREATE IN_PROGRESS``, ``ACTIVE``, ``CREATE STOPPED`` ..."""
    if status.startswith("DELETE") and "FAILED" not in status:
        return State.DELETING
    if "FAILED" in status or status == "CREATE STOPPED":
        return State.FAILED
    return State.ACTIVE if status in ("ACTIVE", "INACTIVE") else State.MOVING


@dataclass(frozen=True)
class Found:
    """One resource as the service describes it. ``detail`` is the describe answer, ``tags`` only where asked for."""

    kind: Kind
    name: str
    arn: str
    status: str
    parent: str = ""
    reason: str = ""
    created: datetime | None = None
    updated: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> State:
        return state_of(self.status)

    @property
    def seconds(self) -> float | None:
        """How long the service worked on it, or on its latest update, once that is done."""
        update = next((part for key, part in self.detail.items() if key.startswith("latest") and part), None)
        latest = self.kind is not Kind.SOLUTION and update
        created = latest.get("creationDateTime") if latest else self.created
        updated = latest.get("lastUpdatedDateTime") if latest else self.updated
        return (updated - created).total_seconds() if created and updated else None


@dataclass(frozen=True)
class Snapshot:
    """Everything found in the service that the declaration touches; ``unserved`` kinds a local stand-in lacks."""

    found: tuple[Found, ...] = ()
    unserved: frozenset[Kind] = frozenset()

    def named(self, kind: Kind, name: str) -> Found | None:
        return next((one for one in self.found if one.kind is kind and one.name == name), None)

    def below(self, kind: Kind, parent: str) -> list[Found]:
        """Children of one kind, oldest first; none below an unknown parent."""
        if not parent:
            return []
        children = [one for one in self.found if one.kind is kind and one.parent == parent]
        return sorted(children, key=lambda one: one.created.timestamp() if one.created else 0.0)

    def by_arn(self, arn: str) -> Found | None:
        return next((one for one in self.found if one.arn == arn), None)


@dataclass(frozen=True)
class Ref:
    """Stands in a request for the ARN of another step, known once that step is done."""

    key: str


@dataclass(frozen=True)
class Price:
    """US dollars: ``once`` is paid by this step, ``hourly`` while the resource stands; ``basis`` says how reckoned."""

    once: float = 0.0
    hourly: float = 0.0
    basis: str = ""


@dataclass(frozen=True)
class Step:
    """One line of a plan.

    ``request`` goes to the service as it is, every ``Ref`` replaced; ``after`` are the keys of the steps it needs;
    ``gated`` steps wait for an input outside of the service (a bucket, a file) and are planned anew when it is there;
    an ``optional`` step (the baseline to compare with) may fail without failing the run.
    """

    key: str
    kind: Kind
    name: str
    action: Action
    reason: str
    after: tuple[str, ...] = ()
    request: Mapping[str, Any] = field(default_factory=dict)
    arn: str = ""
    parent: Ref | str = ""
    price: Price = Price()
    seconds: float = 0.0
    gated: bool = False
    optional: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Steps in an order in which each follows what it needs."""

    steps: tuple[Step, ...]

    @property
    def changes(self) -> tuple[Step, ...]:
        return tuple(s for s in self.steps if s.action not in (Action.LEAVE, Action.WAIT, Action.CHECK))

    def step(self, key: str) -> Step | None:
        return next((step for step in self.steps if step.key == key), None)


@dataclass(frozen=True)
class Event:
    """Something happened to one resource. ``elapsed`` and ``expected`` are seconds."""

    key: str
    kind: Kind
    name: str
    state: str
    elapsed: float = 0.0
    expected: float = 0.0
    arn: str = ""
    message: str = ""
