"""Planning solutions, their versions, and the evaluation that stands before each switch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from personalize.config.declaration import DatasetGroup, Evaluation, Solution
from personalize.config.names import fingerprint, with_suffix
from personalize.config.recipes import POPULARITY
from personalize.config.solutions import comparison_name
from personalize.driver.facts import Facts, arn_of, free, live_version, settle, steps_of
from personalize.driver.model import Action, Found, Kind, Price, Ref, State, Step
from personalize.driver.observe import variants_of
from personalize.driver.plan_data import numbered
from personalize.driver.plan_serving import plan_batches, plan_campaigns
from personalize.driver.version_comparison import compare

ROLLED_BACK = "kit-rolled-back"
_UPDATABLE = ("autoTrainingConfig", "eventsConfig")


def plan_solutions(facts: Facts, group: DatasetGroup, head: Step, before: list[Step]) -> Iterator[Step]:
    """Each solution with its version, its evaluation, its campaigns and batch jobs."""
    imports = list(steps_of(before, Kind.IMPORT, group.key))
    filters = {step.extra["key"]: step for step in steps_of(before, Kind.FILTER, group.key)}
    for solution in group.solutions:
        baseline: list[Step] = []
        if solution.evaluation.baseline:
            baseline = list(_plan_chain(facts, group, _baseline_of(solution), head, imports))
            yield from baseline
        head_step, version = _plan_chain(facts, group, solution, head, imports)
        yield head_step
        yield version
        evaluation = _plan_evaluation(facts, solution, head_step, version, baseline)
        behind = [
            *plan_campaigns(facts, solution, head_step, version, evaluation),
            *plan_batches(facts, solution, version, evaluation, imports, filters),
        ]
        idle = all(step.action is Action.LEAVE for step in (version, *behind))
        if evaluation.action is Action.CHECK and idle:
            evaluation = replace(evaluation, action=Action.LEAVE, reason="nothing waits for it", seconds=0.0)
        yield evaluation
        yield from behind


def solution_key(group: DatasetGroup, solution: Solution) -> str:
    return f"{group.key}/solution/{solution.key}"


def _baseline_of(solution: Solution) -> Solution:
    """Popularity trained by the service itself: only so it is measured on the very same held-out interactions."""
    return Solution(
        key=f"{solution.key}.popularity",
        name=comparison_name(solution.name),
        recipe=POPULARITY,
        config={},
        options={"performAutoTraining": False},
        evaluation=Evaluation(baseline=False),
        retrain=None,
        campaigns=(),
        batches=(),
        is_baseline=True,
    )


def _plan_chain(
    facts: Facts, group: DatasetGroup, solution: Solution, head: Step, imports: list[Step]
) -> tuple[Step, Step]:
    step = _plan_solution(facts, group, solution, head, imports)
    version = _plan_version(facts, group, solution, step, imports)
    return replace(step, optional=solution.is_baseline), replace(version, optional=solution.is_baseline)


def _plan_solution(facts: Facts, group: DatasetGroup, solution: Solution, head: Step, imports: list[Step]) -> Step:
    """A recipe or its parameters cannot be changed: the new solution is trained beside the old one, then takes over."""
    spare = with_suffix(solution.name, fingerprint(_identity(solution)))
    named = {one.name: one for one in facts.snapshot.below(Kind.SOLUTION, arn_of(head))}
    same = next((s for n in (solution.name, spare) if (s := named.get(n)) and _same(solution, s)), None)
    name = solution.name if same or solution.name not in named else spare
    step = Step(
        solution_key(group, solution),
        Kind.SOLUTION,
        name,
        Action.CREATE,
        "" if name == solution.name else f"{solution.name} has another recipe or parameters",
        after=(head.key, *(step.after[0] for step in imports)),
        parent=Ref(head.key),
        request={
            "name": name,
            "datasetGroupArn": Ref(head.key),
            "recipeArn": solution.recipe,
            **solution.options,
            **({"solutionConfig": dict(solution.config)} if solution.config else {}),
            "tags": facts.tags(),
        },
        seconds=facts.estimates.seconds(Kind.SOLUTION),
    )
    settled = settle(step, same)
    if same and settled.action is Action.LEAVE and (change := _update(solution, same)):
        what = "what it is trained with" if "solutionUpdateConfig" in change else "its automatic training"
        return replace(settled, action=Action.UPDATE, reason=f"{what} changed", request=change)
    return settled


def _fixed(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in _UPDATABLE and value not in ({}, None, [])}


def _identity(solution: Solution) -> list[Any]:
    """What the service cannot change in a solution."""
    fixed = {key: solution.options.get(key) for key in ("performHPO", "eventType")}
    return [solution.recipe, _fixed(dict(solution.config)), fixed]


def _trained_by(solution: Solution) -> dict[str, Any]:
    """What of the declaration a training depends on: all but when the service trains by itself."""
    return {key: value for key, value in solution.config.items() if key != "autoTrainingConfig"}


def _same(solution: Solution, found: Found) -> bool:
    """Everything that the service cannot change is as declared. Defaults that the service fills in do not count."""
    detail = found.detail
    have = _fixed(dict(detail.get("solutionConfig") or {}))
    want = _fixed(dict(solution.config))
    return (
        detail.get("recipeArn") == solution.recipe
        and all(have.get(key) == value for key, value in want.items())
        and set(have) - set(want) <= {"hpoConfig", "trainingDataConfig", "optimizationObjective"}
        and bool(detail.get("performHPO")) == bool(solution.options.get("performHPO"))
        and (detail.get("eventType") or "") == solution.options.get("eventType", "")
    )


def _update(solution: Solution, found: Found) -> dict[str, Any]:
    automatic = bool(solution.options.get("performAutoTraining"))
    have = dict(found.detail.get("solutionConfig") or {})
    update = dict((found.detail.get("latestSolutionUpdate") or {}).get("solutionUpdateConfig") or {})
    wanted = {key: solution.config[key] for key in _UPDATABLE if key in solution.config}
    stale = {key: value for key, value in wanted.items() if update.get(key, have.get(key)) != value}
    changed = found.detail.get("performAutoTraining")
    changed = (found.detail.get("latestSolutionUpdate") or {}).get("performAutoTraining", changed)
    if (changed is None or bool(changed) == automatic) and not stale:
        return {}
    request: dict[str, Any] = {"solutionArn": found.arn, "performAutoTraining": automatic}
    if stale:
        request["solutionUpdateConfig"] = stale
    return request


def _plan_version(facts: Facts, group: DatasetGroup, solution: Solution, parent: Step, imports: list[Step]) -> Step:
    """Trains when no version saw the data as it is now, or when asked; the version's name carries the data's mark."""
    base = with_suffix(solution.name, fingerprint([[i.key, i.name] for i in imports] + [_trained_by(solution)], 10))
    versions = facts.snapshot.below(Kind.VERSION, arn_of(parent))
    rows = next((facts.rows[i.after[0]] for i in imports if i.after[0] in facts.rows), None)
    step = Step(
        f"{parent.key}/version",
        Kind.VERSION,
        base,
        Action.RETRAIN if versions else Action.CREATE,
        _why_trained(versions, imports),
        after=(parent.key, *(i.key for i in imports)),
        parent=Ref(parent.key),
        request={"name": base, "solutionArn": Ref(parent.key), "trainingMode": "FULL", "tags": facts.tags()},
        price=facts.estimates.training(solution.recipe, rows),
        seconds=facts.estimates.seconds(Kind.VERSION, solution.recipe),
    )
    if any(i.gated for i in imports):
        return replace(step, name="(named after its data)", gated=True)
    current = _current(versions, base, imports, facts)
    asked = not solution.is_baseline and facts.options.retrain & {"all", solution.key, f"{group.key}/{solution.key}"}
    if current and current.state is State.MOVING:
        return settle(step, current)
    if current and (not asked or facts.options.in_this_job(current)):
        return _kept(step, current, versions)
    if repeats := [n for version in versions if (n := numbered(version.name, base)) is not None]:
        name = with_suffix(base, f"r{max(repeats) + 1}")
        if not current and solution.is_baseline and facts.options.in_this_job(versions[-1]):
            reason = f"failed: {versions[-1].reason}; compared without it"
            return free(replace(step, action=Action.LEAVE, reason=reason, arn=versions[-1].arn))
        why = "asked for" if current else f"failed earlier: {versions[-1].reason or versions[-1].status}"
        return replace(step, name=name, reason=why, request={**step.request, "name": name})
    return replace(step, reason="asked for") if current else step


def _why_trained(versions: list[Found], imports: list[Step]) -> str:
    if not versions:
        return "was never trained"
    same_data = all(step.action is Action.LEAVE for step in imports)
    return "what it is trained with changed" if same_data else "new data"


def _current(versions: list[Found], base: str, imports: list[Step], facts: Facts) -> Found | None:
    """The newest version that was trained on the data as it is now, by us or by others, finished or on its way."""
    settled = all(step.action is Action.LEAVE for step in imports)
    jobs = [facts.snapshot.by_arn(step.arn) for step in imports]
    ends = [job.updated for job in jobs if job and job.updated]
    for version in reversed(versions):
        if version.state in (State.FAILED, State.DELETING):
            continue
        if numbered(version.name, base) is not None:
            return version
        ours = numbered(version.name, base) is None and version.tags.get("managed-by")
        if settled and ends and not ours and version.created and version.created >= max(ends):
            return version
    return None


def _kept(step: Step, current: Found, versions: list[Found]) -> Step:
    """The version to use without training: the current one, unless a roll-back took it out of use."""
    chosen = current
    if ROLLED_BACK in current.tags:
        usable = list(filter(is_usable, versions))
        chosen = usable[-1] if usable else current
    settled = settle(step, chosen)
    reason = "was trained on this data"
    if chosen is not current:
        reason = f"{current.name or current.arn} was rolled back"
    return replace(free(settled), reason=reason, name=chosen.name or chosen.arn.rsplit("/", 1)[-1])


def deployed_version(facts: Facts, solution: Solution, candidate: str) -> Found | None:
    """What the candidate is measured against: the campaign's version, else the newest usable one before it."""
    names = {campaign.name for campaign in solution.campaigns}
    for found in facts.snapshot.found:
        if found.kind is Kind.CAMPAIGN and found.name in names:
            return facts.snapshot.by_arn(live_version(found))
    return _newest_usable(facts, solution, but=candidate)


