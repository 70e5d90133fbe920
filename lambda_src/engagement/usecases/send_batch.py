"""Send one batch of a run: at most one mail per recipient, whatever is repeated, throttled or killed.

The order is the guarantee:

1. what an earlier attempt left behind is read and settled (domain/delivery.py states the rule);
2. endpoints, and the suppression list, are read now, not when the audience was made;
3. for a small group: render, then *reserve* all of the group in one transaction, then send, then record;
4. when every recipient has an outcome: events, dead letters, then the batch's counters, once.

A kill between two steps repeats the batch from step 1. Only what was reserved and not recorded is uncertain: at most
one group, RESERVE_GROUP mails. It is what one BatchWriteItem records: a group of 10 would leave fewer in doubt after
a kill, which is rare, and cost a tenth more CPU for every mail. A function that runs out of time is no kill: senders
look at the clock before each mail, and SES has less time to answer than is kept back (ANSWER_WITHIN_SECONDS).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engagement.app import App
from engagement.domain import delivery as states
from engagement.domain.dead_letter import dead_letter
from engagement.domain.delivery import Delivery, not_mailed_because
from engagement.domain.email_address import MailFault, written_to
from engagement.domain.endpoint import Endpoint, endpoint_document
from engagement.domain.execution_metrics import counters
from engagement.domain.message_event import campaign_send
from engagement.domain.recommendation import Joined
from engagement.domain.run import HOLD_CANCELLED, HOLD_PAUSED, Plan, Run, Treatment
from engagement.domain.template import RenderError
from engagement.errors import BadRequest, EngagementError, EventsNotRecorded, NotFound
from engagement.ports import Mail
from engagement.usecases.complete_run import complete_run
from engagement.usecases.join_recommendations import join_recommendations
from engagement.usecases.load_content import RunContent, load_content
from engagement.usecases.send_reserved import NO_TIME, Senders
from engagement.usecases.write_mail import write_mail

Json = dict[str, Any]
RESERVE_GROUP = 25
LEASE_MARGIN_SECONDS = 5
STOP_BEFORE_DEADLINE_SECONDS = 10
PAUSE_DELAY_SECONDS = 60
MAX_DELAY_SECONDS = 300


@dataclass
class BatchReport:
    """What happened, for the log line. ``postponed`` is the number of seconds after which the batch comes again."""

    outcomes: dict[str, int] = field(default_factory=dict)
    postponed: int | None = None
    why: str | None = None
    events_lost: int = 0


@dataclass
class _Batch:
    app: App
    run: Run
    message: Json
    deadline: float
    attempt: str = field(default_factory=lambda: uuid.uuid4().hex)
    recipients: list[Json] = field(default_factory=list)
    done: dict[str, Delivery] = field(default_factory=dict)
    endpoints: dict[str, Json] = field(default_factory=dict)
    throttled: str | None = None
    progress: int = 0
    took_over: bool = False

    @property
    def plan(self) -> Plan:
        return self.run.plan

    @property
    def key(self) -> str:
        return f"{self.message['file']}#{self.message['first']}"

    @property
    def stop_at(self) -> float:
        """When no mail is begun any more, in epoch seconds."""
        return self.deadline - STOP_BEFORE_DEADLINE_SECONDS

    def now(self) -> datetime:
        return self.app.clock.now()

    def open_recipients(self) -> list[Json]:
        return [one for one in self.recipients if one["id"] not in self.done]

    def dropped(self, recipient: Json, code: str, reason: str | None = None, fallback: str | None = None) -> Delivery:
        return self.delivery(recipient, states.DROPPED, code=code, reason=reason, fallback=fallback)

    def delivery(self, recipient: Json, state: str, **more: Any) -> Delivery:
        at = int(self.now().timestamp() * 1000)
        return Delivery(recipient["id"], recipient["t"], state, at=at, attempt=self.attempt, **more)


def send_batch(app: App, message: Json, *, deadline: float, repeated: bool = False) -> BatchReport:
    """Send the batch that ``message`` names. ``deadline`` (epoch seconds) is when this worker will be ended.

    Raises NotFound when run or file do not exist (a poison message), and retryable errors when a store does not
    answer: then nothing is lost and the message may simply come again.
    """
    run = app.runs.get(message["run_id"])
    if run is None:
        raise NotFound(f"run {message['run_id']} does not exist")
    if run.has_ended:
        complete_run(app, run.plan)
        return BatchReport(why="the run has ended")
    if run.hold == HOLD_PAUSED:
        return _postpone(app, message, PAUSE_DELAY_SECONDS, "the campaign is paused")
    batch = _Batch(app, run, message, deadline)
    batch.recipients = _read_recipients(app, message)
    if repeated or message.get("throttled"):
        waiting = _settle_earlier_attempts(batch)
        if waiting:
            return _postpone(app, message, waiting, "another worker may still be sending this batch")
    _send_open(batch)
    if batch.open_recipients():
        return _postpone_rest(batch)
    return _finish(batch)


def _read_recipients(app: App, message: Json) -> list[Json]:
    """The message's lines of the recipient file, each {"id": endpoint id, "t": treatment id}."""
    lines = app.files.read(message["file"]).split(b"\n")
    first, count = message["first"], message["count"]
    return [json.loads(line) for line in lines[first : first + count] if line]


