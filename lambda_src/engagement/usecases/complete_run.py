"""End a run exactly once, and let its campaign show it. Safe to call after every step and after every crash."""

from __future__ import annotations

from dataclasses import replace

from engagement.app import App
from engagement.domain import campaign as campaigns
from engagement.domain.run import CANCELLED, COMPLETED, HOLD_CANCELLED, Plan, Run
from engagement.errors import Conflict

ATTEMPTS = 5
# A campaign moves only forward: the states from which each state may be reached.
_BEFORE = {
    campaigns.EXECUTING: {campaigns.SCHEDULED},
    campaigns.COMPLETED: {campaigns.SCHEDULED, campaigns.EXECUTING, campaigns.PAUSED},
    campaigns.INVALID: {campaigns.SCHEDULED, campaigns.EXECUTING, campaigns.PAUSED},
    campaigns.DELETED: {campaigns.SCHEDULED, campaigns.EXECUTING, campaigns.PAUSED},
}


def complete_run(app: App, plan: Plan) -> bool:
    """Complete the run if nothing of it is left to do; True for the one caller whose write did it."""
    run = app.runs.get(plan.run_id)
    completed = False
    if run is not None and run.is_done and not run.has_ended:
        state = CANCELLED if run.hold == HOLD_CANCELLED else COMPLETED
        completed = app.runs.finish(plan.run_id, state, app.clock.now())
        run = app.runs.get(plan.run_id)
    if run is not None and run.has_ended:
        # Also after a crash between the two writes: whoever comes next repairs the campaign's state.
        move_campaign(app, plan.app_id, plan.campaign_id, _final_state(run))
    return completed


def cancel_runs(app: App, app_id: str, campaign_id: str) -> None:
    """What the campaign has not sent yet is not sent: its workers see the flag before their next batch."""
    for run in app.runs.of_campaign(app_id, campaign_id):
        if not run.has_ended:
            app.runs.hold(run.plan.run_id, HOLD_CANCELLED)


def _final_state(run: Run) -> str:
    return campaigns.INVALID if run.reason and run.state != CANCELLED else campaigns.COMPLETED


def move_campaign(app: App, app_id: str, campaign_id: str, state: str) -> None:
    """Bring the campaign to a later state; an ended, deleted or invalid campaign stays what it is.

    Raises Conflict when others keep changing it.
    """
    collection = f"apps/{app_id}/campaigns"
    for _ in range(ATTEMPTS):
        found = app.documents.get(collection, campaign_id)
        if found is None or campaigns.status(found.body) not in _BEFORE[state]:
            return
        try:
            app.documents.put(collection, replace(found, body=campaigns.with_status(found.body, state)))
            return
        except Conflict:
            continue
    raise Conflict(f"campaign {campaign_id} is being changed by others; the state {state} was not written")
