"""How much one item speaks for another: square matrices, row = the item used, column = the item it speaks for.

Above ``WHOLE_ITEMS`` items only the ``NEIGHBOURS`` that speak loudest for each item are kept: as good on held-out
data, a third of the time to answer. Above ``DENSE_ITEMS`` the whole matrix is never made.
"""

from __future__ import annotations

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import numpy as np
from scipy.linalg import lapack
from scipy.sparse import csr_matrix

from personalize.models.interactions import Interactions

WHOLE_ITEMS = 800
DENSE_ITEMS = 6_000
NEIGHBOURS = 100
NEAREST = 30
FOLLOWERS = 3
BLOCK_BYTES = 256 << 20
# Multiplications a second that the two ways of multiplying reach, roughly; only their ratio matters.
DENSE_RATE, SPARSE_RATE = 1.2e11, 4e8

Weights: TypeAlias = "np.ndarray | csr_matrix"


def usage(interactions: Interactions) -> csr_matrix:
    """Users by items; repeated use counts less than new use."""
    matrix = interactions.histories().weights(None)
    if len(matrix.data) and matrix.data.max() > 1:
        np.log1p(matrix.data, out=matrix.data)
    return matrix


def together(matrix: csr_matrix) -> np.ndarray:
    """Dense item-by-item sums of products: how much two items are used by the same users."""
    n_users, n_items = matrix.shape
    cores = os.cpu_count() or 1
    per_user = np.diff(matrix.indptr).astype(np.float64)
    if (per_user**2).sum() / SPARSE_RATE < n_users * n_items**2 / DENSE_RATE / cores:
        return np.asarray((matrix.T @ matrix).toarray(), dtype=np.float32)
    step = max(1, min(BLOCK_BYTES // (4 * n_items), -(-n_users // cores)))

    def products(start: int) -> np.ndarray:
        block = matrix[start : start + step].toarray()
        return block.T @ block

    total = np.zeros((n_items, n_items), dtype=np.float32)
    # Threads of ours, each with a BLAS of one thread: on a busy machine BLAS's own wait for each other, and busily.
    with ThreadPoolExecutor(cores) as pool:
        for start in range(0, n_users, step * cores):
            for part in pool.map(products, range(start, min(start + step * cores, n_users), step)):
                total += part
    return total


def regression(gram: np.ndarray, strength: float) -> Weights:
    """Each item's use predicted from the use of all others by ridge regression, in closed form (Steck, EASE, 2019).

    ``strength`` is the ridge in units of the mean use of an item, so that one number suits data of any size.
    """
    regularised = gram.copy()
    ridge = max(1.0, strength * float(np.diag(gram).mean()))
    regularised[np.diag_indices(len(gram))] += ridge
    factor, failed = lapack.spotrf(regularised, lower=1, overwrite_a=1)
    inverse, failed_too = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise ArithmeticError(f"the item matrix can't be inverted with a ridge of {ridge}")
    # Symmetric: row j holds the weights of all items for item j, up to a factor that does not change their order.
    by_target = _mirrored(inverse).T
    by_target /= -np.diag(inverse).copy()[:, None]
    by_target[np.diag_indices(len(by_target))] = 0.0
    return _loudest(by_target)


def _mirrored(matrix: np.ndarray, step: int = 512) -> np.ndarray:
    """The matrix itself, its lower triangle copied to the upper one in squares that fit the cache."""
    for start in range(0, len(matrix), step):
        stop = min(start + step, len(matrix))
        matrix[:start, start:stop] = matrix[start:stop, :start].T
        square = np.tril(matrix[start:stop, start:stop])
        matrix[start:stop, start:stop] = square + np.tril(square, -1).T
    return matrix


def _loudest(by_target: np.ndarray) -> Weights:
    """From a matrix with a row for each item spoken for, the weights with the rows and columns of this module."""
    n_items = len(by_target)
    if n_items <= WHOLE_ITEMS:
        return np.ascontiguousarray(by_target.T)
    sources = np.empty((n_items, NEIGHBOURS), dtype=np.int32)
    values = np.empty((n_items, NEIGHBOURS), dtype=np.float32)
    for start in range(0, n_items, 512):
        block = np.ascontiguousarray(by_target[start : start + 512])
        loudest = np.argpartition(-np.abs(block), NEIGHBOURS - 1, axis=1)[:, :NEIGHBOURS]
        loudest.sort(axis=1)
        sources[start : start + 512] = loudest
        values[start : start + 512] = np.take_along_axis(block, loudest, axis=1)
    starts = np.arange(n_items + 1) * NEIGHBOURS
    return csr_matrix((values.ravel(), sources.ravel(), starts), shape=(n_items, n_items)).T.tocsr()


def similarity(gram: np.ndarray, shrink: float) -> Weights:
    """Cosine of the users of two items, damped where few users stand behind it."""
    norms = np.sqrt(np.diag(gram))
    values = gram / (np.outer(norms, norms) + shrink)
    values[np.diag_indices(len(values))] = 0.0
    return _loudest(values)


def succession(interactions: Interactions) -> Weights:
    """How often an item comes soon after another, as a share of what comes after that."""
    n_items = len(interactions.item_ids)
    counts = np.zeros(n_items * n_items)
    items, users = interactions.items.astype(np.int64), interactions.users
    for gap in range(1, FOLLOWERS + 1):
        same = users[gap:] == users[:-gap]
        pairs = items[:-gap][same] * n_items + items[gap:][same]
        counts += np.bincount(pairs, minlength=n_items * n_items) / gap
    matrix = counts.reshape(n_items, n_items).astype(np.float32)
    matrix /= matrix.sum(axis=1, keepdims=True) + 5.0
    return _loudest(matrix.T)


def strongest_similarities(matrix: csr_matrix) -> csr_matrix:
    """For large catalogues: the cosine of each item with its nearest neighbours only."""
    from implicit.nearest_neighbours import CosineRecommender

    model = CosineRecommender(K=NEAREST + 1)
    with warnings.catch_warnings():
        # The library warns of a conversion that it does itself.
        warnings.simplefilter("ignore")
        model.fit(matrix, show_progress=False)
    found = csr_matrix(model.similarity, dtype=np.float32)
    found.setdiag(0.0)
    found.eliminate_zeros()
    return found