def _settle_earlier_attempts(batch: _Batch) -> int:
    """Take over the outcomes of earlier attempts; answers the seconds to wait when one may still be at work."""
    stored = batch.app.deliveries.read(batch.plan.run_id, [one["id"] for one in batch.recipients])
    now = batch.now().timestamp()
    live = [one.leased_until - now for one in stored.values() if one.is_live(now)]
    if live:
        return int(max(live)) + 1
    for found in stored.values():
        outcome = found
        if found.state == states.RESERVED:
            outcome = found.settled_as_unknown()
            batch.app.deliveries.settle(batch.plan.run_id, found, outcome)
        batch.done[outcome.endpoint_id] = outcome
        batch.took_over = True
    return 0


def _send_open(batch: _Batch) -> None:
    open_now = batch.open_recipients()
    if not open_now:
        return
    stopped = _run_is_over(batch)
    if stopped:
        _reserve(batch, [batch.dropped(one, states.ENDED, stopped) for one in open_now])
        return
    found = batch.app.endpoints.get_many(batch.plan.app_id, [one["id"] for one in open_now])
    batch.endpoints = {endpoint_id: endpoint_document(endpoint) for endpoint_id, endpoint in found.items()}
    mailed = _drop_unmailable(batch, open_now, found)
    for treatment, recipients in _by_treatment(batch.plan, mailed):
        try:
            content = load_content(batch.app, treatment)
        except (BadRequest, NotFound) as error:
            _reserve(batch, [batch.dropped(one, states.RENDERING_FAILURE, error.message) for one in recipients])
            continue
        joined = _recommendations(batch, treatment, content, recipients)
        recipients = _drop_unrecommended(batch, recipients, joined)
        _send_in_groups(batch, treatment, content, recipients, joined)


def _run_is_over(batch: _Batch) -> str | None:
    if batch.run.hold == HOLD_CANCELLED:
        return "the campaign or its segment was deleted"
    ends = batch.plan.ends_at
    if ends and batch.now() >= datetime.fromisoformat(ends.replace("Z", "+00:00")):
        return "the campaign's time to send is over"
    return None


def _drop_unmailable(batch: _Batch, recipients: Sequence[Json], found: Mapping[str, Endpoint]) -> list[Json]:
    """Opt-out, status, channel and suppression as they are now; answers who is left."""
    reasons = {one["id"]: not_mailed_because(found.get(one["id"])) for one in recipients}
    addresses = {one: written_to(batch.endpoints[one]["Address"]) for one, reason in reasons.items() if reason is None}
    suppressed = batch.app.mailer.suppressed(list(addresses.values())) if addresses else set()
    reasons |= {one: states.SUPPRESSED for one, address in addresses.items() if address in suppressed}
    dropped = [batch.dropped(one, reasons[one["id"]] or "") for one in recipients if reasons[one["id"]]]
    _reserve(batch, dropped)
    return [one for one in recipients if not reasons[one["id"]]]


def _by_treatment(plan: Plan, recipients: Sequence[Json]) -> Iterator[tuple[Treatment, list[Json]]]:
    for treatment in plan.treatments:
        own = [one for one in recipients if one["t"] == treatment.id]
        if own:
            yield treatment, own


def _recommendations(
    batch: _Batch, treatment: Treatment, content: RunContent, recipients: Sequence[Json]
) -> dict[str, Joined]:
    if not content.recommended:
        return {}
    return join_recommendations(
        recommender=batch.app.recommender,
        functions=batch.app.functions,
        plan=batch.plan,
        treatment=treatment,
        endpoints={one["id"]: batch.endpoints[one["id"]] for one in recipients},
    )


def _drop_unrecommended(batch: _Batch, recipients: list[Json], joined: Mapping[str, Joined]) -> list[Json]:
    refused = {endpoint_id: found.not_mailed for endpoint_id, found in joined.items() if found.not_mailed}
    if not refused:
        return recipients
    _reserve(
        batch,
        [
            batch.dropped(one, states.RECOMMENDATION_FAILURE, refused[one["id"]])
            for one in recipients
            if one["id"] in refused
        ],
    )
    return [one for one in recipients if one["id"] not in refused]


def _send_in_groups(
    batch: _Batch, treatment: Treatment, content: RunContent, recipients: Sequence[Json], joined: Mapping[str, Joined]
) -> None:
    with Senders(batch.app.mailer, batch.app.clock, batch.stop_at) as senders:
        for first in range(0, len(recipients), RESERVE_GROUP):
            if batch.throttled or batch.now().timestamp() > batch.stop_at:
                return
            group = recipients[first : first + RESERVE_GROUP]
            mails = _write(batch, treatment, content, group, joined)
            _send_group(batch, mails, senders)


