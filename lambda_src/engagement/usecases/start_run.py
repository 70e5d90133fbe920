"""Start a campaign's run once: wait for its segment's import, freeze what it depends on, fan out over the shards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from engagement.app import App
from engagement.domain import campaign as campaigns
from engagement.domain.application import timestamp
from engagement.domain.campaign import instant
from engagement.domain.run import CANCELLED, COMPLETED, PENDING, Plan, Run
from engagement.errors import BadRequest, NotFound
from engagement.ports import Document
from engagement.usecases.complete_run import move_campaign
from engagement.usecases.find_application import APPS
from engagement.usecases.freeze_run import SegmentDeleted, freeze_run
from engagement.usecases.import_running import import_failure, import_running

Json = dict[str, Any]
WAIT_FOR_IMPORT = timedelta(hours=1)
LONGEST_PAUSE_SECONDS = 60


def start_run(app: App, message: Json) -> str:
    """Handle one campaign-runs message; answers in a word what was done. Raises NotFound for an unknown run."""
    run = app.runs.get(message["run_id"])
    if run is None:
        raise NotFound(f"run {message['run_id']} does not exist")
    if run.has_ended:
        return "ended before"
    plan = run.plan
    if app.documents.get(APPS, plan.app_id) is None:
        app.runs.abandon(plan.run_id, CANCELLED, "the application was deleted", app.clock.now())
        return "application deleted"
    campaign = app.documents.get(f"apps/{plan.app_id}/campaigns", plan.campaign_id)
    if campaign is None:
        app.runs.abandon(plan.run_id, CANCELLED, "the campaign was deleted", app.clock.now())
        return "campaign deleted"
    if run.state == PENDING:
        state = campaigns.status(campaign.body)
        if state == campaigns.PAUSED:
            return "paused"
        if state == campaigns.DELETED:
            app.runs.abandon(plan.run_id, CANCELLED, "the campaign's segment was deleted", app.clock.now())
            return "segment deleted"
        word = _begin(app, run, campaign, message)
        if word:
            return word
    move_campaign(app, plan.app_id, plan.campaign_id, campaigns.EXECUTING)
    _fan_out(app, plan.run_id)
    return "started"


def _begin(app: App, run: Run, campaign: Document, message: Json) -> str | None:
    """PENDING to RUNNING; answers why not yet, or why never."""
    now = app.clock.now()
    plan = run.plan
    if import_running(app.documents, plan.app_id, campaign.body["SegmentId"]):
        since = message.get("since") or timestamp(now)
        if now - instant(since, "since") > WAIT_FOR_IMPORT:
            return _fail(app, plan, "the import of the campaign's segment did not end within an hour")
        waits = message.get("waits", 0)
        pause = min(LONGEST_PAUSE_SECONDS, 2 ** min(waits, 10))
        app.campaign_runs_queue.send([{**message, "since": since, "waits": waits + 1}], delay_seconds=pause)
        return "waiting for the import"
    failure = import_failure(app.documents, plan.app_id, campaign.body["SegmentId"])
    if failure:
        return _fail(app, plan, f"the import of the campaign's segment failed, nobody is in it: {failure}")
    try:
        frozen = freeze_run(app, plan, campaign, now)
    except SegmentDeleted as error:
        # The segment went while the campaign was being made, so nobody else has ended it.
        return _fail(app, plan, error.message, campaigns.DELETED)
    except (BadRequest, NotFound) as error:
        return _fail(app, plan, error.message)
    app.runs.start(frozen, now)
    return None


def _fail(app: App, plan: Plan, reason: str, state: str = campaigns.INVALID) -> str:
    """The campaign first: a repeat after a crash passes by a run that has ended."""
    move_campaign(app, plan.app_id, plan.campaign_id, state)
    app.runs.abandon(plan.run_id, COMPLETED, reason, app.clock.now())
    return f"failed: {reason}"


def _fan_out(app: App, run_id: str) -> None:
    """One message per shard of the plan that won; sent again by a repeat, which changes nothing."""
    run = app.runs.get(run_id)
    if run is None:
        raise NotFound(f"run {run_id} does not exist")
    ids = {"app_id": run.plan.app_id, "campaign_id": run.plan.campaign_id, "run_id": run_id}
    app.audiences_queue.send([{**ids, "shard": shard, "after": None} for shard in range(run.plan.shards)])
