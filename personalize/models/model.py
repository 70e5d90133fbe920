"""A trained model: what a solution version is made of. ``train`` makes it from interactions and a task."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from threadpoolctl import threadpool_limits

from personalize.models.evaluation import BLOCK, Holdout, Scorer, best_items, hold_out, metrics, ranked
from personalize.models.interactions import Histories, Interactions
from personalize.models.personal import Choice, choose
from personalize.models.scorers import SameForAll, popularity, trend
from personalize.models.similar import last_items, similar_items

# Below this share of rows held out, the model is not fitted again with them.
NEGLIGIBLE = 0.03
DECIMALS = 7  # of a score, as the service gives them
_TRAINING = threading.Lock()


class Task(Enum):
    """What a recipe asks for."""

    PERSONAL = "personal"
    POPULAR = "popular"
    TRENDING = "trending"
    SIMILAR = "similar"
    SEGMENTS = "segments"


@dataclass(frozen=True)
class Ranked:
    """Items best first; ``shares`` add up to about 1 over the whole catalogue."""

    items: list[str]
    shares: list[float]


class Model:
    """Safe to ask from several threads: nothing in it changes after training."""

    def __init__(self, interactions: Interactions, scorer: Scorer, choice: Choice, values: dict[str, float]) -> None:
        self.name = choice.name
        self.metrics = values
        self.item_ids = interactions.item_ids
        self.user_ids = interactions.user_ids
        self._scorer = scorer
        self._sharpness = np.float32(choice.sharpness)
        self._popularity = popularity(interactions)
        self._histories = interactions.histories()
        self._user_rows = {user: row for row, user in enumerate(interactions.user_ids)}
        self._item_rows = {item: row for row, item in enumerate(interactions.item_ids)}

    def recommend(
        self, user_id: str, count: int, *, newer: Sequence[str] = (), allowed: np.ndarray | None = None
    ) -> Ranked:
        """``newer`` are items used since the training; ``allowed`` marks, item by item, what a filter lets through.

        A user of whom nothing is known gets what is popular.
        """
        scores, shares = self._scored(self._history(user_id, newer))
        return self._best(scores, shares, count, allowed)[0]

    def recommend_many(self, user_ids: Sequence[str], count: int) -> Iterator[Ranked]:
        """For batches: the same without filters, block by block."""
        rows = np.array([self._user_rows.get(user, -1) for user in user_ids])
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            if (block >= 0).all():
                histories = self._histories.take(block)
            else:
                lists = [self._items_of(user) for user in user_ids[start : start + BLOCK]]
                histories = Histories.of_lists(lists, len(self.item_ids))
            scores, shares = self._scored(histories)
            yield from self._best(scores, shares, count, None)

    def similar(self, item_id: str, count: int, *, allowed: np.ndarray | None = None) -> Ranked:
        """Items like another, without itself; for an item that is not known, what is popular."""
        row = self._item_rows.get(item_id)
        others = np.ones(len(self.item_ids), dtype=bool) if allowed is None else allowed.copy()
        if row is not None:
            others[row] = False
        history = Histories.of_lists([[] if row is None else [row]], len(self.item_ids))
        scores, shares = self._scored(history)
        return self._best(scores, shares, count, others)[0]

    def rank(
        self, user_id: str, items: Sequence[str], *, newer: Sequence[str] = (), allowed: np.ndarray | None = None
    ) -> Ranked:
        """The given items in the user's order; items that are not known come last, as given, with share 0."""
        scores, shares = self._scored(self._history(user_id, newer))
        rows = {item: self._item_rows[item] for item in items if item in self._item_rows}
        kept = [i for i in dict.fromkeys(items) if allowed is None or i not in rows or allowed[rows[i]]]
        known = [item for item in kept if item in rows]
        total = sum(float(shares[0, rows[item]]) for item in known) or 1.0
        known.sort(key=lambda item: -scores[0, rows[item]])
        order = known + [item for item in kept if item not in rows]
        return Ranked(order, [float(shares[0, rows[item]]) / total if item in rows else 0.0 for item in order])

    def users_for(self, groups: Sequence[np.ndarray], count: int) -> list[list[str]]:
        """For each group of items (positions in ``item_ids``) the users likeliest to use one of them next."""
        likely = np.empty((len(groups), len(self.user_ids)), dtype=np.float32)
        for start in range(0, len(self.user_ids), BLOCK):
            rows = np.arange(start, min(start + BLOCK, len(self.user_ids)))
            shares = self._scored(self._histories.take(rows))[1]
            for number, items in enumerate(groups):
                likely[number, rows] = shares[:, items].sum(axis=1)
        return [[self.user_ids[row] for row in rows] for rows in best_items(likely, count)]

    def item_row(self, item_id: str) -> int | None:
        """The position of an item in ``item_ids``."""
        return self._item_rows.get(item_id)

    def _history(self, user_id: str, newer: Sequence[str]) -> Histories:
        items = self._items_of(user_id) + [self._item_rows[item] for item in newer if item in self._item_rows]
        return Histories.of_lists([items], len(self.item_ids))

    def _items_of(self, user_id: str) -> list[int]:
        row = self._user_rows.get(user_id)
        if row is None:
            return []
        return self._histories.items[self._histories.starts[row] : self._histories.starts[row + 1]].tolist()

    def _scored(self, histories: Histories) -> tuple[np.ndarray, np.ndarray]:
        """Scores, whose order counts, and shares, a softmax of them as the service's scores are."""
        scores = self._scorer.score(histories)
        nothing_known = histories.lengths() == 0
        if nothing_known.any():
            scores = scores.copy()
            scores[nothing_known] = np.log(np.maximum(self._popularity, 1e-9)) / self._sharpness
        shares = (scores - scores.max(axis=1, keepdims=True)) * self._sharpness
        np.exp(shares, out=shares)
        shares /= shares.sum(axis=1, keepdims=True)
        return scores, shares

    def _best(self, scores: np.ndarray, shares: np.ndarray, count: int, allowed: np.ndarray | None) -> list[Ranked]:
        names = self.item_ids
        if allowed is not None:
            columns = np.flatnonzero(allowed)
            names = [names[column] for column in columns]
            scores, shares = scores[:, columns], shares[:, columns]
        if not names or not count:
            return [Ranked([], [])] * len(scores)
        order = best_items(scores, count)
        best = np.take_along_axis(shares, order, axis=1).astype(np.float64).round(DECIMALS)
        pairs = zip(order.tolist(), best.tolist(), strict=True)
        return [Ranked([names[item] for item in row], values) for row, values in pairs]


