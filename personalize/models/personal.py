"""The personal model: several ways of scoring are tried on what users did last, and the best is kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from personalize.models.evaluation import Holdout, Scorer, gains, ndcg, ranked
from personalize.models.interactions import Interactions
from personalize.models.scorers import Habit, SameForAll, popularity


@dataclass(frozen=True)
class Choice:
    """The chosen scorer and what it is called."""

    name: str
    scorer: Scorer


def choose(interactions: Interactions, holdout: Holdout) -> Choice:
    """Best NDCG@10 on the held-out part; a simpler candidate, listed earlier, wins unless clearly beaten."""
    best: Choice | None = None
    best_values = np.zeros(0)
    for choice in _candidates(holdout.training):
        lists = ranked(choice.scorer, holdout.before)
        values = ndcg(*gains(lists, holdout.after), cut=10)
        if best is None or _clearly_better(values, best_values):
            best, best_values = choice, values
    assert best is not None
    return best


def _clearly_better(new: np.ndarray, old: np.ndarray) -> bool:
    difference = new - old
    return difference.mean() > difference.std() / np.sqrt(max(1, len(difference)))


def _candidates(training: Interactions) -> list[Choice]:
    share = popularity(training)
    return [
        Choice("popularity", SameForAll(share)),
        Choice("habit", Habit(share, None)),
        Choice("habit-recent", Habit(share, 10.0)),
    ]
