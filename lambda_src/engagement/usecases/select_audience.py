"""Select one shard of a run's audience, page by page, into files of recipients, and queue their batches.

A page is committed, with its counters, before its batches are queued: a repeat of the message finds the page and only
queues again. The file's name holds a digest of its content, so two workers at the same page never overwrite each other;
the page that was committed says which file counts.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engagement.app import App
from engagement.domain.delivery import HOLDOUT, not_mailed_because
from engagement.domain.endpoint import Endpoint
from engagement.domain.execution_metrics import PRODUCED
from engagement.domain.holdout_and_treatments import treatment_for
from engagement.domain.run import DEFAULT_TREATMENT, HOLD_CANCELLED, HOLD_PAUSED, AudiencePage, Plan, Run
from engagement.errors import NotFound
from engagement.usecases.complete_run import complete_run
from engagement.usecases.segment_members import segment_members

Json = dict[str, Any]
PAGE_RECIPIENTS = 1000
PAGE_MEMBERS = 5000
STOP_BEFORE_DEADLINE_SECONDS = 30
PAUSE_DELAY_SECONDS = 60
LOOK_AT_CLOCK_EVERY = 500


@dataclass
class SelectReport:
    """What happened, for the log line."""

    pages: int = 0
    recipients: int = 0
    done: bool = False
    why: str | None = None


def select_audience(app: App, message: Json, *, deadline: float) -> SelectReport:
    """Handle one audiences message; what time does not allow is continued by a message of its own.

    ``deadline`` in epoch seconds. Raises NotFound for an unknown run.
    """
    report = SelectReport()
    run = app.runs.get(message["run_id"])
    if run is None:
        raise NotFound(f"run {message['run_id']} does not exist")
    if run.has_ended:
        complete_run(app, run.plan)
        report.why = "the run has ended"
        return report
    if run.hold == HOLD_PAUSED:
        app.audiences_queue.send([message], delay_seconds=PAUSE_DELAY_SECONDS)
        report.why = "the campaign is paused"
        return report
    after = message["after"]
    timed = _TimedApp(app, deadline - STOP_BEFORE_DEADLINE_SECONDS)
    while True:
        page = _page(timed, run, message["shard"], after)
        _queue_batches(app, run.plan, page)
        report.pages += 1
        report.recipients += page.recipients
        if page.next_after is None:
            complete_run(app, run.plan)
            report.done = True
            return report
        after = page.next_after
        if timed.is_late():
            app.audiences_queue.send([{**message, "after": after}])
            return report


class _TimedApp:
    """The app, with scans that end when time is short: a rare segment in a large audience yields nobody for minutes."""

    def __init__(self, app: App, stop_at: float) -> None:
        self._app, self._stop_at = app, stop_at
        self.scanned: str | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app, name)

    @property
    def endpoints(self) -> _TimedApp:
        return self

    def get_many(self, app_id: str, endpoint_ids: Sequence[str]) -> dict[str, Endpoint]:
        return self._app.endpoints.get_many(app_id, endpoint_ids)

    def scan(self, app_id: str, shard: int, *, after: str | None = None) -> Iterator[Endpoint]:
        """Sets ``scanned`` to the last id seen when it ends early."""
        self.scanned = None
        for number, endpoint in enumerate(self._app.endpoints.scan(app_id, shard, after=after), start=1):
            yield endpoint
            if number % LOOK_AT_CLOCK_EVERY == 0 and self.is_late():
                self.scanned = endpoint.id
                return

    def is_late(self) -> bool:
        return self._app.clock.now().timestamp() > self._stop_at


def _page(app: Any, run: Run, shard: int, after: str | None) -> AudiencePage:
    key = f"{shard}#{after or ''}"
    known = app.runs.page(run.plan.run_id, key)
    if known:
        return known
    if run.hold == HOLD_CANCELLED:
        return app.runs.commit_page(run.plan.run_id, AudiencePage(key, None, 0, None))
    plan = run.plan
    members = segment_members(app, plan.app_id, plan.segment_id, plan.segment_version, shard, after)
    lines, counted, next_after = _select(plan, members)
    next_after = next_after or app.scanned
    file = None
    if lines:
        content = b"".join(lines)
        digest = hashlib.sha256(f"{key}\n".encode() + content).hexdigest()[:16]
        file = f"audiences/{plan.app_id}/{plan.campaign_id}/{plan.run_id}/{shard:04d}-{digest}.jsonl"
        app.files.write(file, content, content_type="application/x-ndjson")
    return app.runs.commit_page(run.plan.run_id, AudiencePage(key, file, len(lines), next_after, counted))


def _select(plan: Plan, members: Iterator[Endpoint]) -> tuple[list[bytes], dict[str, int], str | None]:
    """Recipient lines, counters, and the id behind which the next page begins (None when there is no more)."""
    lines: list[bytes] = []
    counted: Counter[str] = Counter()
    for seen, endpoint in enumerate(members, start=1):
        treatment, reason = _judge(plan, endpoint)
        counted[f"{treatment}:{PRODUCED}"] += 1
        if reason:
            counted[f"{treatment}:{reason}"] += 1
        else:
            lines.append(json.dumps({"id": endpoint.id, "t": treatment}, separators=(",", ":")).encode() + b"\n")
        if len(lines) == PAGE_RECIPIENTS or seen == PAGE_MEMBERS:
            return lines, dict(counted), endpoint.id
    return lines, dict(counted), None


def _judge(plan: Plan, endpoint: Endpoint) -> tuple[str, str | None]:
    """The endpoint's treatment, and why it is not mailed, if so.

    One address is mailed once because the store keeps at most one endpoint of an address active.
    """
    sizes = [(one.id, one.size_percent) for one in plan.treatments if one.id != DEFAULT_TREATMENT]
    treatment = treatment_for(plan.campaign_id, int(endpoint.cohort_id), plan.holdout_percent, sizes)
    reason = not_mailed_because(endpoint)
    if reason is None and treatment is None:
        reason = HOLDOUT
    return treatment or DEFAULT_TREATMENT, reason


def _queue_batches(app: App, plan: Plan, page: AudiencePage) -> None:
    if not page.file:
        return
    ids = {"app_id": plan.app_id, "campaign_id": plan.campaign_id, "run_id": plan.run_id}
    app.sends_queue.send([{**ids, "file": page.file, "first": first, "count": count} for first, count in page.batches])
