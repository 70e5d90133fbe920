"""One run of a campaign: what was frozen when it began, and how far it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Json = dict[str, Any]
PENDING, RUNNING, COMPLETED, CANCELLED = "PENDING", "RUNNING", "COMPLETED", "CANCELLED"
HOLD_PAUSED, HOLD_CANCELLED = "PAUSED", "CANCELLED"
DEFAULT_TREATMENT = "0"
SEND_BATCH = 100  # what one BatchGetItem reads; a smaller batch reads run, template and suppression list more often


@dataclass(frozen=True)
class Treatment:
    """What one share of the audience gets: ``template`` is {Name, Version}, ``message`` has parts that override it."""

    id: str
    size_percent: int
    activity_id: str
    sender: str = ""
    template: Json | None = None
    message: Json = field(default_factory=dict)
    recommender: Json | None = None


@dataclass(frozen=True)
class Plan:
    """Everything a worker needs to know of a run; it never changes once the run is RUNNING. Dates are ISO-8601."""

    app_id: str
    campaign_id: str
    run_id: str
    campaign_version: int
    segment_id: str
    segment_version: int
    holdout_percent: int
    scheduled_start: str
    treatments: tuple[Treatment, ...] = ()
    shards: int = 0
    ends_at: str | None = None

    def treatment(self, treatment_id: str) -> Treatment:
        return next(one for one in self.treatments if one.id == treatment_id)

    def to_json(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        body = json.loads(text)
        return cls(**{**body, "treatments": tuple(Treatment(**one) for one in body["treatments"])})


@dataclass(frozen=True)
class Run:
    """A plan and its progress. ``counters`` maps ``"<treatment>:<metric>"`` to a number."""

    plan: Plan
    state: str = PENDING
    hold: str | None = None
    reason: str | None = None
    started: str | None = None
    ended: str | None = None
    counters: Mapping[str, int] = field(default_factory=dict)
    shards_done: int = 0
    batches_made: int = 0
    batches_done: int = 0

    @property
    def has_ended(self) -> bool:
        return self.state in (COMPLETED, CANCELLED)

    @property
    def is_done(self) -> bool:
        """Every shard is selected and every batch that came of it is counted."""
        return self.state == RUNNING and self.shards_done == self.plan.shards and self.batches_done == self.batches_made

    def metrics(self, treatment_id: str) -> dict[str, int]:
        prefix = f"{treatment_id}:"
        return {name[len(prefix) :]: count for name, count in self.counters.items() if name.startswith(prefix)}


@dataclass(frozen=True)
class AudiencePage:
    """One committed piece of an audience: its recipient file and where the next piece begins (None: shard done)."""

    key: str
    file: str | None
    recipients: int
    next_after: str | None
    counters: Mapping[str, int] = field(default_factory=dict)

    @property
    def batches(self) -> list[tuple[int, int]]:
        """(first, count) of each send batch of this page's file."""
        return [(first, min(SEND_BATCH, self.recipients - first)) for first in range(0, self.recipients, SEND_BATCH)]

    @property
    def batches_made(self) -> int:
        return len(self.batches)


def run_id_for(campaign_id: str, scheduled_start: str) -> str:
    """The same run for the same campaign and scheduled start, so that it is made once (32 hex characters)."""
    return hashlib.sha256(f"run/{campaign_id}/{scheduled_start}".encode()).hexdigest()[:32]


def activity_id_for(run_id: str, treatment_id: str) -> str:
    """The default treatment's activity carries the run's id; the others an id of their own, the same each time."""
    if treatment_id == DEFAULT_TREATMENT:
        return run_id
    return hashlib.sha256(f"activity/{run_id}/{treatment_id}".encode()).hexdigest()[:32]
