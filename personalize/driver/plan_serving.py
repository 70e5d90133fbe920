"""Planning what is made from a trained version: campaigns, batch jobs; and filters, event trackers, leftovers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from personalize.config.declaration import BatchJob, Campaign, DatasetGroup, Solution
from personalize.config.names import fingerprint, with_suffix
from personalize.driver.facts import Facts, arn_of, free, live_version, settle
from personalize.driver.model import Action, Found, Kind, Price, Ref, State, Step
from personalize.driver.observe import is_variant
from personalize.driver.plan_data import numbered


def plan_campaigns(facts: Facts, solution: Solution, parent: Step, version: Step, evaluation: Step) -> Iterator[Step]:
    """A campaign stands only while declared live; switching it waits for the evaluation."""
    for campaign in solution.campaigns:
        found = facts.snapshot.named(Kind.CAMPAIGN, campaign.name)
        step = Step(
            f"{parent.key}/campaign/{campaign.key}",
            Kind.CAMPAIGN,
            campaign.name,
            Action.CREATE,
            "",
            after=(version.key, evaluation.key),
            parent=Ref(parent.key),
            request={
                "name": campaign.name,
                "solutionVersionArn": Ref(version.key),
                "minProvisionedTPS": campaign.min_tps,
                **({"campaignConfig": dict(campaign.config)} if campaign.config else {}),
                "tags": facts.tags(),
            },
            price=facts.estimates.campaign(solution.recipe, campaign.min_tps),
            seconds=facts.estimates.seconds(Kind.CAMPAIGN),
            gated=version.gated,
        )
        refused = bool(evaluation.extra.get("refused"))
        wanted = found is not None if campaign.live is None else campaign.live
        yield _live(step, campaign, version, found, refused) if wanted else _not_live(step, found)


def _not_live(step: Step, found: Found | None) -> Step:
    floor = f"{step.price.hourly:.2f} USD an hour"
    if found is None:
        reason = f"not declared live: batch inference serves; a live campaign costs {floor}, also when idle"
        return replace(step, action=Action.LEAVE, reason=reason, price=Price(), seconds=0.0, after=(), gated=False)
    reason = f"declared live: false; standing idle it costs {floor}"
    return replace(step, action=Action.DELETE, reason=reason, arn=found.arn, price=Price(), after=(), gated=False)


def _live(step: Step, campaign: Campaign, version: Step, found: Found | None, refused: bool) -> Step:
    settled = settle(step, found)
    if found is None or settled.action is not Action.LEAVE:
        return settled
    update: dict[str, object] = {"campaignArn": found.arn}
    reasons = []
    if not refused and (version.arn != live_version(found) or version.action is Action.RETRAIN):
        update["solutionVersionArn"] = Ref(version.key)
        which = f"to {version.name}" if version.action is Action.LEAVE else "to the new version"
        reasons.append(f"{which}, unless it is worse")
    current = {**found.detail, **(found.detail.get("latestCampaignUpdate") or {})}
    if int(current.get("minProvisionedTPS") or 1) != campaign.min_tps:
        update["minProvisionedTPS"] = campaign.min_tps
        reasons.append(f"from {current.get('minProvisionedTPS')} to {campaign.min_tps} TPS")
    have = current.get("campaignConfig") or {}
    if any(have.get(key) != value for key, value in campaign.config.items()):
        update["campaignConfig"] = dict(campaign.config)
        reasons.append("its settings changed")
    if not reasons:
        return replace(settled, reason="stays on its version: the new one was refused") if refused else settled
    return replace(
        step, action=Action.UPDATE, reason=", ".join(reasons), arn=found.arn, request=update, name=found.name
    )


def plan_batches(
    facts: Facts,
    solution: Solution,
    version: Step,
    evaluation: Step,
    imports: list[Step],
    filters: Mapping[str, Step],
) -> Iterator[Step]:
    """One job for each version and each input; done once, never again for the same two."""
    interactions = next((i for i in imports if i.extra["dataset"].type == "INTERACTIONS"), None)
    for job in solution.batches:
        yield _plan_batch(facts, solution, job, version, evaluation, interactions, filters.get(job.filter))


def _plan_batch(
    facts: Facts,
    solution: Solution,
    job: BatchJob,
    version: Step,
    evaluation: Step,
    interactions: Step | None,
    filter_step: Step | None,
) -> Step:
    kind = Kind.BATCH_SEGMENT if job.segments else Kind.BATCH_INFERENCE
    source = facts.sources[job.input] if job.input else None
    mark = source.fingerprint if source else (interactions.name if interactions else "")
    path = job.input or f"{job.output.rstrip('/')}-input/{fingerprint(mark, 12)}.jsonl"
    filtered = f"{job.filter}: {filter_step.request['filterExpression']}" if filter_step else job.filter
    name = with_suffix(job.name, fingerprint([version.name, mark, job.output, job.results, filtered], 12))
    users = facts.users.get(interactions.after[0]) if interactions and not job.input else None
    step = Step(
        f"{version.key.removesuffix('/version')}/batch/{job.key}",
        kind,
        name,
        Action.CREATE,
        "no results of this version for this input",
        after=(version.key, evaluation.key, *((filter_step.key,) if filter_step else ())),
        parent=Ref(version.key),
        request=_batch_request(facts, job, version, filter_step, name, path),
        price=facts.estimates.batch(solution.recipe, users),
        seconds=facts.estimates.seconds(kind),
        gated=version.gated,
        extra={"input": "" if job.input else path, "import": interactions, "output": results_folder(job, name)},
    )
    unserved = kind in facts.snapshot.unserved
    if unserved or evaluation.extra.get("refused"):
        reason = "what answers here does not serve it" if unserved else "not run for a refused version"
        return free(replace(step, action=Action.LEAVE, reason=reason, after=(), extra={}))
    if source and not source.fingerprint:
        extra = {**step.extra, "source": source}
        return replace(step, gated=True, reason=f"waits for {source.missing}", extra=extra)
    return _in_its_folder(_settled_batch(step, facts.snapshot.below(kind, arn_of(version))), job)


def results_folder(job: BatchJob, name: str) -> str:
    """Where the results of the job ``name`` go: a folder of its own, so that no job writes over another's results."""
    return f"{job.output.rstrip('/')}/{name}/"


