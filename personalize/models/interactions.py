"""Who used which item when, as arrays sorted by user and time; and the histories that the models read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Histories:
    """Items of each user, oldest first: those of row ``r`` are ``items[starts[r]:starts[r + 1]]``."""

    items: np.ndarray
    starts: np.ndarray
    n_items: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    def lengths(self) -> np.ndarray:
        return np.diff(self.starts)

    def take(self, rows: np.ndarray) -> Histories:
        """The histories of some rows, in their order."""
        lengths = self.lengths()[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        offsets = np.repeat(self.starts[:-1][rows] - starts[:-1], lengths)
        return Histories(self.items[np.arange(starts[-1]) + offsets], starts, self.n_items)

    def weights(self, half_life: float | None, dtype: type = np.float32) -> csr_matrix:
        """A row per history, a column per item, repeated items added up.

        The latest interaction weighs 1, the one ``half_life`` interactions before it half of that; None: all weigh 1.
        """
        if half_life is None:
            weights = np.ones(len(self.items), dtype)
        else:
            ends = np.repeat(self.starts[1:], self.lengths())
            age = ends - 1 - np.arange(len(self.items))
            weights = np.exp2(-age / half_life).astype(dtype)
        # A copy: adding up repeats sorts columns in place, and the order of the history must stay.
        matrix = csr_matrix((weights, self.items, self.starts), shape=(len(self), self.n_items), copy=True)
        matrix.sum_duplicates()
        return matrix

    @classmethod
    def of_lists(cls, lists: list[list[int]], n_items: int) -> Histories:
        starts = np.concatenate([[0], np.cumsum([len(items) for items in lists])]).astype(np.int64)
        items = np.array([item for items in lists for item in items], dtype=np.int32)
        return cls(items, starts, n_items)


@dataclass(frozen=True)
class Interactions:
    """``users`` and ``items`` are codes into the lists of ids; rows are sorted by user, then by time."""

    user_ids: list[str]
    item_ids: list[str]
    users: np.ndarray
    items: np.ndarray
    times: np.ndarray

    @classmethod
    def sorted_from(
        cls, user_ids: list[str], item_ids: list[str], users: np.ndarray, items: np.ndarray, times: np.ndarray
    ) -> Interactions:
        """Rows in any order. Ids that no row uses are dropped, so are rows that are alike in all three."""
        user_ids, users = _used(user_ids, users)
        item_ids, items = _used(item_ids, items)
        order = np.lexsort((items, times, users))
        users, items, times = users[order], items[order], times[order]
        new = np.ones(len(users), dtype=bool)
        new[1:] = (np.diff(users) != 0) | (np.diff(items) != 0) | (np.diff(times) != 0)
        return cls(user_ids, item_ids, users[new], items[new], times[new])

    def __len__(self) -> int:
        return len(self.users)

    def histories(self) -> Histories:
        counts = np.bincount(self.users, minlength=len(self.user_ids))
        starts = np.concatenate([[0], np.cumsum(counts)])
        return Histories(self.items, starts, len(self.item_ids))

    def only(self, rows: np.ndarray) -> Interactions:
        """Some of the rows, with all users and items still known."""
        return Interactions(self.user_ids, self.item_ids, self.users[rows], self.items[rows], self.times[rows])


def _used(ids: list[str], codes: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Ids in order of their text: the model does not depend on the order of the rows."""
    present = np.unique(codes)
    names = [ids[code] for code in present]
    order = sorted(range(len(names)), key=names.__getitem__)
    translation = np.zeros(len(ids), dtype=np.int32)
    translation[present[order]] = np.arange(len(present))
    return [names[position] for position in order], translation[codes]
