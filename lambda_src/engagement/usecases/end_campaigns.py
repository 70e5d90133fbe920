"""End the campaigns that would still send, because what they belong to is being deleted."""

from __future__ import annotations

from engagement.app import App
from engagement.domain import campaign as campaigns
from engagement.ports import Document
from engagement.usecases.complete_run import cancel_runs, move_campaign


def end_campaigns(app: App, app_id: str, segment_id: str | None = None) -> None:
    """All campaigns of the project, or those on one segment: what they have not sent yet is not sent.

    They end in state DELETED; one that has sent all its mails stays COMPLETED. Safe to repeat after a crash in between:
    DELETED ones are looked at again, they may have runs that were not cancelled. Raises Conflict.
    """
    for campaign in _open_campaigns(app, app_id, segment_id):
        move_campaign(app, app_id, campaign.id, campaigns.DELETED)
        cancel_runs(app, app_id, campaign.id)


def _open_campaigns(app: App, app_id: str, segment_id: str | None) -> list[Document]:
    found: list[Document] = []
    after: str | None = None
    while True:
        page = app.documents.list(f"apps/{app_id}/campaigns", after=after)
        found += [one for one in page.items if segment_id in (None, one.body["SegmentId"])]
        after = page.after
        if after is None:
            return [one for one in found if campaigns.status(one.body) not in (campaigns.COMPLETED, campaigns.INVALID)]
