"""The time of the machine, and of the thread."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def worked(self) -> timedelta:
        return timedelta(seconds=time.thread_time())