def _in_its_folder(step: Step, job: BatchJob) -> Step:
    folder = results_folder(job, step.name)
    request = {**step.request, "jobOutput": {"s3DataDestination": {"path": folder}}}
    return replace(step, request=request, extra={**step.extra, "output": folder})


def _batch_request(
    facts: Facts, job: BatchJob, version: Step, filter_step: Step | None, name: str, path: str
) -> dict[str, Any]:
    return {
        "jobName": name,
        "solutionVersionArn": Ref(version.key),
        "numResults": job.results,
        "jobInput": {"s3DataSource": {"path": path}},
        "jobOutput": {"s3DataDestination": {"path": results_folder(job, name)}},
        "roleArn": facts.declaration.role_arn,
        **({"filterArn": Ref(filter_step.key)} if filter_step else {}),
        **({"batchInferenceJobConfig": dict(job.config)} if job.config else {}),
        "tags": facts.tags(),
    }


def _settled_batch(step: Step, jobs: list[Found]) -> Step:
    tries = [(n, job) for job in jobs if (n := numbered(job.name, step.name)) is not None]
    alive = next((job for _, job in reversed(tries) if job.state is not State.FAILED), None)
    if alive:
        settled = settle(step, alive)
        return replace(settled, reason="has its results") if settled.action is Action.LEAVE else settled
    if not tries:
        return step
    name = with_suffix(step.name, f"r{max(n for n, _ in tries) + 1}")
    reason = f"failed earlier: {tries[-1][1].reason}"
    return replace(step, name=name, reason=reason, request={**step.request, "jobName": name})


