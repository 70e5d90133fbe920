"""The kit's own transformer of recommendations: items in, content blocks out (engagement/domain/content_blocks.py)."""

from __future__ import annotations

from typing import Any

from engagement.domain.content_blocks import transformed
from engagement.log_line import log_line


def handle(event: Any, context: Any) -> dict[str, Any]:
    """Answers the event's map of endpoints, each with its Recommendations."""
    answer = transformed(event)
    log_line("transform_recommendations", endpoints=len(answer))
    return answer