def is_usable(version: Found) -> bool:
    """Trained, and not taken out of use by a roll-back."""
    return version.state is State.ACTIVE and ROLLED_BACK not in version.tags


def _newest_usable(facts: Facts, solution: Solution, *, but: str = "") -> Found | None:
    arns = variants_of(facts.snapshot, solution.name)
    versions = [v for v in facts.snapshot.found if v.kind is Kind.VERSION and v.parent in arns]
    older = [v for v in versions if is_usable(v) and v.arn != but]
    return max(older, key=lambda v: v.created.timestamp() if v.created else 0.0, default=None)


def _plan_evaluation(facts: Facts, solution: Solution, parent: Step, version: Step, baseline: list[Step]) -> Step:
    previous = deployed_version(facts, solution, version.arn)
    if previous and ROLLED_BACK in previous.tags:
        # Going back is not judged; a version of new data is, against the one that was gone back to.
        previous = None if version.arn else _newest_usable(facts, solution)
    step = Step(
        f"{parent.key}/evaluation",
        Kind.EVALUATION,
        solution.evaluation.metric,
        Action.CHECK,
        "compares the new version with the one in use" if previous else "compares with popularity",
        after=(version.key,),
        seconds=facts.estimates.seconds(Kind.EVALUATION),
        price=Price(),
        extra={
            "version": version.key,
            "previous": previous.arn if previous else "",
            "baseline": baseline[1].key if baseline else "",
            "evaluation": solution.evaluation,
        },
        gated=version.gated,
    )
    if previous and previous.arn == version.arn:
        return replace(step, action=Action.LEAVE, reason="this version is in use", seconds=0.0)
    if previous and version.action is Action.LEAVE and facts.metrics.get(version.arn):
        comparison = compare(
            solution.evaluation,
            solution=parent.key,
            version=version.arn,
            candidate=facts.metrics[version.arn],
            previous=facts.metrics.get(previous.arn, {}),
            popularity=facts.metrics.get(baseline[1].arn, {}) if baseline else {},
            accept_worse=facts.options.accept_worse,
        )
        if not comparison.accepted:
            refused = {**step.extra, "refused": True}
            return replace(step, action=Action.LEAVE, reason=comparison.message, seconds=0.0, extra=refused)
    return step
