"""The ways of scoring that the personal model chooses from. All read a user's history at the time of asking, so that
what a user did a moment ago counts at once, without training anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from personalize.models.interactions import Histories, Interactions
from personalize.models.item_weights import Weights

TRENDING_WINDOWS = 8
# Far below every score: an item the user has had comes after all others, but it is not lost.
BURIED = 1e3
FEW_ROWS = 8


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
    """One ranking for everybody; ``bury_used`` puts what a user has had at the end."""

    values: np.ndarray
    bury_used: bool = False

    def score(self, histories: Histories) -> np.ndarray:
        scores = np.tile(self.values, (len(histories), 1))
        if self.bury_used:
            bury(scores, histories)
        return scores


@dataclass(frozen=True)
class Habit:
    """People come back to what they use: the share of each item in the user's own history, popularity as the prior.

    The scores are logarithms of probabilities.
    """

    share: np.ndarray
    half_life: float | None
    prior: float = 2.0

    def score(self, histories: Histories) -> np.ndarray:
        own = histories.weights(self.half_life)
        total = np.asarray(own.sum(axis=1)).reshape(-1, 1) + self.prior
        scores = own.toarray()
        scores += self.prior * self.share
        scores /= total
        np.log(np.maximum(scores, 1e-9), out=scores)
        return scores


@dataclass(frozen=True)
class ItemToItem:
    """What was used speaks for other items; recent use speaks louder.

    ``own`` is how much an item speaks for itself, where people come back to items; None: what was used is buried.
    """

    weights: Weights
    share: np.ndarray
    half_life: float | None
    own: float | None = None

    def score(self, histories: Histories) -> np.ndarray:
        used = _normalised(histories.weights(self.half_life))
        if isinstance(self.weights, csr_matrix):
            scores = (used @ self.weights).toarray()
        elif used.shape[0] <= FEW_ROWS:
            scores = used @ self.weights
        else:
            scores = used.toarray() @ self.weights
        # Where nothing speaks for an item, popularity decides, without ever overruling what does.
        scores += 1e-4 * self.share
        if self.own is None:
            bury(scores, histories)
        elif self.own:
            rows = np.repeat(np.arange(used.shape[0]), np.diff(used.indptr))
            scores[rows, used.indices] += self.own * used.data
        return scores


def _normalised(matrix: csr_matrix) -> csr_matrix:
    """Rows that add up to 1; changes the matrix."""
    totals = np.maximum(np.asarray(matrix.sum(axis=1)).ravel(), 1e-9)
    matrix.data /= np.repeat(totals, np.diff(matrix.indptr)).astype(np.float32)
    return matrix


def bury(scores: np.ndarray, histories: Histories) -> None:
    """Put what each user has had after everything else; changes ``scores``."""
    rows = np.repeat(np.arange(len(histories)), histories.lengths())
    scores[rows, histories.items] -= np.float32(BURIED)
