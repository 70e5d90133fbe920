"""Updates that may be worked off side by side: those that share no endpoint, user or address by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from engagement.domain.endpoint import EndpointUpdate
from engagement.domain.endpoint_merge import Key, keys_of


def independent_groups(updates: Sequence[EndpointUpdate], count: int) -> list[list[tuple[int, EndpointUpdate]]]:
    """At most ``count`` groups of numbered updates, about equally long; each keeps the order of its updates."""
    parent = list(range(len(updates)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    seen: dict[Key, int] = {}
    for n, update in enumerate(updates):
        for key in keys_of(update):
            if key[0] != "names":
                parent[root(n)] = root(seen.setdefault(key, n))
    families: dict[int, list[tuple[int, EndpointUpdate]]] = defaultdict(list)
    for n, update in enumerate(updates):
        families[root(n)].append((n, update))
    groups: list[list[tuple[int, EndpointUpdate]]] = [[] for _ in range(count)]
    for family in sorted(families.values(), key=len, reverse=True):
        min(groups, key=len).extend(family)
    return [group for group in groups if group]
