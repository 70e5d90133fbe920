"""Plans that take things away: everything in the reverse order of creation, or only campaigns that nobody asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from personalize.config.declaration import Declaration
from personalize.driver.estimates import Estimates
from personalize.driver.facts import live_version
from personalize.driver.model import Action, Found, Kind, Plan, Price, Snapshot, State, Step

_SECONDS = {Kind.SCHEMA: 1.0}


def destroy_plan(declaration: Declaration, snapshot: Snapshot) -> Plan:
    """Everything inside the declared dataset groups, then the groups, then the declared schemas.

    Import jobs, batch jobs and versions cannot be deleted by themselves: they go with what they belong to. Their
    results in S3 stay.
    """
    steps: list[Step] = []
    for group in declaration.groups:
        if found := snapshot.named(Kind.DATASET_GROUP, group.name):
            steps += _group_steps(snapshot, found)
    groups = tuple(step.key for step in steps if step.kind is Kind.DATASET_GROUP)
    steps += [_delete(one, groups) for one in snapshot.found if one.kind is Kind.SCHEMA]
    return Plan(tuple(steps))


def _group_steps(snapshot: Snapshot, group: Found) -> Iterator[Step]:
    top: list[str] = []
    for solution in snapshot.below(Kind.SOLUTION, group.arn):
        needs: list[str] = []
        for step in _of_solution(snapshot, solution):
            needs.append(step.key)
            yield step
        yield _delete(solution, tuple(needs))
        top.append(_key(solution))
    for kind in (Kind.FILTER, Kind.EVENT_TRACKER):
        for one in snapshot.below(kind, group.arn):
            yield _delete(one, ())
            top.append(_key(one))
    for dataset in snapshot.below(Kind.DATASET, group.arn):
        waits = [_settle(job) for job in snapshot.below(Kind.IMPORT, dataset.arn) if job.state is State.MOVING]
        yield from waits
        yield _delete(dataset, (*top, *(step.key for step in waits)))
    datasets = tuple(_key(one) for one in snapshot.below(Kind.DATASET, group.arn))
    yield _delete(group, (*top, *datasets))


def _of_solution(snapshot: Snapshot, solution: Found) -> Iterator[Step]:
    for version in snapshot.below(Kind.VERSION, solution.arn):
        if version.state is State.MOVING:
            yield replace(_delete(version, ()), reason="its training is stopped first")
        for kind in (Kind.BATCH_INFERENCE, Kind.BATCH_SEGMENT):
            for job in snapshot.below(kind, version.arn):
                if job.state is State.MOVING:
                    yield _settle(job)
    for campaign in snapshot.below(Kind.CAMPAIGN, solution.arn):
        yield _delete(campaign, ())


def _key(found: Found) -> str:
    return found.arn


def _delete(found: Found, after: tuple[str, ...]) -> Step:
    return Step(
        key=_key(found),
        kind=found.kind,
        name=found.name or found.arn.rsplit("/", 1)[-1],
        action=Action.DELETE,
        reason="" if found.state is State.ACTIVE else f"is {found.status}",
        after=after,
        arn=found.arn,
        seconds=_SECONDS.get(found.kind, 60.0),
    )


def _settle(job: Found) -> Step:
    """A job that cannot be stopped: wait for its end."""
    reason = "runs and cannot be stopped; its end is awaited"
    return Step(_key(job), job.kind, job.name, Action.WAIT, reason, arn=job.arn)


def idle_plan(
    declaration: Declaration,
    snapshot: Snapshot,
    estimates: Estimates,
    *,
    hours: float,
    now: datetime,
    requests: Callable[[str, datetime, datetime], float],
) -> Plan:
    """Delete campaigns that answered nothing for ``hours``; ``requests`` counts a campaign's requests in a window.

    A campaign younger than the window is left alone; a window of 0 hours takes every campaign.
    """
    since = now - timedelta(hours=hours)
    groups = [snapshot.named(Kind.DATASET_GROUP, group.name) for group in declaration.groups]
    solutions = {s.arn: s for group in groups if group for s in snapshot.below(Kind.SOLUTION, group.arn)}
    steps = []
    for campaign in snapshot.found:
        if campaign.kind is not Kind.CAMPAIGN or campaign.parent not in solutions:
            continue
        price = estimates.campaign(
            str(solutions[campaign.parent].detail.get("recipeArn", "")),
            int(campaign.detail.get("minProvisionedTPS") or 1),
        )
        asked = requests(campaign.arn, since, now) if hours else 0.0
        steps.append(_judged(campaign, price, since, hours, asked))
    return Plan(tuple(steps))


def _judged(campaign: Found, price: Price, since: datetime, hours: float, asked: float) -> Step:
    stop = _delete(campaign, ())
    saves = f"costs {price.hourly:.2f} USD an hour"
    if hours and campaign.created and campaign.created > since:
        reason = f"is younger than {hours:g} hours; {saves}"
        return replace(stop, action=Action.LEAVE, reason=reason, seconds=0.0, price=price)
    if asked > 0:
        reason = f"answered {asked:,.0f} requests in {hours:g} hours; {saves}"
        return replace(stop, action=Action.LEAVE, reason=reason, seconds=0.0, price=price)
    version = live_version(campaign).rsplit("/", 1)[-1]
    idle = f"nobody asked it for {hours:g} hours" if hours else "stopped as asked"
    return replace(stop, reason=f"{idle}; {saves} (it serves version {version})")
