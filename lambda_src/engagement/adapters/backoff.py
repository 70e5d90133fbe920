"""How long to wait before the next try: twice as long each time, and not the same for everybody."""

from __future__ import annotations

import math
import random


def pause_seconds(first: float, attempt: int, *, least: float = 0.5, longest: float = math.inf) -> float:
    """``first * 2**attempt`` seconds, ``longest`` at the most, of which a random share from ``least`` to all."""
    return min(longest, first * 2**attempt) * random.uniform(least, 1)  # noqa: S311 (jitter, no secret)
