"""Honest numbers: the last interactions of each user are held out, ranked for, and looked at only then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from personalize.models.interactions import Histories, Interactions

HELD_OUT_SHARE = 0.1
# Above this, a sample of users is held out; all others train with all they did.
MOST_TEST_USERS = 1_000
LEAST_HISTORY = 2
# Users from which on one half chooses and the other judges.
ENOUGH_TO_HALVE = 200
DEPTH = 25
CUTS = (5, 10, 25)
BLOCK = 512


class Scorer(Protocol):
    """Anything that says how much each user would like each item; only the order within a row counts."""

    def score(self, histories: Histories) -> np.ndarray:
        """Users by items, float32."""


@dataclass(frozen=True)
class Examination:
    """What some users did before and after, row by row."""

    before: Histories
    after: Histories

    def take(self, rows: np.ndarray) -> Examination:
        return Examination(self.before.take(rows), self.after.take(rows))


@dataclass(frozen=True)
class Holdout:
    """``training`` lacks what the test users did last. A model is chosen by ``choosing`` and judged by ``judging``:
    other users, where there are enough, so that the metrics do not praise the luck of the choice."""

    training: Interactions
    choosing: Examination
    judging: Examination


def hold_out(interactions: Interactions) -> Holdout:
    """Take the last tenth of the interactions (at least one) of each test user out of the training data."""
    histories = interactions.histories()
    lengths = histories.lengths()
    able = np.flatnonzero(lengths >= LEAST_HISTORY)
    # Evenly over the sorted users: no chance is involved, and the same data gives the same split.
    chosen = able if len(able) <= MOST_TEST_USERS else able[np.linspace(0, len(able) - 1, MOST_TEST_USERS).astype(int)]
    held = np.zeros(len(lengths), dtype=np.int64)
    held[chosen] = np.maximum(1, (lengths[chosen] * HELD_OUT_SHARE).astype(np.int64))
    splits = histories.starts[1:] - held
    is_held = np.arange(len(interactions)) >= splits[interactions.users]
    before = _between(histories, histories.starts[:-1][chosen], splits[chosen])
    everyone = Examination(before, _between(histories, splits[chosen], histories.starts[1:][chosen]))
    if len(chosen) < ENOUGH_TO_HALVE:
        return Holdout(interactions.only(~is_held), everyone, everyone)
    rows = np.arange(len(chosen))
    return Holdout(interactions.only(~is_held), everyone.take(rows[::2]), everyone.take(rows[1::2]))


def _between(histories: Histories, begins: np.ndarray, ends: np.ndarray) -> Histories:
    lengths = ends - begins
    starts = np.concatenate([[0], np.cumsum(lengths)])
    positions = np.arange(starts[-1]) + np.repeat(begins - starts[:-1], lengths)
    return Histories(histories.items[positions], starts, histories.n_items)


def best_items(scores: np.ndarray, count: int) -> np.ndarray:
    """The ``count`` best items of each row, best first; equal scores in order of the items."""
    count = min(count, scores.shape[1])
    if count < scores.shape[1]:
        some = np.argpartition(-scores, count - 1, axis=1)[:, :count]
        some.sort(axis=1)
    else:
        some = np.broadcast_to(np.arange(count), scores.shape)
    chosen = np.take_along_axis(scores, some, axis=1)
    return np.take_along_axis(some, np.argsort(-chosen, axis=1, kind="stable"), axis=1)


def blocks(histories: Histories) -> Iterator[Histories]:
    """In portions that keep a dense score matrix small."""
    for start in range(0, len(histories), BLOCK):
        yield histories.take(np.arange(start, min(start + BLOCK, len(histories))))


def ranked(scorer: Scorer, histories: Histories, depth: int = DEPTH) -> np.ndarray:
    """The best ``depth`` items for each history."""
    parts = [best_items(scorer.score(block), depth) for block in blocks(histories)]
    return np.concatenate(parts) if parts else np.zeros((0, min(depth, histories.n_items)), dtype=np.int64)


def gains(lists: np.ndarray, after: Histories) -> tuple[np.ndarray, np.ndarray]:
    """How often each listed item was used afterwards, and the same for the best possible list."""
    used = after.weights(None)
    rows = np.repeat(np.arange(len(after)), lists.shape[1])
    found = np.asarray(used[rows, lists.ravel()]).reshape(lists.shape)
    ideal = np.zeros((len(after), DEPTH), dtype=np.float32)
    for row in range(len(after)):
        counts = np.sort(used.data[used.indptr[row] : used.indptr[row + 1]])[::-1][:DEPTH]
        ideal[row, : len(counts)] = counts
    return found, ideal


def ndcg(found: np.ndarray, ideal: np.ndarray, cut: int) -> np.ndarray:
    """Of each row. An item used three times afterwards is worth three: repeats are what small sites are made of."""
    discount = 1.0 / np.log2(np.arange(2, DEPTH + 2))
    reached = (found[:, :cut] * discount[: min(cut, found.shape[1])]).sum(axis=1)
    return reached / np.maximum((ideal[:, :cut] * discount[:cut]).sum(axis=1), 1e-12)


def metrics(lists: np.ndarray, after: Histories, n_items: int) -> dict[str, float]:
    """All metrics of GetSolutionMetrics, under its names, over lists of up to 25 items."""
    found, ideal = gains(lists, after)
    hits = found > 0
    first = np.where(hits.any(axis=1), 1.0 / (hits.argmax(axis=1) + 1), 0.0)
    values = {
        "coverage": len(np.unique(lists)) / max(1, n_items),
        "mean_reciprocal_rank_at_25": float(first.mean()),
    }
    for cut in CUTS:
        values[f"normalized_discounted_cumulative_gain_at_{cut}"] = float(ndcg(found, ideal, cut).mean())
        values[f"precision_at_{cut}"] = float(hits[:, :cut].sum(axis=1).mean() / cut)
    return {name: round(float(value), 6) for name, value in values.items()}
