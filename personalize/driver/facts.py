"""What a plan is made from, and the rules that hold for every kind of resource; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from personalize.config.declaration import Declaration
from personalize.driver.estimates import Estimates
from personalize.driver.model import Action, Found, Kind, Price, Snapshot, State, Step
from personalize.driver.sources import Source

MANAGED = {"managed-by": "targeted-messaging-kit"}


@dataclass(frozen=True)
class Options:
    """What was asked for beside the declaration. ``retrain`` holds keys of solutions, or "all".

    ``since`` is when a job of several turns began: what was trained since counts as asked for, what failed since is
    final and not tried again. ``keep_data`` leaves a changed source to a later run.
    """

    retrain: frozenset[str] = frozenset()
    accept_worse: bool = False
    prune: bool = False
    since: datetime | None = None
    keep_data: bool = False

    def in_this_job(self, found: Found | None) -> bool:
        """Whether ``found`` was made since the job began."""
        return bool(self.since and found and found.created and found.created >= self.since)


@dataclass(frozen=True)
class Facts:
    """All that a plan is made from.

    ``sources`` by dataset step key and by S3 URI of batch inputs; ``rows`` and ``users`` where a check counted them;
    ``metrics`` by version ARN, of solutions that have several trained versions.
    """

    declaration: Declaration
    snapshot: Snapshot
    sources: Mapping[str, Source]
    options: Options
    estimates: Estimates
    rows: Mapping[str, int] = field(default_factory=dict)
    users: Mapping[str, int] = field(default_factory=dict)
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def tags(self) -> list[dict[str, str]]:
        tags = {**MANAGED, **self.declaration.tags}
        return [{"tagKey": key, "tagValue": value} for key, value in sorted(tags.items())]


def settle(step: Step, found: Found | None) -> Step:
    """``step`` with the action that brings an immutable resource from ``found`` to what is wanted."""
    if found is None:
        return replace(step, action=Action.CREATE, reason=step.reason or "does not exist")
    known = replace(step, arn=found.arn, name=found.name)
    if found.state is State.ACTIVE:
        return free(replace(known, action=Action.LEAVE, reason="exists"))
    if found.state is State.MOVING:
        return replace(known, action=Action.WAIT, reason=f"is {found.status} since an earlier run", price=Price())
    if found.state is State.DELETING:
        return replace(known, action=Action.REPLACE, reason="is being deleted")
    return replace(known, action=Action.REPLACE, reason=f"failed earlier: {found.reason or found.status}")


def free(step: Step) -> Step:
    """A step that does nothing takes no time and costs nothing new."""
    return replace(step, seconds=0.0, price=replace(step.price, once=0.0))


def arn_of(step: Step) -> str:
    """The ARN that children can be looked up by; empty when the step makes a new resource."""
    return step.arn if step.action in (Action.LEAVE, Action.WAIT, Action.UPDATE) else ""


def steps_of(steps: Iterable[Step], kind: Kind, prefix: str) -> Iterator[Step]:
    return (step for step in steps if step.kind is kind and step.key.startswith(prefix + "/"))


def live_version(campaign: Found) -> str:
    """The version that a campaign serves, or is being switched to."""
    update = campaign.detail.get("latestCampaignUpdate") or {}
    arn = campaign.detail.get("solutionVersionArn", "")
    if update.get("solutionVersionArn") and "FAILED" not in str(update.get("status", "")):
        arn = update["solutionVersionArn"]
    return str(arn)
