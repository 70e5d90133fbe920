"""What a mail recommends, as SES message tags: its events carry them, so opens and clicks name the item.

A mail may recommend several items; "the item" is the first one, the best. Tags take few characters: other ids are
encoded as endpoint ids are (domain/endpoint_ref.py), reversibly or not at all.
"""

from __future__ import annotations

from engagement.domain.endpoint_ref import endpoint_id_of, tag_of
from engagement.domain.recommendation import FALLBACK_POPULAR, MAX_ITEM, Joined

ITEM_TAG, RECOMMENDER_TAG = "recommended_item", "recommender_id"


def item_tags(joined: Joined, recommender_id: str | None) -> dict[str, str]:
    """The tags of a mail with these recommendations; none when it shows its template's defaults instead.

    An id of MAX_ITEM characters may have been cut, and one that fits no tag cannot be turned back: they have none.
    """
    if not joined.items or not recommender_id or joined.fallback not in (None, FALLBACK_POPULAR):
        return {}
    item = joined.items[0]
    tag = tag_of(item)
    if len(item) >= MAX_ITEM or endpoint_id_of(tag) is None:
        return {}
    return {ITEM_TAG: tag, RECOMMENDER_TAG: recommender_id}


def item_of(tag: str) -> str | None:
    """The item behind a tag of ``item_tags``; None for what is no such tag."""
    return endpoint_id_of(tag) or None
