"""Delete a segment, and end the campaigns that would still send to it.

Pinpoint's rule: a campaign whose segment is deleted fails, in state DELETED. One that has sent all its mails stays
COMPLETED.
"""

from __future__ import annotations

from typing import Any

from engagement.app import App
from engagement.domain import campaign as campaigns
from engagement.domain.segment import segment_response
from engagement.ports import Document
from engagement.usecases.complete_run import cancel_runs, move_campaign
from engagement.usecases.read_segments import find_segment, segments_of

Json = dict[str, Any]


def delete_segment(app: App, app_id: str, segment_id: str) -> Json:
    """Answers the segment as it was. The endpoints stay. Raises NotFound, Conflict.

    The campaigns end first, so that a repeat after a crash finds the segment and ends the rest of them.
    """
    document = find_segment(app, app_id, segment_id)
    for campaign in _campaigns_of(app, app_id, segment_id):
        move_campaign(app, app_id, campaign.id, campaigns.DELETED)
        cancel_runs(app, app_id, campaign.id)
    app.documents.delete(segments_of(app_id), segment_id)
    return segment_response(document.body, document.version)


def _campaigns_of(app: App, app_id: str, segment_id: str) -> list[Document]:
    """Campaigns on this segment whose runs have not ended; DELETED ones may have runs to cancel after a crash."""
    found: list[Document] = []
    after: str | None = None
    while True:
        page = app.documents.list(f"apps/{app_id}/campaigns", after=after)
        found += [one for one in page.items if one.body["SegmentId"] == segment_id]
        after = page.after
        if after is None:
            return [one for one in found if campaigns.status(one.body) not in (campaigns.COMPLETED, campaigns.INVALID)]
