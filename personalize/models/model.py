"""A trained model: what a solution version is made of. ``train`` makes it from interactions and a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from personalize.models.evaluation import Scorer, best_items, hold_out, metrics, ranked
from personalize.models.interactions import Histories, Interactions
from personalize.models.personal import choose
from personalize.models.scorers import SameForAll, popularity, trend


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

    def __init__(self, interactions: Interactions, scorer: Scorer, name: str, values: dict[str, float]) -> None:
        self.name = name
        self.metrics = values
        self.item_ids = interactions.item_ids
        self.user_ids = interactions.user_ids
        self._scorer = scorer
        self._histories = interactions.histories()
        self._user_rows = {user: row for row, user in enumerate(interactions.user_ids)}
        self._item_rows = {item: row for row, item in enumerate(interactions.item_ids)}

    def knows_user(self, user_id: str) -> bool:
        return user_id in self._user_rows

    def knows_item(self, item_id: str) -> bool:
        return item_id in self._item_rows

    def recommend(
        self, user_id: str, count: int, *, newer: Sequence[str] = (), allowed: np.ndarray | None = None
    ) -> Ranked:
        """``newer`` are items used since the training; ``allowed`` marks, item by item, what a filter lets through."""
        scores = self._scorer.score(self._history(user_id, newer))
        return self._best(scores, count, allowed)[0]

    def recommend_many(self, user_ids: Sequence[str], count: int) -> list[Ranked]:
        """For batches: a user who is not known gets what is popular."""
        lists = [self._history_of(user) for user in user_ids]
        scores = self._scorer.score(Histories.of_lists(lists, len(self.item_ids)))
        return self._best(scores, count, None)

    def rank(self, user_id: str, items: Sequence[str], *, newer: Sequence[str] = ()) -> Ranked:
        """The given items in the user's order; items that are not known come last, as given, with share 0."""
        shares = _shares(self._scorer.score(self._history(user_id, newer)))[0]
        known = {item: float(shares[self._item_rows[item]]) for item in items if item in self._item_rows}
        order = sorted(dict.fromkeys(items), key=lambda item: -known.get(item, -1.0))
        total = sum(known.values()) or 1.0
        return Ranked(order, [known.get(item, 0.0) / total for item in order])

    def _history(self, user_id: str, newer: Sequence[str]) -> Histories:
        items = self._history_of(user_id) + [self._item_rows[item] for item in newer if item in self._item_rows]
        return Histories.of_lists([items], len(self.item_ids))

    def _history_of(self, user_id: str) -> list[int]:
        row = self._user_rows.get(user_id)
        if row is None:
            return []
        return self._histories.items[self._histories.starts[row] : self._histories.starts[row + 1]].tolist()

    def _best(self, scores: np.ndarray, count: int, allowed: np.ndarray | None) -> list[Ranked]:
        shares = _shares(scores)
        if allowed is not None:
            columns = np.flatnonzero(allowed)
            shares, scores = shares[:, columns], scores[:, columns]
        else:
            columns = np.arange(shares.shape[1])
        if not len(columns) or not count:
            return [Ranked([], [])] * len(scores)
        order = best_items(scores, count)
        best = np.take_along_axis(shares, order, axis=1)
        return [
            Ranked([self.item_ids[item] for item in columns[row]], values.tolist())
            for row, values in zip(order, best, strict=True)
        ]


def _shares(scores: np.ndarray) -> np.ndarray:
    """Softmax, as the service's scores are made."""
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def train(task: Task, interactions: Interactions) -> Model:
    """The metrics are those of a model that has not seen the held-out rows; the model itself has seen everything."""
    holdout = hold_out(interactions)
    if task is Task.TRENDING:
        name, tested, final = "trending", SameForAll(trend(holdout.training)), SameForAll(trend(interactions))
    elif task is Task.POPULAR:
        name, tested, final = (
            "popularity", SameForAll(popularity(holdout.training)), SameForAll(popularity(interactions))
        )  # fmt: skip
    else:
        choice = choose(interactions, holdout)
        name, tested, final = choice.name, choice.scorer, choice.scorer
    lists = ranked(tested, holdout.before)
    return Model(interactions, final, name, metrics(lists, holdout.after, len(interactions.item_ids)))
