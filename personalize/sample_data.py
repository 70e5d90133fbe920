"""Sample interactions of a nonprofit's website: who looked at which element, and when.

Every user has one favourite element, drawn at random, and about half of that user's interactions go to it; the other
half is spread over the other elements. Of two elements the favourite gets two thirds: with halves there would be none.
Times are spread over ten months. The same numbers give the same rows on every machine and in every process: only
``random.Random.random`` is drawn from, whose sequence Python guarantees.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

COLUMNS = ("USER_ID", "ITEM_ID", "TIMESTAMP")
ELEMENTS = ("GET_INVOLVED", "EVENTS", "DONATE", "MEMBER_BENEFITS", "NEWS")
MORE_ELEMENTS = (
    "VOLUNTEER", "SPONSOR_A_CHILD", "NEWSLETTER", "STORIES", "SHOP", "ABOUT_US", "CAREERS", "PETITIONS", "WEBINARS",
    "GALLERY", "LOCAL_GROUPS", "FUNDRAISING", "ANNUAL_REPORT", "PARTNERS", "PODCAST", "LIBRARY", "SCHOOLS", "WATER",
    "HEALTH", "EMERGENCIES",
)  # fmt: skip
START = 1_735_689_600  # 2025-01-01T00:00:00Z
SECONDS = 304 * 86_400  # ten months, to 2025-11-01T00:00:00Z
FAVOURITE_SHARE, FAVOURITE_SHARE_OF_TWO = 0.5, 2 / 3
# What Amazon Personalize demands before it trains: enough interactions, and enough users with two or more.
LEAST_INTERACTIONS = 1_000
LEAST_USERS = 25
LEAST_PER_USER = 2
MOST_INTERACTIONS = 5_000_000  # a sample is for trying things out


class SampleDataError(ValueError):
    """The numbers asked for would give data that Personalize refuses; the message says which number and the limit."""


@dataclass(frozen=True)
class SampleSize:
    """How much to make. ``interactions`` is the number of rows in all, spread evenly over the users."""

    users: int = 30
    elements: int = 5
    interactions: int = 3_000
    seed: int = 7

    def __post_init__(self) -> None:
        if self.users < LEAST_USERS:
            raise SampleDataError(f"users is {self.users}; Personalize trains with {LEAST_USERS} users and more")
        if self.elements < 2:
            raise SampleDataError(f"elements is {self.elements}; with fewer than 2 there is nothing to recommend")
        least = max(LEAST_INTERACTIONS, LEAST_PER_USER * self.users)
        if self.interactions < least:
            raise SampleDataError(
                f"interactions is {self.interactions}; Personalize trains with {LEAST_INTERACTIONS:,} in all and "
                f"{LEAST_PER_USER} a user: ask for {least:,} or more"
            )
        if self.interactions > MOST_INTERACTIONS:
            raise SampleDataError(
                f"interactions is {self.interactions}; the sample makes {MOST_INTERACTIONS:,} at most. For more data "
                "declare your own in personalize/personalize.yaml"
            )


@dataclass(frozen=True)
class Interaction:
    """One row; ``timestamp`` is in seconds since 1970, UTC."""

    user_id: str
    item_id: str
    timestamp: int


def element_names(count: int) -> list[str]:
    """The first five are those of the sample; more follow, numbered topics when the names run out."""
    names = [*ELEMENTS, *MORE_ELEMENTS]
    names += [f"TOPIC_{number:03d}" for number in range(len(names) + 1, count + 1)]
    return names[:count]


def user_names(count: int) -> list[str]:
    """``user_0``, ``user_1``, ..."""
    return [f"user_{number}" for number in range(count)]


def favourites(size: SampleSize) -> dict[str, str]:
    """Which element each user likes best in the data that ``interactions`` makes."""
    draw, names = _draws(size.seed), element_names(size.elements)
    return {user: names[int(draw() * len(names))] for user in user_names(size.users)}


def interactions(size: SampleSize) -> Iterator[Interaction]:
    """All rows, user by user, each user's in order of time."""
    names = element_names(size.elements)
    share = FAVOURITE_SHARE if size.elements > 2 else FAVOURITE_SHARE_OF_TWO
    for number, (user, favourite) in enumerate(favourites(size).items()):
        # A generator for each user: adding users leaves the rows of the others as they were.
        draw = _draws(size.seed * 1_000_003 + number + 1)
        others = [name for name in names if name != favourite]
        count = size.interactions // size.users + (number < size.interactions % size.users)
        for timestamp in sorted(START + int(draw() * SECONDS) for _ in range(count)):
            likes = draw() < share
            item = favourite if likes else others[int(draw() * len(others))]
            yield Interaction(user, item, timestamp)


def _draws(seed: int) -> Callable[[], float]:
    # A repeatable sequence is the point here; nothing secret is drawn from it.
    return Random(seed).random  # noqa: S311


def write_interactions(path: Path, size: SampleSize) -> int:
    """Write the CSV that Personalize imports and answer the number of rows. An interrupted run leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    rows = 0
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for row in interactions(size):
                writer.writerow((row.user_id, row.item_id, row.timestamp))
                rows += 1
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return rows
