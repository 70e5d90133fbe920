"""Queue mail-events -> opens and clicks of mails that recommend an item become interactions of the recommender."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import Any

from engagement.app import app
from engagement.domain.batch_results_message import files_of
from engagement.log_line import log_line
from engagement.queue_records import handle_records, remaining_deadline
from engagement.usecases.feed_back import NO_TRACKER_DECLARED, FeedReport, feed_back


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """SQS event in, partial batch response out. Messages come from S3 and from this function."""
    deadline = remaining_deadline(app().clock.now().timestamp(), context)

    def one(message: dict[str, Any], repeated: bool) -> dict[str, Any]:
        return {"files": [_told(file["key"], feed_back(app(), file, deadline=deadline)) for file in files_of(message)]}

    return handle_records(event, "feed_back", {}, one)


def _told(key: str, report: FeedReport) -> dict[str, Any]:
    if report.why == NO_TRACKER_DECLARED:
        _tell_off(report.why)
        return {"key": key}
    return {"key": key, **asdict(report)}


@cache
def _tell_off(why: str) -> None:
    """Once in a function's life, not once a file."""
    log_line("feed_back.off", reason=f"{why}; nothing is fed back (docs/how-to/feed-back.md)")