def _write(
    batch: _Batch, treatment: Treatment, content: RunContent, group: Sequence[Json], joined: Mapping[str, Joined]
) -> list[tuple[Delivery, Mail]]:
    """The group's mails, each with the reservation to be made for it; who cannot be rendered is dropped."""
    lease = int(batch.deadline) + LEASE_MARGIN_SECONDS
    mails, dropped = [], []
    for one in group:
        found = joined.get(one["id"]) or Joined()
        try:
            mail = write_mail(batch.app, batch.plan, treatment, content, batch.endpoints[one["id"]], found)
        except (MailFault, RenderError) as fault:
            dropped.append(batch.dropped(one, states.RENDERING_FAILURE, str(fault), found.fallback))
            continue
        mails.append((batch.delivery(one, states.RESERVED, leased_until=lease, fallback=found.fallback), mail))
    _reserve(batch, dropped)
    return mails


def _reserve(batch: _Batch, deliveries: Sequence[Delivery]) -> set[str]:
    """Reserve, or drop for good; answers the ids that are ours. Somebody else's finished outcome is taken over."""
    if not deliveries:
        return set()
    taken = batch.app.deliveries.reserve(batch.plan.run_id, deliveries)
    ours = {one.endpoint_id for one in deliveries} - set(taken)
    for one in deliveries:
        if one.state == states.DROPPED and one.endpoint_id in ours:
            batch.done[one.endpoint_id] = one
    for other in taken.values():
        if other.state != states.RESERVED:
            batch.done[other.endpoint_id] = other
            batch.took_over = True
    return ours


def _send_group(batch: _Batch, mails: Sequence[tuple[Delivery, Mail]], senders: Senders) -> None:
    ours = _reserve(batch, [reservation for reservation, _ in mails])
    mine = [(reservation, mail) for reservation, mail in mails if reservation.endpoint_id in ours]
    if not mine:
        return
    outcomes = senders.send(mine)
    finished = [outcome for outcome in outcomes if isinstance(outcome, Delivery)]
    refused = [outcome for outcome in outcomes if not isinstance(outcome, Delivery)]
    if finished:
        batch.app.deliveries.record(batch.plan.run_id, finished)
        batch.done.update({one.endpoint_id: one for one in finished})
        batch.progress += len(finished)
    if refused:
        batch.app.deliveries.release(batch.plan.run_id, [reservation for reservation, _ in refused])
        reasons = {reason for _, reason in refused} - {NO_TIME}
        batch.throttled = min(reasons, default=None)


def _postpone_rest(batch: _Batch) -> BatchReport:
    """Put what is open back on the queue as a fresh message, so that waiting does not use up the queue's receives."""
    rounds = 0 if batch.progress else batch.message.get("throttled", 0)
    delay = min(MAX_DELAY_SECONDS, 2**rounds) if batch.throttled else 1
    message = {**batch.message, "throttled": rounds + 1}
    return _postpone(batch.app, message, delay, batch.throttled or NO_TIME)


def _postpone(app: App, message: Json, delay: int, why: str) -> BatchReport:
    delay = max(1, min(900, delay))
    app.sends_queue.send([{**message, "throttled": message.get("throttled") or 1}], delay_seconds=delay)
    return BatchReport(postponed=delay, why=why)


def _finish(batch: _Batch) -> BatchReport:
    """Everybody has an outcome: tell the event stream and the dead-letter queue, then count, once."""
    if batch.took_over and batch.app.runs.is_counted(batch.plan.run_id, batch.key):
        complete_run(batch.app, batch.plan)
        return BatchReport(why="the batch was finished before")
    outcomes = [batch.done[one["id"]] for one in batch.recipients]
    lost = _record_events(batch, outcomes)
    letters = [letter for one in outcomes if (letter := dead_letter(batch.message, one))]
    if lost:
        letters.append({**batch.message, "code": "EVENTS_NOT_RECORDED", "reason": f"{lost} event records are lost"})
    if letters:
        batch.app.sends_dead_letter_queue.send(letters)
    counted = counters(outcomes)
    batch.app.runs.commit_batch(batch.plan.run_id, batch.key, counted)
    complete_run(batch.app, batch.plan)
    return BatchReport(outcomes=counted, events_lost=lost)


def _record_events(batch: _Batch, outcomes: Sequence[Delivery]) -> int:
    """Put one record per recipient on the stream; answers how many could not be recorded."""
    missing = [one.endpoint_id for one in outcomes if one.endpoint_id not in batch.endpoints]
    if missing:
        found = batch.app.endpoints.get_many(batch.plan.app_id, missing)
        batch.endpoints.update({endpoint_id: endpoint_document(one) for endpoint_id, one in found.items()})
    now_ms, account_id = int(batch.now().timestamp() * 1000), batch.app.settings.account_id
    records = [
        campaign_send(batch.plan, one, batch.endpoints.get(one.endpoint_id), now_ms=now_ms, account_id=account_id)
        for one in outcomes
    ]
    try:
        batch.app.events.record(records)
    except EventsNotRecorded as error:
        return len(error.records)
    except EngagementError:
        return len(records)
    return 0
