"""One whole training: look, plan, check the data, do, and tell what came out.

``plan_training`` only looks. ``train`` waits until everything is done. ``turn`` does what can be done without
waiting and says when to come back: that is what a state machine calls, with its own wait in between.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from personalize.config.declaration import Dataset, Declaration
from personalize.config.parse import load_declaration, parse_declaration
from personalize.config.problems import near
from personalize.dataset_check import Report, check_streams
from personalize.driver.errors import DataFault, DriverError, TrainingFailed
from personalize.driver.estimates import Estimates, load_prices
from personalize.driver.execution import Execution, utc_now
from personalize.driver.facts import Facts, Options
from personalize.driver.model import Action, Event, Kind, Plan, Snapshot, State, Step
from personalize.driver.observe import observe
from personalize.driver.personalize_api import PersonalizeApi
from personalize.driver.plan_data import dataset_key
from personalize.driver.planner import make_plan
from personalize.driver.polling import AWS, Poll
from personalize.driver.progress import Checked
from personalize.driver.result import TrainingResult, Turn, failed_between_turns, made_in, result_of, turn_of
from personalize.driver.sources import S3Files, Source, split_uri
from personalize.driver.version_comparison import Comparison, compare
from personalize.trainable_rows import event_rules

Config = Declaration | Path | str
# Nobody's id: the model answers with what everybody likes, and senders give that to people without results.
# engagement/domain/batch_results.py knows the same word.
UNKNOWN_USER = "kit:unknown-user"


@dataclass(frozen=True)
class Clients:
    """boto3 clients: ``personalize`` and ``s3`` are needed, ``cloudwatch`` only to find idle campaigns."""

    personalize: Any
    s3: Any
    cloudwatch: Any = None

    @classmethod
    def of(cls, clients: Any) -> Clients:
        """From ``Clients``, from a mapping of names to clients, or from a boto3 session."""
        if isinstance(clients, cls):
            return clients
        if isinstance(clients, Mapping):
            return cls(clients["personalize"], clients["s3"], clients.get("cloudwatch"))
        return cls(clients.client("personalize"), clients.client("s3"), clients.client("cloudwatch"))


def as_declaration(config: Config, variables: Mapping[str, str]) -> Declaration:
    """A declaration from itself, from the path of a file, or from YAML text. Raises ``DeclarationError``."""
    if isinstance(config, Declaration):
        return config
    if isinstance(config, Path) or "\n" not in config:
        return load_declaration(Path(config), variables)
    return parse_declaration(config, variables)


NO_POLICY = (
    "the bucket {bucket} has no policy that lets personalize.amazonaws.com read it, and the import would fail. The module "
    "`recommendations` makes one (`kit deploy`); for a bucket of your own: docs/how-to/bring-your-own.md"
)


@dataclass
class Training:
    """One run over one declaration; holds nothing that the service does not hold, but what this run has counted."""

    declaration: Declaration
    clients: Clients
    options: Options = field(default_factory=Options)
    on_event: Callable[[Event], None] = lambda event: None
    poll: Poll = AWS
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = utc_now
    wait_for_inputs: float = 0.0
    prices: Mapping[str, Any] = field(default_factory=load_prices)
    as_if: Callable[[Snapshot], Snapshot] = lambda snapshot: snapshot  # a plan of what is not done yet
    reports: dict[str, Report] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)  # buckets of imports that are due
    comparisons: list[Comparison] = field(default_factory=list)
    snapshot: Snapshot = field(default_factory=Snapshot)
    current: Execution | None = None

    def __post_init__(self) -> None:
        self.api = PersonalizeApi(client=self.clients.personalize)
        self.files = S3Files(client=self.clients.s3)

    # ------------------------------------------------------------------ looking
    def plan(self) -> Plan:
        """What would be done now. Reads the account and, where an import is due, the rows; writes nothing.

        Raises ``DataFault`` when ``options.retrain`` names a solution that is not declared.
        """
        self._check_retrain()
        self.snapshot = self.as_if(observe(self.api, self.declaration))
        plan = make_plan(self._facts())
        if self._check_rows(plan):
            plan = make_plan(self._facts())
        return plan

    def _check_retrain(self) -> None:
        """A misspelt solution would else train nothing and look like success."""
        keys = [(group.key, solution.key) for group in self.declaration.groups for solution in group.solutions]
        known = {"all", *(solution for _, solution in keys), *(f"{group}/{solution}" for group, solution in keys)}
        for word in sorted(self.options.retrain - known):
            raise DataFault(f"to train anew: no solution '{word}'{near(word, known)}")

    def _facts(self) -> Facts:
        counted = {key: report for key, report in self.reports.items() if report.rows}
        return Facts(
            self.declaration,
            self.snapshot,
            self._sources(),
            self.options,
            Estimates.of(self.snapshot, self.prices),
            {key: report.rows for key, report in counted.items()},
            {key: len(report.users) for key, report in counted.items()},
            self._known_metrics(),
        )

    def _known_metrics(self) -> dict[str, Mapping[str, float]]:
        """Metrics of every trained version where a solution has several: so a plan can say what would be refused."""
        trained = [one for one in self.snapshot.found if one.kind is Kind.VERSION and one.state is State.ACTIVE]
        several = len({one.parent for one in trained}) < len(trained)
        return {one.arn: self.metrics(one.arn) for one in trained if one.name} if several else {}

    def _sources(self) -> dict[str, Source]:
        sources: dict[str, Source] = {}
        for group in self.declaration.groups:
            for dataset in group.datasets:
                sources[dataset_key(group, dataset)] = self.files.look(dataset)
            for solution in group.solutions:
                for batch in solution.batches:
                    if batch.input:
                        sources[batch.input] = self.files.look_at(batch.input)
        return sources

    def _check_rows(self, plan: Plan) -> bool:
        """Check the bucket and the CSV of every import that is due; ``True`` when rows were counted."""
        checked = False
        buckets: set[str] = set()
        for step in plan.steps:
            if step.kind is Kind.IMPORT and step.action is Action.CREATE and not step.gated:
                buckets.add(split_uri(step.extra["source"].uri)[0])
                dataset: Dataset = step.extra["dataset"]
                if dataset.check and step.after[0] not in self.reports:
                    self._count(step)
                    checked = True
        self.unreadable = [name for name in sorted(buckets) if self.files.lets_personalize_read(name) is False]
        return checked

    def _count(self, step: Step) -> Report:
        dataset: Dataset = step.extra["dataset"]
        schema = self.declaration.schemas[dataset.schema]
        started = self.clock()
        groups = self.declaration.groups
        group = next(one for one in groups for d in one.datasets if dataset_key(one, d) == step.after[0])
        streams, rules = self.files.streams(step.extra["source"]), event_rules(group.solutions)
        report = check_streams(streams, schema, rules, increment=self._is_increment(dataset))
        self.reports[step.after[0]] = report
        told = f"checked {report.rows:,} rows of {dataset.file or dataset.source}"
        seconds = round(self.clock() - started, 3)
        self.on_event(Event(step.key, step.kind, step.name, "checked", seconds, message=told))
        return report

    def faults(self) -> str:
        """What the checks found wrong with the rows; empty when nothing."""
        rows = [report.text() for report in self.reports.values() if report.fault_count]
        return "\n".join([*rows, *(NO_POLICY.format(bucket=name) for name in self.unreadable)])

    def _is_increment(self, dataset: Dataset) -> bool:
        """Does an earlier import stay, and this one come on top of it?"""
        found = self.snapshot.named(Kind.DATASET, dataset.name)
        jobs = self.snapshot.below(Kind.IMPORT, found.arn if found else "")
        return dataset.import_mode == "INCREMENTAL" and any(job.state is State.ACTIVE for job in jobs)

    # ------------------------------------------------------------------ doing
    def execution(self, plan: Plan) -> Execution:
        """``plan`` ready to be done. Raises ``DataFault`` when rows that it would import are wrong."""
        if faults := self.faults():
            raise DataFault(f"nothing was uploaded, for the data cannot be imported:\n{faults}")
        self.current = Execution(
            plan=plan,
            api=self.api,
            clock=self.clock,
            now=self.now,
            on_event=self.on_event,
            prepare=self._prepare,
            evaluate=self._evaluate,
            input_is_there=self._input_is_there,
            poll=self.poll,
            input_patience=self.wait_for_inputs,
        )
        return self.current

    def working(self) -> list[tuple[str, str, str]]:
        """What the service goes on doing when this run stops: name, state, and what is left by the estimate."""
        rows = self.current.working() if self.current else []
        return [(f"{o.step.kind} {o.step.name}", o.status, o.left(self.clock())) for o in rows]

    def run(self, plan: Plan | None = None) -> TrainingResult:
        """Do ``plan`` (made now when not given) and wait for all of it. Raises ``TrainingFailed`` and ``DataFault``."""
        began = self.clock()
        execution = self.execution(plan or self.plan())
        while True:
            arrived = execution.tick()
            if arrived:
                execution = self.execution(self.plan())
                continue
            if execution.finished:
                return result_of(execution, self.clock() - began, self.comparisons, self.metrics)
            self._out_of_patience(execution, began)
            self.sleep(execution.pause())

    def turn(self) -> Turn:
        """One turn for a state machine: look, plan, start what can start, ask once about what runs.

        Set ``options.since`` to the start of the state machine's execution, so that a failure ends it.
        """
        plan = self.plan()
        if over := failed_between_turns(self.snapshot, plan, self.options):
            return over
        execution = self.execution(plan)
        execution.tick()
        return turn_of(execution, self.poll.shortest, made_in(self.snapshot, self.options))

    def _out_of_patience(self, execution: Execution, began: float) -> None:
        """Awaited inputs that never come end the run, when nothing else is left to do."""
        rows = execution.progress.values()
        waiting = [one for one in rows if one.step.gated and one.step.extra.get("source") and not one.settled]
        if not waiting or execution.working() or self.clock() - began < self.wait_for_inputs:
            return
        missing = "; ".join(sorted({one.step.reason for one in waiting}))
        raise TrainingFailed(
            f"{missing}, and it is not there. Put it there, or let the training wait for it: "
            "`kit train --wait-for-inputs SECONDS`"
        )

    def _input_is_there(self, step: Step) -> bool:
        dataset: Dataset | None = step.extra.get("dataset")
        look = self.files.look(dataset) if dataset else self.files.look_at(step.extra["source"].uri)
        return bool(look.fingerprint)

    def _prepare(self, step: Step) -> None:
        """What a create call needs in S3: the uploaded CSV, the list of users."""
        if step.kind is Kind.IMPORT:
            source: Source = step.extra["source"]
            if self.files.upload(source):
                told = f"uploaded {source.size / 1e6:.1f} MB to {source.uri}"
                self.on_event(Event(step.key, step.kind, step.name, "uploaded", message=told))
        elif step.extra.get("input"):
            self._write_users(step)

    def _write_users(self, step: Step) -> None:
        """The batch input "all users": one JSON object a line, in the order of their names, and somebody unknown."""
        interactions: Step = step.extra["import"]
        report = self.reports.get(interactions.after[0]) or self._count(interactions)
        lines = "".join(json.dumps({"userId": user}) + "\n" for user in [*sorted(report.users), UNKNOWN_USER])
        self.files.write(step.extra["input"], lines.encode())

    def _evaluate(self, step: Step, arn_of: Callable[[str], str]) -> Checked:
        extra = step.extra
        comparison = compare(
            extra["evaluation"],
            solution=step.key.removesuffix("/evaluation"),
            version=arn_of(extra["version"]),
            candidate=self.metrics(arn_of(extra["version"])),
            previous=self.metrics(extra["previous"]),
            popularity=self.metrics(arn_of(extra["baseline"]) if extra["baseline"] else ""),
            accept_worse=self.options.accept_worse,
        )
        self.comparisons.append(comparison)
        return Checked(comparison.accepted, comparison.message)

    def metrics(self, version: str) -> dict[str, float]:
        """Empty where the service has none: no version, or a recipe without metrics."""
        if not version:
            return {}
        try:
            return self.api.metrics(version)
        except DriverError:
            return {}


def training(
    config: Config,
    clients: Any,
    variables: Mapping[str, str] | None = None,
    *,
    poll_seconds: float | Poll | None = None,
    **settings: Any,
) -> Training:
    """A ``Training`` from plain things; ``poll_seconds`` is the shortest wait between two questions."""
    if isinstance(poll_seconds, (int, float)):
        poll_seconds = replace(AWS, shortest=float(poll_seconds), longest=max(60.0 * (poll_seconds >= 1), 1.0))
    declaration = as_declaration(config, variables or {})
    return Training(declaration, Clients.of(clients), poll=poll_seconds or AWS, **settings)


def plan_training(config: Config, clients: Any, variables: Mapping[str, str] | None = None, **settings: Any) -> Plan:
    """What ``train`` would do now, with prices and durations; changes nothing."""
    return training(config, clients, variables, **settings).plan()


def train(config: Config, clients: Any, variables: Mapping[str, str] | None = None, **settings: Any) -> TrainingResult:
    """Bring the account to what ``config`` declares and wait for it; run twice, the second run changes nothing.

    ``clients``: ``Clients``, a mapping or a boto3 session. ``settings``: ``on_event`` (gets ``Event``), ``sleep``,
    ``clock``, ``poll_seconds``, ``options`` (``Options``), ``wait_for_inputs`` (seconds to wait for bucket and file).
    Raises ``DeclarationError``, ``DataFault`` (before any upload) and ``TrainingFailed`` (after every chain ended).

    >>> result = train("personalize/personalize.yaml", session, {"bucket": "b", "role_arn": "arn:..."})
    >>> result.campaign_arn, result.metrics["precision_at_5"]
    """
    return training(config, clients, variables, **settings).run()
