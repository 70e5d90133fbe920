"""Mails and people as the mailbox and the demo give them to the page."""

from __future__ import annotations

from typing import Any

BLOCKS = {
    "EVENTS": "Spring concert on 12 May",
    "DONATE": "Forty euros keep one child in school",
    "NEWS": "The new roof is finished",
}
NAMES = ("Ada", "Grace", "Mary")


def block(item: str) -> str:
    return f'<div class="offer"><h2>{BLOCKS[item]}</h2><a href="https://example.org/{item}?a=1&amp;b=2">Read</a></div>'


def mail(number: int, **changes: Any) -> dict[str, Any]:
    """Mail ``number`` (0, 1, 2) of a campaign: fine in every respect unless ``changes`` say otherwise."""
    name, item = NAMES[number], list(BLOCKS)[number]
    address = f"{name.lower()}@example.org"
    body = f"<html><body><h1>Hello {name},</h1><p>Thank you.</p>{block(item)}</body></html>"
    return {
        "id": f"id-{number}",
        "time": f"2026-11-21T10:0{number}:00.000Z",
        "from": "Fund <news@example.org>",
        "to": [address],
        "subject": f"{name}, thank you",
        "html": body,
        "text": f"Hello {name}, {BLOCKS[item]}",
        "headers": {
            "From": "Fund <news@example.org>",
            "To": address,
            "List-Unsubscribe": "<https://example.org/u/abc>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        "configuration_set": "kit",
        "tags": {"campaign_id": "c1"},
        "source": f"From: Fund\r\n\r\n{body}",
        **changes,
    }


def reasons(number: int, **changes: Any) -> dict[str, dict[str, Any]]:
    """Why reader ``number`` got her block, keyed by her address."""
    name, item = NAMES[number], list(BLOCKS)[number]
    others = [other for other in BLOCKS if other != item]
    return {
        f"{name.lower()}@example.org": {
            "name": f"{name} Example",
            "user_id": f"user_{number}",
            "recommended": [{"item": i, "score": s} for i, s in zip([item, *others], (0.5, 0.25, 0.1), strict=True)],
            "interactions": [{"item": item, "count": 7, "last": "2026-11-18"}],
            **changes,
        }
    }
