"""The kit's own content blocks: one short text per recommended element of the sample charity's site.

The transformer function shows what a team would write for its own items: for each recommended item a block for the
HTML part and one for the text part. An item without a block of its own gets a plain one that names it.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Block:
    """Heading, sentence and the words of the link that leads to the element."""

    heading: str
    sentence: str
    action: str
    path: str


SITE = "https://mycharity.example"
BLOCKS: Mapping[str, Block] = {
    "GET_INVOLVED": Block(
        "Lend a hand",
        "Two Saturdays a month, neighbours sort books and write letters to pupils in Haiti. One chair is yours.",
        "Join the next session",
        "get-involved",
    ),
    "EVENTS": Block(
        "Come and meet the teachers",
        "Three teachers from Haiti visit this spring and tell what a school day looks like under a tarpaulin.",
        "Choose an evening",
        "events",
    ),
    "DONATE": Block(
        "Buy one sheet of tin",
        "A classroom roof is made of ninety sheets. Each one keeps two desks dry all through the rainy months.",
        "Give a sheet",
        "donate",
    ),
    "MEMBER_BENEFITS": Block(
        "What your membership brings",
        "Members get the yearly picture book drawn by the children, and a vote on which school is next.",
        "See everything members get",
        "members",
    ),
    "NEWS": Block(
        "News from the building site",
        "The walls are dry, the timber is on the truck, and Martha has painted the first door blue.",
        "Read the latest letter",
        "news",
    ),
}


def title_of(item: str) -> str:
    """``MEMBER_BENEFITS`` -> ``Member Benefits``."""
    return " ".join(word.capitalize() for word in item.replace("_", " ").replace("-", " ").split()) or "Something new"


def block_for(item: str) -> Block:
    """The block of an item; one that only names it when the item is unknown."""
    found = BLOCKS.get(item.strip().upper())
    if found:
        return found
    title = title_of(item)
    return Block(title, f"We thought of you when we looked at {title}: have a look.", f"Open {title}", "")


def html_block(item: str) -> str:
    """One line of HTML. The item's name is escaped: it comes from data."""
    block = block_for(item)
    link = f"{SITE}/{block.path}"
    return (
        f"<p><strong>{html.escape(block.heading)}</strong><br>{html.escape(block.sentence)}<br>"
        f'<a href="{html.escape(link)}">{html.escape(block.action)}</a></p>'
    )


def plain_block(item: str) -> str:
    block = block_for(item)
    return f"{block.heading}: {block.sentence} {block.action}: {SITE}/{block.path}"


def transformed(event: Any) -> Json:
    """The transformer's answer: the map of endpoints, each with ``Recommendations``. Never raises on odd input."""
    endpoints = event.get("Endpoints") if isinstance(event, Mapping) else None
    if not isinstance(endpoints, Mapping):
        return {}
    return {endpoint_id: _with_recommendations(endpoint) for endpoint_id, endpoint in endpoints.items()}


def _with_recommendations(endpoint: Any) -> Json:
    known = dict(endpoint) if isinstance(endpoint, Mapping) else {}
    items = _items(known.get("RecommendationItems"))
    known["Recommendations"] = {
        "RecommendedItems": items,
        "FriendlyRecommendation": [html_block(item) for item in items],
        "PlainRecommendation": [plain_block(item) for item in items],
    }
    return known


def _items(given: Any) -> list[str]:
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, Sequence):
        return []
    return [str(item) for item in given if isinstance(item, str | int) and str(item).strip()]
