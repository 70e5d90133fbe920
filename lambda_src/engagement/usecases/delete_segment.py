"""Delete a segment, and end the campaigns that would still send to it.

Pinpoint's rule: a campaign whose segment is deleted fails, in state DELETED. One that has sent all its mails stays
COMPLETED.
"""

from __future__ import annotations

from typing import Any

from engagement.app import App
from engagement.domain.segment import segment_response
from engagement.usecases.end_campaigns import end_campaigns
from engagement.usecases.read_segments import find_segment, segments_of

Json = dict[str, Any]


def delete_segment(app: App, app_id: str, segment_id: str) -> Json:
    """Answers the segment as it was. The endpoints stay. Raises NotFound, Conflict.

    The campaigns end first, so that a repeat after a crash finds the segment and ends the rest of them.
    """
    document = find_segment(app, app_id, segment_id)
    end_campaigns(app, app_id, segment_id)
    app.documents.delete(segments_of(app_id), segment_id)
    return segment_response(document.body, document.version)
