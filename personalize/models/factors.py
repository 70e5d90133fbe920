"""Matrix factorisation for large catalogues, where a matrix of all pairs of items is too much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from personalize.models.evaluation import Scorer
from personalize.models.interactions import Histories, Interactions
from personalize.models.item_weights import usage
from personalize.models.scorers import bury

SEED = 1


@dataclass(frozen=True)
class Factors:
    """A user's factors are solved for anew from the history, so that what was used a moment ago counts."""

    model: Any
    half_life: float | None
    bury_used: bool

    def score(self, histories: Histories) -> np.ndarray:
        used = histories.weights(self.half_life)
        users = self.model.recalculate_user(np.arange(len(histories)), used)
        scores = np.asarray(users @ self.model.item_factors.T, dtype=np.float32)
        if self.bury_used:
            bury(scores, histories)
        return scores


def fit_factors(rows: Interactions, *, factors: int, half_life: float | None, bury_used: bool) -> Scorer:
    """Alternating least squares for implicit feedback, by the library ``implicit``; the same each time."""
    from implicit.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(factors=factors, random_state=SEED)
    model.fit(usage(rows), show_progress=False)
    return Factors(model, half_life, bury_used)
