"""Doing a plan: one loop advances every chain; each turn starts what can start and asks about what runs.

A turn (``tick``) never waits, so the same code runs in a Lambda function: one turn an invocation, the wait in the
state machine between them. Everything that a turn needs is in the plan and in the service.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from personalize.driver.advice import advice_for
from personalize.driver.errors import (
    AlreadyExists,
    DataFault,
    DriverError,
    Gone,
    InUse,
    NotServed,
    OverQuota,
    Refused,
    Throttled,
)
from personalize.driver.model import Action, Event, Found, Kind, Plan, Ref, State, Step
from personalize.driver.personalize_api import PersonalizeApi
from personalize.driver.polling import Poll
from personalize.driver.progress import Checked, Phase, Progress, applied, differs

_PATIENCE = 1800.0
_LINGERING_REFUSALS = 3
_VANISHED_POLLS = 5


@dataclass
class Execution:
    """One plan being done.

    ``prepare`` runs before a step's create call (check, upload, write the batch input) and ``evaluate`` decides on a
    trained version; both may raise ``DriverError``. ``clock`` is a monotonic reading, ``now`` the time of day. For
    ``input_patience`` seconds a refused role or bucket counts as one that is not there yet.
    """

    plan: Plan
    api: PersonalizeApi
    clock: Callable[[], float]
    now: Callable[[], datetime]
    on_event: Callable[[Event], None]
    prepare: Callable[[Step], None]
    evaluate: Callable[[Step, Callable[[str], str]], Checked]
    input_is_there: Callable[[Step], bool]
    poll: Poll
    input_patience: float = 0.0
    progress: dict[str, Progress] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.progress = {step.key: Progress(step, arn=step.arn) for step in self.plan.steps}

    # ------------------------------------------------------------------ the loop's view
    def tick(self) -> bool:
        """Advance whatever can be advanced now. ``True`` when an awaited input arrived: plan again."""
        moved = True
        while moved:
            moved = False
            for one in self.progress.values():
                if one.settled or one.next_at > self.clock():
                    continue
                if one.step.gated and one.phase is Phase.IDLE and one.step.extra.get("source"):
                    if self._ready(one) and self.input_is_there(one.step):
                        return True
                    self._later(one, one.step.reason)
                    continue
                moved |= self._advance(one)
        return False

    @property
    def finished(self) -> bool:
        return all(one.settled for one in self.progress.values())

    def pause(self) -> float:
        """Seconds until the next step wants attention."""
        waits = [
            one.next_at
            for one in self.progress.values()
            if not one.settled and (one.phase is not Phase.IDLE or one.next_at > 0)
        ]
        return max(0.001, min(waits, default=self.clock()) - self.clock())

    def working(self) -> list[Progress]:
        """What the service goes on doing when this run stops."""
        return [one for one in self.progress.values() if one.phase in (Phase.WORKING, Phase.DELETING)]

    # ------------------------------------------------------------------ one step
    def _advance(self, one: Progress) -> bool:
        if one.phase is Phase.IDLE and not self._ready(one):
            return self._blocked(one)
        before = (one.phase, one.status)
        try:
            if one.phase is Phase.IDLE:
                self._start(one)
            elif one.phase is Phase.DELETING:
                self._await_gone(one)
            else:
                self._ask(one)
        except Throttled as error:
            self._delay(one, error, patience=_PATIENCE)
        except (InUse, OverQuota) as error:
            if isinstance(error, InUse) and _is_others(one):
                one.phase, one.message = Phase.DONE, f"something that is not declared here uses it: {error}"
                self._tell(one, "left")
                return True
            patient = one.step.action is Action.DELETE or self._others_move(one)
            self._delay(one, error, patience=_PATIENCE if patient else 10 * self.poll.longest)
        except NotServed as error:
            one.phase, one.message = Phase.SKIPPED, str(error)
            self._tell(one, "skipped")
        except DriverError as error:
            if isinstance(error, Refused) and self.input_patience and _about_access(error):
                self._delay(one, error, patience=self.input_patience)
            else:
                self._fail(one, str(error), error)
        return before != (one.phase, one.status)

    def _ready(self, one: Progress) -> bool:
        needed = [self.progress[key] for key in one.step.after if key in self.progress]
        if one.step.extra.get("baseline") and not self.progress[one.step.extra["baseline"]].settled:
            return False
        return all(other.phase is Phase.DONE for other in needed)

    def _blocked(self, one: Progress) -> bool:
        """A step whose need failed is skipped; one behind a refused version is held."""
        needed = [self.progress[key] for key in one.step.after if key in self.progress]
        if failed := [o for o in needed if o.phase in (Phase.FAILED, Phase.SKIPPED)]:
            one.phase, one.message = Phase.SKIPPED, f"needs {failed[0].step.kind} {failed[0].step.name}"
            self._tell(one, "skipped")
            return True
        if held := [o for o in needed if o.phase is Phase.HELD]:
            one.phase, one.message = Phase.HELD, held[0].message
            self._tell(one, "held")
            return True
        return False

    def _start(self, one: Progress) -> None:
        step = one.step
        if not one.delays:
            one.began = self.clock()
        if step.action is Action.LEAVE:
            one.phase = Phase.DONE
            self._tell(one, "left")
        elif step.action is Action.WAIT:
            self._working(one, step.arn)
        elif step.action is Action.CHECK:
            checked = self.evaluate(step, self._made)
            one.phase, one.message = (Phase.DONE if checked.accepted else Phase.HELD), checked.message
            self._tell(one, "accepted" if checked.accepted else "refused")
        elif step.action is Action.UPDATE:
            self.api.update(step.kind, self._resolved(step.request))
            self._working(one, step.arn)
        elif step.action is Action.REPLACE:
            self._start_replace(one)
        elif step.action is Action.DELETE:
            self._delete(one)
        else:
            self._create(one)

    def _create(self, one: Progress) -> None:
        step = one.step
        self.prepare(step)
        parent = self._arn(step.parent)
        request = self._resolved(step.request)
        if step.kind is Kind.VERSION and (found := self.api.find(step.kind, step.name, parent)):
            self._working(one, found.arn)
            return
        self._tell(one, "creating")
        try:
            self._working(one, self.api.create(step.kind, request), just_made=True)
        except AlreadyExists:
            found = self.api.find(step.kind, step.name, parent)
            if found is None:
                raise InUse(f"{step.kind} {step.name} exists but is not listed yet") from None
            one.message = "another run created it"
            self._working(one, found.arn)

    def _start_replace(self, one: Progress) -> None:
        """Delete what is wrong, if it is still what the plan saw; then create."""
        step = one.step
        found = self.api.describe(step.kind, step.arn)
        if found is None:
            self._create(one)
        elif found.state is State.DELETING:
            self._deleting(one)
        elif found.state is State.FAILED or differs(found, step.request):
            self._delete(one)
        else:
            self._working(one, step.arn)

    def _delete(self, one: Progress) -> None:
        found = self.api.describe(one.step.kind, one.step.arn)
        if found is not None and found.state is not State.DELETING:
            if not one.delays:
                self._tell(one, "deleting")
            try:
                if one.step.kind is Kind.VERSION:
                    self._stop_training(found)
                else:
                    self.api.delete(one.step.kind, one.step.arn)
            except Gone:
                pass
        self._deleting(one)

    def _stop_training(self, version: Found) -> None:
        if version.state is State.MOVING and "STOP" not in version.status:
            self.api.stop_training(version.arn)

    def _deleting(self, one: Progress) -> None:
        one.phase, one.status = Phase.DELETING, "DELETE PENDING"
        one.next_at = self.clock()

    def _await_gone(self, one: Progress) -> None:
        found = self.api.describe(one.step.kind, one.step.arn)
        stopped = found is not None and one.step.kind is Kind.VERSION and found.state is not State.MOVING
        if found is not None and not stopped:
            if found.state is State.FAILED and found.status.startswith("DELETE"):
                raise Refused(f"deleting failed: {found.reason}")
            self._later(one, found.status)
            return
        one.delays = 0
        if one.step.action is Action.REPLACE:
            one.phase = Phase.IDLE
            self._create(one)
            return
        one.phase = Phase.DONE
        self._tell(one, "deleted")

    def _ask(self, one: Progress) -> None:
        found = self.api.describe(one.step.kind, one.arn)
        if found is None:
            one.misses += 1
            if one.misses > _VANISHED_POLLS:
                raise Refused("it vanished while this run waited for it; somebody deleted it")
            self._later(one, "not listed yet")
            return
        if one.step.action is Action.WAIT and found.created:
            one.began = min(one.began, self.clock() - (self.now() - found.created).total_seconds())
        updating = one.step.action is Action.UPDATE and found.state is State.ACTIVE
        if updating and not found.reason and not applied(found, self._resolved(one.step.request)):
            one.misses += 1
            if one.misses > _VANISHED_POLLS:
                raise Refused("the service took the update but does not show it; run `kit train` again")
            self._later(one, "UPDATE PENDING")
        elif found.state is State.FAILED or (updating and found.reason):
            self._fail(one, found.reason or found.status, None)
        elif found.state is State.ACTIVE:
            one.phase, one.status = Phase.DONE, found.status
            self._tell(one, found.status)
        else:
            self._later(one, found.status)

    # ------------------------------------------------------------------ bookkeeping
    def _working(self, one: Progress, arn: str, *, just_made: bool = False) -> None:
        one.phase, one.arn, one.delays, one.delayed_since = Phase.WORKING, arn, 0, None
        immediate = one.step.kind is Kind.SCHEMA or not just_made
        one.next_at = self.clock() + (0.0 if immediate else self.poll.shortest)

    def _later(self, one: Progress, status: str) -> None:
        one.began = one.began or self.clock()
        one.next_at = self.clock() + self.poll.after(self.clock() - one.began)
        if status != one.status:
            one.status = status
            self._tell(one, status)

    def _delay(self, one: Progress, error: DriverError, *, patience: float) -> None:
        """Try the same again later, ever later; give up after ``patience`` seconds."""
        if one.delayed_since is None:
            one.delayed_since = self.clock()
        one.delays += 1
        if self.clock() - one.delayed_since > patience:
            self._fail(one, str(error), error)
            return
        one.next_at = self.clock() + min(self.poll.longest, self.poll.shortest * 2 ** min(one.delays, 10))
        if one.delays == 1:
            one.message = str(error)
            self._tell(one, "delayed")

    def _others_move(self, one: Progress) -> bool:
        return any(
            other is not one and other.phase in (Phase.WORKING, Phase.DELETING) for other in self.progress.values()
        )

    def _fail(self, one: Progress, reason: str, error: DriverError | None) -> None:
        one.phase, one.status = Phase.FAILED, "FAILED"
        advice = "" if isinstance(error, DataFault) else advice_for(one.step.kind, reason)
        one.message = f"{reason}\n  What to do: {advice}" if advice else reason
        self._tell(one, "failed")

    def _tell(self, one: Progress, state: str) -> None:
        elapsed = max(0.0, self.clock() - one.began) if one.began else 0.0
        step = one.step
        self.on_event(
            Event(step.key, step.kind, step.name, state, round(elapsed, 3), step.seconds, one.arn, one.message)
        )

    def _made(self, key: str) -> str:
        """The ARN of a step that succeeded, else an empty text."""
        one = self.progress[key]
        return one.arn if one.phase is Phase.DONE else ""

    def _arn(self, parent: Ref | str) -> str:
        return self.progress[parent.key].arn if isinstance(parent, Ref) else parent

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, Ref):
            return self.progress[value.key].arn
        if isinstance(value, Mapping):
            return {key: self._resolved(part) for key, part in value.items()}
        return [self._resolved(part) for part in value] if isinstance(value, list) else value


def _is_others(one: Progress) -> bool:
    """A schema has no group: when ours are gone and it is still in use, another declaration's dataset uses it.

    Asked some times before, for what was just deleted may go on counting for a moment.
    """
    return one.step.kind is Kind.SCHEMA and one.step.action is Action.DELETE and one.delays >= _LINGERING_REFUSALS


def _about_access(error: Refused) -> bool:
    return re.search(r"\b(role|bucket|s3|assume)", str(error), re.IGNORECASE) is not None


def utc_now() -> datetime:
    return datetime.now(UTC)