def train(task: Task, interactions: Interactions) -> Model:
    """The metrics are those of a model that has not seen the held-out rows.

    The model that serves is fitted again with every row, unless so few were held out that it makes no difference.
    One training at a time: a second one would only take memory and slow down the first.
    """
    # One BLAS thread: several wait for each other longer than they work on small matrices, and on a busy machine.
    with _TRAINING, threadpool_limits(1, "blas"):
        return _train(task, interactions)


def _train(task: Task, interactions: Interactions) -> Model:
    holdout = hold_out(interactions)
    if task is Task.SIMILAR:
        choice = similar_items(holdout.training)
        lists = ranked(choice.scorer, last_items(holdout.judging.before))
    else:
        choice = _of_task(task, holdout)
        lists = ranked(choice.scorer, holdout.judging.before)
    values = metrics(lists, holdout.judging.after, len(interactions.item_ids))
    held_out = 1 - len(holdout.training) / len(interactions)
    scorer = choice.fit(interactions) if held_out > NEGLIGIBLE else choice.scorer
    return Model(interactions, scorer, choice, values)


def _of_task(task: Task, holdout: Holdout) -> Choice:
    if task is Task.POPULAR:
        return Choice("popularity", _most_used(holdout.training), _most_used)
    if task is Task.TRENDING:
        return Choice("trend", _growing(holdout.training), _growing)
    return choose(holdout)


def _most_used(rows: Interactions) -> Scorer:
    return SameForAll(popularity(rows))


def _growing(rows: Interactions) -> Scorer:
    return SameForAll(trend(rows))
