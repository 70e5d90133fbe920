"""The personal model: several ways of scoring are tried on what users did last, and the best is kept."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from personalize.models.evaluation import Examination, Holdout, Scorer, gains, ndcg, ranked
from personalize.models.factors import fit_factors
from personalize.models.interactions import Histories, Interactions
from personalize.models.item_weights import (
    DENSE_ITEMS,
    Weights,
    regression,
    similarity,
    strongest_similarities,
    succession,
    together,
    usage,
)
from personalize.models.scorers import Habit, ItemToItem, SameForAll, popularity

# Of the held-out interactions; below it, nobody comes back to an item and what was used is put last.
REPEATS_MATTER = 0.02
SMALL = 200_000  # interactions up to which every combination is tried
RIDGES = (2.0, 6.0, 20.0)
RIDGE_OF_LARGE = 5.0
SHRINK = 20.0
HALF_LIVES = (None, 30.0, 10.0, 4.0)
OWN = (0.0, 0.3, 2.0)
FACTORS = (32, 64)
SHARPEST_SAMPLE = 500

Fit = Callable[[Interactions], Scorer]
Weigh = Callable[[Interactions], Weights]


@dataclass(frozen=True)
class Choice:
    """The chosen way of scoring: fitted without the held-out rows, and ``fit`` to do it again with other rows."""

    name: str
    scorer: Scorer
    fit: Fit
    sharpness: float = 1.0


class Contest:
    """Keeps the candidate with the best NDCG@10; a simpler one, tried earlier, stays unless it is clearly beaten."""

    def __init__(self, examination: Examination) -> None:
        self._examination = examination
        self._values = np.zeros(0)
        self.best: Choice | None = None

    def enter(self, choice: Choice) -> float:
        """Answers the candidate's NDCG@10."""
        lists = ranked(choice.scorer, self._examination.before)
        values = ndcg(*gains(lists, self._examination.after), cut=10)
        if self.best is None or _clearly_better(values, self._values):
            self.best, self._values = choice, values
        return float(values.mean())


def choose(holdout: Holdout) -> Choice:
    """The best way of scoring for this data, by what the held-out users did next."""
    training, examination = holdout.training, holdout.choosing
    returning = repeat_share(examination) >= REPEATS_MATTER
    contest = Contest(examination)
    contest.enter(_popular(training, bury=not returning))
    if returning:
        for half_life in (None, 10.0, 3.0):
            contest.enter(_habit(training, half_life))
    share = popularity(training)
    for name, weights, weigh in _item_weights(training):
        _enter_half_lives(contest, name, weights, weigh, share, own=0.0 if returning else None)
    if len(training.item_ids) > DENSE_ITEMS:
        _enter_factors(contest, training, bury_used=not returning)
    best = contest.best
    assert best is not None
    if returning and isinstance(best.scorer, ItemToItem):
        best = _with_own_weight(contest, best)
    return replace(best, sharpness=_sharpness(best.scorer, examination))


def _clearly_better(new: np.ndarray, old: np.ndarray) -> bool:
    difference = new - old
    return difference.mean() > difference.std() / np.sqrt(max(1, len(difference)))


def repeat_share(examination: Examination) -> float:
    """How much of what users did last was with items that they had used before."""
    used = examination.before.weights(None)
    used.data[:] = 1.0
    later = examination.after.weights(None)
    return float(later.multiply(used).sum() / max(1.0, later.sum()))


def _popular(training: Interactions, *, bury: bool) -> Choice:
    def fit(rows: Interactions) -> Scorer:
        return SameForAll(np.log(np.maximum(popularity(rows), 1e-9)), bury_used=bury)

    return Choice("popularity", fit(training), fit)


def _habit(training: Interactions, half_life: float | None) -> Choice:
    def fit(rows: Interactions) -> Scorer:
        return Habit(popularity(rows), half_life)

    return Choice(f"habit, half-life {half_life}", fit(training), fit)


