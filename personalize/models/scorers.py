"""The ways of scoring that the personal model chooses from. All read a user's history at the time of asking, so that
what a user did a moment ago counts at once, without training anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from personalize.models.interactions import Histories, Interactions

TRENDING_WINDOWS = 8


def popularity(interactions: Interactions) -> np.ndarray:
    """Share of all interactions that each item has; float32, adds up to 1."""
    counts = np.bincount(interactions.items, minlength=len(interactions.item_ids)).astype(np.float64)
    return (counts / max(1.0, counts.sum())).astype(np.float32)


def trend(interactions: Interactions) -> np.ndarray:
    """Growth of each item: its share in the last eighth of the time against its share before, damped for rare ones."""
    n_items, times = len(interactions.item_ids), interactions.times
    since = times.max() - (times.max() - times.min()) / TRENDING_WINDOWS
    recent = np.bincount(interactions.items[times >= since], minlength=n_items).astype(np.float64)
    before = np.bincount(interactions.items[times < since], minlength=n_items).astype(np.float64)
    expected = before * recent.sum() / max(1.0, before.sum())
    return ((recent - expected) / np.sqrt(expected + 1.0)).astype(np.float32)


@dataclass(frozen=True)
class SameForAll:
    """One ranking for everybody."""

    values: np.ndarray

    def score(self, histories: Histories) -> np.ndarray:
        return np.broadcast_to(self.values, (len(histories), len(self.values)))


@dataclass(frozen=True)
class Habit:
    """People come back to what they use: the share of each item in the user's own history, popularity as the prior."""

    share: np.ndarray
    half_life: float | None
    prior: float = 2.0

    def score(self, histories: Histories) -> np.ndarray:
        own = histories.weights(self.half_life)
        total = np.asarray(own.sum(axis=1)) + self.prior
        scores = own.toarray()
        scores += self.prior * self.share
        scores /= total
        np.log(np.maximum(scores, 1e-9), out=scores)
        return scores
