"""What a team declares about its recommendations: plain, frozen values, already checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Column:
    """One field of a schema; ``type`` is an Avro primitive."""

    name: str
    type: str
    nullable: bool = False
    categorical: bool = False
    textual: bool = False


@dataclass(frozen=True)
class Schema:
    """``avro`` is the canonical JSON text sent to the service."""

    key: str
    name: str
    kind: str
    columns: tuple[Column, ...]
    avro: str
    domain: str = ""


@dataclass(frozen=True)
class Dataset:
    """``source`` is an s3:// URI of a CSV or a folder of CSVs; ``file`` a local CSV that is uploaded to it."""

    key: str
    name: str
    type: str
    schema: str
    source: str
    file: str = ""
    import_mode: str = "FULL"
    check: bool = True


@dataclass(frozen=True)
class Campaign:
    """A real-time endpoint that bills every hour. ``live`` None: one that stands is kept up to date, none is made."""

    key: str
    name: str
    live: bool | None
    min_tps: int
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BatchJob:
    """Batch inference, or batch segment when ``segments``; an empty ``input`` means all users of the interactions."""

    key: str
    name: str
    segments: bool
    input: str
    output: str
    results: int
    filter: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """A version whose ``metric`` is lower than the deployed one's by more than ``margin`` (a share) is not deployed."""

    metric: str = "normalized_discounted_cumulative_gain_at_10"
    margin: float = 0.05
    baseline: bool = True


@dataclass(frozen=True)
class Retrain:
    """``by`` "kit": the kit's scheduled state machine; "service": automatic training of Personalize."""

    every_days: int
    by: str = "kit"


@dataclass(frozen=True)
class Solution:
    """``config`` is the service's solutionConfig, ``options`` further arguments of CreateSolution."""

    key: str
    name: str
    recipe: str
    config: Mapping[str, Any]
    options: Mapping[str, Any]
    evaluation: Evaluation
    retrain: Retrain | None
    campaigns: tuple[Campaign, ...]
    batches: tuple[BatchJob, ...]
    is_baseline: bool = False


@dataclass(frozen=True)
class Filter:
    key: str
    name: str
    expression: str


@dataclass(frozen=True)
class EventTracker:
    key: str
    name: str


@dataclass(frozen=True)
class DatasetGroup:
    key: str
    name: str
    domain: str
    kms_key_arn: str
    kms_role_arn: str
    datasets: tuple[Dataset, ...]
    solutions: tuple[Solution, ...]
    filters: tuple[Filter, ...]
    event_trackers: tuple[EventTracker, ...]


@dataclass(frozen=True)
class Declaration:
    """``role_arn`` is the role that Personalize takes to read and write the bucket."""

    source: str
    role_arn: str
    tags: Mapping[str, str]
    schemas: Mapping[str, Schema]
    groups: tuple[DatasetGroup, ...]