def _item_weights(training: Interactions) -> Iterator[tuple[str, Weights, Weigh]]:
    """What of item_weights is worth trying for data of this size: its name, it for ``training``, and how to make it."""
    if len(training.item_ids) > DENSE_ITEMS:
        yield "neighbours", _neighbours(training), _neighbours
        return
    gram = together(usage(training))
    if len(training) > SMALL:
        yield "regression", regression(gram, RIDGE_OF_LARGE), functools.partial(_regression, RIDGE_OF_LARGE)
        return
    yield "similarity", similarity(gram, SHRINK), _similarity
    for ridge in RIDGES:
        yield f"regression, ridge {ridge:g}", regression(gram, ridge), functools.partial(_regression, ridge)
    yield "succession", succession(training), succession


def _neighbours(rows: Interactions) -> Weights:
    return strongest_similarities(usage(rows))


def _similarity(rows: Interactions) -> Weights:
    return similarity(together(usage(rows)), SHRINK)


def _regression(ridge: float, rows: Interactions) -> Weights:
    return regression(together(usage(rows)), ridge)


def _enter_half_lives(
    contest: Contest, name: str, weights: Weights, weigh: Weigh, share: np.ndarray, own: float | None
) -> None:
    """Shorter memories are tried as long as each does better than the one before."""
    last = -1.0
    for half_life in HALF_LIVES:

        def fit(rows: Interactions, half_life: float | None = half_life) -> Scorer:
            return ItemToItem(weigh(rows), popularity(rows), half_life, own)

        scorer = ItemToItem(weights, share, half_life, own)
        value = contest.enter(Choice(f"{name}, half-life {half_life}", scorer, fit))
        if value < last:
            return
        last = value


def _enter_factors(contest: Contest, training: Interactions, *, bury_used: bool) -> None:
    for factors in FACTORS:
        for half_life in (None, 10.0):
            fit = functools.partial(fit_factors, factors=factors, half_life=half_life, bury_used=bury_used)
            contest.enter(Choice(f"{factors} factors, half-life {half_life}", fit(training), fit))


def _with_own_weight(contest: Contest, best: Choice) -> Choice:
    scorer = best.scorer
    assert isinstance(scorer, ItemToItem)
    # Weights differ in scale from matrix to matrix; a used item's own weight is told in units of a strong one.
    strong = _strong(scorer.weights)
    for own in OWN[1:]:
        value = own * strong

        def fit(rows: Interactions, value: float = value) -> Scorer:
            refitted = best.fit(rows)
            assert isinstance(refitted, ItemToItem)
            return replace(refitted, own=value)

        contest.enter(Choice(f"{best.name}, own weight {value:.3g}", replace(scorer, own=value), fit))
    assert contest.best is not None
    return contest.best


def _strong(weights: Weights) -> float:
    if isinstance(weights, np.ndarray):
        return float(np.mean(weights.max(axis=1)))
    return float(np.mean(weights.max(axis=1).toarray()))


def _sharpness(scorer: Scorer, examination: Examination) -> float:
    """The factor that makes a softmax of the scores say most honestly how likely each item is."""
    sample = np.arange(min(SHARPEST_SAMPLE, len(examination.before)))
    scores = scorer.score(examination.before.take(sample))
    if isinstance(scorer, Habit | SameForAll):
        return 1.0
    after: Histories = examination.after.take(sample)
    rows = np.repeat(sample, after.lengths())
    top = scores.max(axis=1, keepdims=True)
    spread = float(np.median(top.ravel() - np.median(scores, axis=1))) or 1.0
    candidates = [factor / spread for factor in (1.0, 2.0, 4.0, 6.0, 8.0, 12.0)]

    def likelihood(factor: float) -> float:
        scaled = np.maximum((scores - top) * factor, -60.0)
        logs = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return float(logs[rows, after.items].mean())

    return max(candidates, key=likelihood)
