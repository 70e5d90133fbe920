"""Items like another: used by the same people, popular or not."""

from __future__ import annotations

import numpy as np

from personalize.models.evaluation import Scorer
from personalize.models.interactions import Histories, Interactions
from personalize.models.item_weights import DENSE_ITEMS, similarity, strongest_similarities, together, usage
from personalize.models.personal import SHRINK, Choice
from personalize.models.scorers import ItemToItem, popularity


def similar_items(training: Interactions) -> Choice:
    def fit(rows: Interactions) -> Scorer:
        matrix = usage(rows)
        few = len(rows.item_ids) <= DENSE_ITEMS
        weights = similarity(together(matrix), SHRINK) if few else strongest_similarities(matrix)
        return ItemToItem(weights, popularity(rows), half_life=None)

    return Choice("similarity", fit(training), fit)


def last_items(histories: Histories) -> Histories:
    """Only the latest item of each history: what a similar-items model is asked with."""
    starts = np.arange(len(histories) + 1)
    return Histories(histories.items[histories.starts[1:] - 1], starts, histories.n_items)
