"""Rows of which the service counts some: cases for the check before the upload and for the local service alike.

``TOO_FEW``: the ``solutions`` of a declaration, rows of ``HEADER``, and what the check says; ``ENOUGH``: without that.
"""

from __future__ import annotations

ROLE = "arn:aws:iam::000000000000:role/personalize"


def with_events(solutions: str) -> str:
    return (
        f"role_arn: {ROLE}\nschemas: {{interactions: {{columns: {{USER_ID: string, ITEM_ID: string, TIMESTAMP: long, "
        "EVENT_TYPE: 'string, nullable', EVENT_VALUE: 'float, nullable'}}}\n"
        "dataset_groups:\n  g:\n    datasets: {interactions: {source: 's3://data-bucket/personalize/interactions.csv'}}\n"
        f"    solutions: {solutions}\n"
    )


HEADER = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE"
DONATE_OR_CLICK = "{a: {recipe: aws-user-personalization-v2, events: {donate: {at_least: 5}, click: {weight: 0.2}}}}"
VIEWS_TOO = DONATE_OR_CLICK[:-1] + ", b: {recipe: aws-user-personalization-v2, event_type: view}}"
EVERYTHING_TOO = DONATE_OR_CLICK[:-1] + ", b: {recipe: aws-similar-items}}"


def lines_of(count: int, event: str = "view,", users: int = 30, unique: int = 1 << 60) -> list[str]:
    return [f"u{n % unique % users},i{n % unique % 7},{1_700_000_000 + n % unique},{event}" for n in range(count)]


TOO_FEW = [
    (
        "{}", lines_of(1500, unique=100),
        "has 1,500 interactions, and only 100 of them differ in user, item or time; Personalize trains from 1,000 on: "
        "add at least 900 rows",
    ),
    ("{}", lines_of(999), "has 999 interactions; Personalize trains from 1,000 on: add at least 1 row"),
    ("{}", [*lines_of(600), *lines_of(600, "click,")], "only 600 of them differ"),
    ("{}", lines_of(1), "has 1 interaction; Personalize"),
    (
        "{}", lines_of(1500, users=1),
        "has 1 user with at least 2 interactions (of 1 user); Personalize needs 25 such users",
    ),
    (
        "{}", [f"u{n % 1200},i,{n % 1200}," + "view," for n in range(2400)],
        "has 0 users with at least 2 interactions (of 1,200 users); Personalize needs 25 such users and counts rows alike",
    ),
    (
        DONATE_OR_CLICK, lines_of(1500),
        "has 0 interactions with events that a solution trains with (donate of at least 5, click), of 1,500 rows; "
        "Personalize trains from 1,000 on: add at least 1,000 rows",
    ),
    (DONATE_OR_CLICK, lines_of(1500, "donate,4.9"), "has 0 interactions with events"),
    (DONATE_OR_CLICK, lines_of(1500, "donate,"), "has 0 interactions with events"),
    (DONATE_OR_CLICK, [*lines_of(999, "click,"), *lines_of(999)], "has 999 interactions with events"),
    (DONATE_OR_CLICK, [*lines_of(1000, "click,", 24), *lines_of(900)], "has 24 users with at least 2 interactions with"),
    (VIEWS_TOO, lines_of(1500, "share,"), "(donate of at least 5, click, view)"),
]  # fmt: skip
ENOUGH = [
    ("{}", lines_of(1000)),
    ("{}", [*lines_of(1000, unique=500), *lines_of(1000)]),
    (DONATE_OR_CLICK, lines_of(1000, "click,")),
    (DONATE_OR_CLICK, [*lines_of(500), *lines_of(1000, "donate,5")]),
    (VIEWS_TOO, lines_of(1000)),
    (EVERYTHING_TOO, lines_of(1000, "share,")),
    (DONATE_OR_CLICK.replace("donate: {at_least: 5}", "'*': {}"), lines_of(1000, "share,")),
]
