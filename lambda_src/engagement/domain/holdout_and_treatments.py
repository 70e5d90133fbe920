"""Who of an audience gets which treatment, and who is held out: decided by cohort, the same for every repeat.

Each endpoint has a fixed cohort (0 to 99). The order of the cohorts is shuffled by the campaign's id; otherwise the
same people would be held out of everything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

from engagement.domain.endpoint import COHORTS


@lru_cache(maxsize=64)
def positions(campaign_id: str) -> tuple[int, ...]:
    """Where each cohort (the index) stands in this campaign's own order of the cohorts."""
    order = sorted(range(COHORTS), key=lambda cohort: hashlib.sha256(f"{campaign_id}/{cohort}".encode()).digest())
    places = [0] * COHORTS
    for place, cohort in enumerate(order):
        places[cohort] = place
    return tuple(places)


def treatment_for(campaign_id: str, cohort: int, holdout_percent: int, sizes: Sequence[tuple[str, int]]) -> str | None:
    """The treatment id for a cohort, or None for the held out.

    ``sizes`` are (treatment id, percent) of the additional treatments; who is left gets treatment "0".
    """
    place = positions(campaign_id)[cohort % COHORTS]
    if place < holdout_percent:
        return None
    reached = holdout_percent
    for treatment_id, percent in sizes:
        reached += percent
        if place < reached:
            return treatment_id
    return "0"