def plan_filters(facts: Facts, group: DatasetGroup, head: Step) -> Iterator[Step]:
    """A filter keeps its name when its expression changes: it is deleted and made again, which takes a minute."""
    existing = {one.name: one for one in facts.snapshot.below(Kind.FILTER, arn_of(head))}
    datasets = tuple(f"{group.key}/dataset/{dataset.key}" for dataset in group.datasets)
    for item in group.filters:
        found = existing.get(item.name)
        step = settle(
            Step(
                f"{group.key}/filter/{item.key}",
                Kind.FILTER,
                item.name,
                Action.CREATE,
                "",
                after=(head.key, *datasets),
                parent=Ref(head.key),
                request={
                    "name": item.name,
                    "datasetGroupArn": Ref(head.key),
                    "filterExpression": item.expression,
                    "tags": facts.tags(),
                },
                seconds=facts.estimates.seconds(Kind.FILTER),
                extra={"key": item.key},
            ),
            found,
        )
        if found and step.action is Action.LEAVE and found.detail.get("filterExpression") != item.expression:
            seconds = facts.estimates.seconds(Kind.FILTER)
            step = replace(step, action=Action.REPLACE, reason="its expression changed", seconds=seconds)
        yield step


def plan_trackers(facts: Facts, group: DatasetGroup, head: Step) -> Iterator[Step]:
    """One tracker for a dataset group; one of another name is adopted, for the service takes no second."""
    existing = facts.snapshot.below(Kind.EVENT_TRACKER, arn_of(head))
    for tracker in group.event_trackers:
        step = Step(
            f"{group.key}/event-tracker/{tracker.key}",
            Kind.EVENT_TRACKER,
            tracker.name,
            Action.CREATE,
            "",
            after=(head.key,),
            parent=Ref(head.key),
            request={"name": tracker.name, "datasetGroupArn": Ref(head.key), "tags": facts.tags()},
            seconds=facts.estimates.seconds(Kind.EVENT_TRACKER),
        )
        yield settle(step, existing[-1] if existing else None)


def plan_leftovers(facts: Facts, group: DatasetGroup, head: Step, steps: list[Step]) -> Iterator[Step]:
    """What stands in the dataset group and is declared no more: replaced solutions go, others only with ``prune``."""
    kept = {step.arn for step in steps if step.arn} | {step.name for step in steps}
    bases = [solution.name for solution in group.solutions]
    bases += [step.name for step in steps if step.key.endswith(".popularity")]
    switches = tuple(step.key for step in steps if step.kind is Kind.CAMPAIGN and step.action is Action.UPDATE)
    for kind in (Kind.SOLUTION, Kind.FILTER, Kind.EVENT_TRACKER):
        for found in facts.snapshot.below(kind, arn_of(head)):
            if found.arn in kept or found.name in kept or found.state is State.DELETING:
                continue
            replaced = kind is Kind.SOLUTION and any(is_variant(found.name, base) for base in bases)
            yield from _leftover(facts, found, head, replaced, switches)


def _leftover(facts: Facts, found: Found, head: Step, replaced: bool, switches: tuple[str, ...]) -> Iterator[Step]:
    key = f"{head.key}/leftover/{found.name}"
    if not (replaced or facts.options.prune):
        reason = "is not declared; `kit train --prune` deletes it"
        yield free(Step(key, found.kind, found.name, Action.LEAVE, reason, arn=found.arn))
        return
    reason = "was replaced" if replaced else "is not declared (--prune)"
    campaigns = []
    for campaign in facts.snapshot.below(Kind.CAMPAIGN, found.arn) if found.kind is Kind.SOLUTION else []:
        campaigns.append(f"{key}/{campaign.name}")
        if not replaced:
            yield Step(campaigns[-1], Kind.CAMPAIGN, campaign.name, Action.DELETE, reason, arn=campaign.arn)
    after = switches if replaced else tuple(campaigns)
    yield Step(key, found.kind, found.name, Action.DELETE, reason, after=after, arn=found.arn, seconds=60)
