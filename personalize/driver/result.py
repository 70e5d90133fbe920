"""What a run made of the account, and what is told when a part of it failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from personalize.driver.advice import advice_for
from personalize.driver.errors import TrainingFailed
from personalize.driver.execution import Execution
from personalize.driver.facts import Options
from personalize.driver.model import Action, Kind, Plan, Snapshot, State
from personalize.driver.progress import Phase, Progress
from personalize.driver.version_comparison import Comparison, Metrics


@dataclass(frozen=True)
class TrainingResult:
    """What a finished run made of the account.

    ``campaigns`` and ``versions`` map step keys to ARNs, ``batches`` batch jobs to the folder that holds their results;
    ``metrics`` are those of ``solution_version_arn``, as the service names them; ``held`` are the evaluations that
    refused a version.
    """

    campaign_arn: str
    solution_version_arn: str
    metrics: Mapping[str, float]
    campaigns: Mapping[str, str]
    versions: Mapping[str, str]
    batches: Mapping[str, str]
    comparisons: tuple[Comparison, ...]
    held: tuple[str, ...]
    plan: Plan
    seconds: float


@dataclass(frozen=True)
class Turn:
    """What one turn left: come back after ``wait_seconds`` unless ``finished``; ``states`` by step key.

    ``failed``: something failed and is not tried again in this job; ``refused``: a new version is worse, not deployed.
    ``messages`` by step key, or by name of what failed, say why and what to do. ``made`` names what this job made (with
    ``options.since``); ``batches``, by step key, the folders with results of the versions in use.
    """

    finished: bool
    failed: bool
    refused: bool
    wait_seconds: float
    states: Mapping[str, str]
    messages: Mapping[str, str]
    made: tuple[str, ...] = ()
    batches: Mapping[str, str] = field(default_factory=dict)


def turn_of(execution: Execution, shortest_wait: float, made: Iterable[str] = ()) -> Turn:
    """Where an execution stands after one turn. Inputs that are not there end it: nobody brings them meanwhile."""
    rows = execution.progress.values()
    if missing := _only_inputs_missing(execution):
        return Turn(True, True, False, 0.0, dict.fromkeys(missing, "waits"), missing, tuple(made))
    return Turn(
        finished=execution.finished,
        failed=any(one.phase is Phase.FAILED and not one.step.optional for one in rows),
        refused=any(_refused(one) for one in rows),
        wait_seconds=0.0 if execution.finished else max(shortest_wait, execution.pause()),
        states={one.step.key: str(one.phase) for one in rows},
        messages={one.step.key: words for one in rows if (words := _words(one))},
        made=tuple(made),
        batches={
            one.step.key: one.step.extra["output"]
            for one in rows
            if one.step.kind is Kind.BATCH_INFERENCE and one.phase is Phase.DONE and one.step.extra.get("output")
        },
    )


def _only_inputs_missing(execution: Execution) -> dict[str, str]:
    """What is awaited, by step key, when nothing else is left that could go on."""
    open_rows = [one for one in execution.progress.values() if not one.settled]
    if any(one.phase is not Phase.IDLE or one.delays for one in open_rows):
        return {}
    return {
        one.step.key: f"{one.step.reason}, and it is not there\n  What to do: put it there"
        for one in open_rows
        if one.step.gated and one.step.extra.get("source")
    }


def failed_between_turns(snapshot: Snapshot, plan: Plan, options: Options) -> Turn | None:
    """The turn that ends a job because something failed while nobody looked; ``None`` when nothing did."""
    again = (Action.CREATE, Action.RETRAIN, Action.REPLACE)
    due = {step.kind for step in plan.steps if step.action in again and not step.optional}
    may_fail = tuple(f"{step.name}-" for step in plan.steps if step.kind is Kind.SOLUTION and step.optional)
    failed = [
        one
        for one in snapshot.found
        if one.state is State.FAILED and one.kind in due and options.in_this_job(one)
        and not (may_fail and one.name.startswith(may_fail))
    ]  # fmt: skip
    if not failed:
        return None
    messages = {
        one.name: f"{one.reason or one.status}\n  What to do: {advice_for(one.kind, one.reason)}" for one in failed
    }
    return Turn(True, True, False, 0.0, {one.name: one.status for one in failed}, messages, made_in(snapshot, options))


def made_in(snapshot: Snapshot, options: Options) -> tuple[str, ...]:
    """What was made since the job began, oldest first."""
    new = [one for one in snapshot.found if options.in_this_job(one)]
    new.sort(key=lambda one: one.created.timestamp() if one.created else 0.0)
    return tuple(f"{one.kind} {one.name or one.arn.rsplit('/', 1)[-1]}" for one in new)


def result_of(
    execution: Execution, seconds: float, comparisons: Iterable[Comparison], metrics: Callable[[str], Metrics]
) -> TrainingResult:
    """The result of a finished execution. Raises ``TrainingFailed`` naming every step that failed, and what to do."""
    rows = list(execution.progress.values())
    if failed := [one for one in rows if one.phase is Phase.FAILED and not one.step.optional]:
        raise TrainingFailed("\n".join(f"{one.step.kind} {one.step.name}: {one.message}" for one in failed))
    live = _arns(rows, Kind.CAMPAIGN, "/campaign/")
    versions = {key: arn for key, arn in _arns(rows, Kind.VERSION, "/version").items() if ".popularity/" not in key}
    versions |= _kept_versions(rows)
    version = next(iter(versions.values()), "")
    return TrainingResult(
        campaign_arn=next(iter(live.values()), ""),
        solution_version_arn=version,
        metrics=metrics(version),
        campaigns=live,
        versions=versions,
        batches={
            one.step.key: one.step.extra["output"]
            for one in rows
            if one.phase is Phase.DONE and one.step.extra.get("output")
        },
        comparisons=tuple(comparisons),
        held=tuple(one.step.key for one in rows if _refused(one)),
        plan=execution.plan,
        seconds=seconds,
    )


def _arns(rows: list[Progress], kind: Kind, part: str) -> dict[str, str]:
    standing = (one for one in rows if one.step.kind is kind and one.arn and one.phase in (Phase.DONE, Phase.HELD))
    return {o.step.key: o.arn for o in standing if part in o.step.key and o.step.action is not Action.DELETE}


def _refused(one: Progress) -> bool:
    return one.step.kind is Kind.EVALUATION and (one.phase is Phase.HELD or bool(one.step.extra.get("refused")))


def _words(one: Progress) -> str:
    """A refusal that an earlier turn found stands in the plan."""
    return one.message or (one.step.reason if _refused(one) else "")


def _kept_versions(rows: list[Progress]) -> dict[str, str]:
    """Behind a refused evaluation the version in use stays the one to use."""
    return {o.step.extra["version"]: o.step.extra["previous"] for o in rows if _refused(o)}
