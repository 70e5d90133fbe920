"""How many cores nobody uses just now."""

from __future__ import annotations

import os
import time
from pathlib import Path
from statistics import median

SAMPLES = 5
PAUSE_SECONDS = 0.002


def free_cores() -> int:
    """At least 1, for the caller itself. Where the system does not tell (it is Linux that does), all cores."""
    cores = os.cpu_count() or 1
    try:
        running = []
        for _ in range(SAMPLES):
            # "0.42 0.50 0.61 3/812 4711": the fourth field begins with what runs or waits to run, the caller included.
            running.append(int(Path("/proc/loadavg").read_text().split()[3].split("/")[0]))
            time.sleep(PAUSE_SECONDS)
    except (OSError, ValueError, IndexError):
        return cores
    return max(1, cores - (round(median(running)) - 1))
