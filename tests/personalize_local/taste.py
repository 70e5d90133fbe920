"""Interactions with a known truth, made with the standard library: taste clusters that stay, or that drift."""

from __future__ import annotations

from random import Random

from tests.personalize_local.account import csv_of

HEADER = "USER_ID,ITEM_ID,TIMESTAMP"
ITEMS_PER_CLUSTER = 30


def taste_rows(*, users: int, clusters: int, per_user: int, drift: bool, seed: int = 5) -> list[tuple[str, str, int]]:
    """A user likes one cluster of items, and with drift another one in each third of the time. Nothing is used twice."""
    random = Random(seed)
    weights = [1 / (rank + 3) for rank in range(ITEMS_PER_CLUSTER)]
    rows = []
    for user in range(users):
        tastes = random.sample(range(clusters), 3)
        used: set[str] = set()
        for step in range(per_user):
            taste = tastes[step * 3 // per_user] if drift else tastes[0]
            if random.random() < 0.15:
                taste = random.randrange(clusters)
            item = f"c{taste}-{random.choices(range(ITEMS_PER_CLUSTER), weights)[0]}"
            if item not in used:
                used.add(item)
                rows.append((f"u{user}", item, 1_700_000_000 + step * 86_400 + user))
    return rows


def taste_csv(**shape: int | bool) -> str:
    return csv_of(HEADER, taste_rows(**shape))  # type: ignore[arg-type]
