"""Made-up interactions with a known truth, for measuring recommenders: taste clusters, drift, and a large catalogue."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from personalize.models.interactions import Interactions

DAY = 86_400


@dataclass(frozen=True)
class TasteData:
    """``users`` with about ``per_user`` interactions each (lognormal), in ``items`` of ``clusters`` tastes."""

    users: int
    items: int
    per_user: int
    clusters: int
    tastes_per_user: int = 2
    drift: bool = False
    repeats: bool = False
    noise: float = 0.15
    seed: int = 11

    def make(self) -> Interactions:
        random = np.random.default_rng(self.seed)
        # Popularity falls as in a real catalogue; every cluster has its stars and its long tail.
        weight = 1.0 / (random.permutation(self.items) + 10.0) ** 0.8
        cluster_of = random.integers(self.clusters, size=self.items)
        by_cluster = [self._chances(weight, cluster_of == c) for c in range(self.clusters)]
        anything = weight / weight.sum()
        users, items, times = [], [], []
        counts = np.clip(random.lognormal(np.log(self.per_user), 0.6, self.users), 5, self.items // 3).astype(int)
        for user, count in enumerate(counts):
            liked = self._liked(random, by_cluster, count, anything)
            users.append(np.full(len(liked), user, dtype=np.int32))
            items.append(liked)
            times.append(np.sort(random.integers(0, 300 * DAY, len(liked))) + user)
        return Interactions.sorted_from(
            [f"u{n}" for n in range(self.users)], [f"i{n}" for n in range(self.items)],
            np.concatenate(users), np.concatenate(items).astype(np.int32), np.concatenate(times),
        )  # fmt: skip

    def _chances(self, weight: np.ndarray, members: np.ndarray) -> np.ndarray:
        chances = np.where(members, weight, 0.0)
        return chances / max(chances.sum(), 1e-12)

    def _liked(self, random: np.random.Generator, by_cluster: list, count: int, anything: np.ndarray) -> np.ndarray:
        """One user's items in order of time; with drift the tastes come one after the other."""
        tastes = random.choice(self.clusters, self.tastes_per_user, replace=False)
        if self.drift:
            shares = np.array_split(np.arange(count), len(tastes))
            parts = [self._draw(random, by_cluster[t], len(s), anything) for t, s in zip(tastes, shares)]
            liked = np.concatenate(parts)
        else:
            mixed = sum(by_cluster[t] for t in tastes) / len(tastes)
            liked = self._draw(random, mixed, count, anything)
        if self.repeats:
            return liked
        _, first = np.unique(liked, return_index=True)
        return liked[np.sort(first)]

    def _draw(self, random: np.random.Generator, chances: np.ndarray, count: int, anything: np.ndarray) -> np.ndarray:
        mixed = (1 - self.noise) * chances + self.noise * anything
        if self.repeats:
            return random.choice(self.items, count, p=mixed)
        # Gumbel's trick draws without replacement, in the order of drawing.
        keys = np.log(np.maximum(mixed, 1e-15)) + random.gumbel(size=self.items)
        return np.argsort(-keys)[:count]


CLUSTERS = TasteData(users=1_000, items=600, per_user=40, clusters=12)
DRIFT = TasteData(users=1_000, items=600, per_user=60, clusters=12, tastes_per_user=3, drift=True)
REPEATING_DRIFT = replace(DRIFT, repeats=True)
HUNDRED_THOUSAND = TasteData(users=943, items=1_682, per_user=88, clusters=25, tastes_per_user=3, noise=0.25)
ONE_MILLION = TasteData(users=6_040, items=3_700, per_user=138, clusters=40, tastes_per_user=4, noise=0.25)
