"""Which event of SES becomes which interaction, and what is said of the others."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from engagement.domain.opens_and_clicks import (
    NO_ITEM,
    OTHER_EVENT,
    UNREADABLE_ENDPOINT,
    UNSUBSCRIBED,
    EventFault,
    MailSignal,
    NoInteraction,
    events_in,
    signal_of,
)
from engagement.domain.recommendation import (
    FALLBACK_EMPTY,
    FALLBACK_NO_ITEMS,
    FALLBACK_POPULAR,
    FALLBACK_TRANSFORMER,
    MAX_ITEM,
    Joined,
)
from engagement.domain.recommended_item import item_of, item_tags
from scripts.local_aws.ses_events import EVENT_TYPES

TAGS = {
    "app_id": ["a1"],
    "endpoint_ref": ["e1"],
    "recommended_item": ["DONATE"],
    "recommender_id": ["r1"],
    "ses:configuration-set": ["kit"],
}
AT = "2026-11-21T10:00:00.500Z"


def event(kind, *, tags=TAGS, link="https://charity.example/donate", **details):
    return {
        "eventType": kind,
        "mail": {"messageId": "m1", "destination": ["p@example.org"], "tags": tags},
        EVENT_TYPES[kind][1]: {"timestamp": AT, "ipAddress": "192.0.2.1", "link": link, **details},
    }


def without(*names):
    return {name: value for name, value in TAGS.items() if name not in names}


@pytest.mark.parametrize(("kind", "becomes"), [("Open", "open"), ("Click", "click")])
def test_opens_and_clicks_are_interactions_with_the_item(kind, becomes):
    signal = signal_of(event(kind))
    assert signal == MailSignal(
        becomes, "m1", "a1", "e1", "r1", "DONATE", datetime(2026, 11, 21, 10, 0, 0, 500_000, tzinfo=UTC)
    )
    assert signal.event_id == f"m1:{becomes}"


def test_the_same_mail_opened_again_is_the_same_event():
    assert signal_of(event("Open", timestamp="2026-11-22T10:00:00Z")).event_id == signal_of(event("Open")).event_id


@pytest.mark.parametrize("kind", sorted(set(EVENT_TYPES) - {"Open", "Click"}))
def test_no_other_event_is_one(kind):
    with pytest.raises(NoInteraction, match=OTHER_EVENT):
        signal_of(event(kind))


@pytest.mark.parametrize(
    ("link", "counts"),
    [
        ("https://api.example.org/unsubscribe/eyJ0", False),
        ("https://api.example.org/stage/unsubscribe/eyJ0", False),
        ("https://charity.example/Unsubscribe", False),
        ("https://charity.example/unsubscribe.php?id=1", False),
        ("https://charity.example/unsubscribed-stories", True),
        ("https://charity.example/page?next=/unsubscribe", True),
        ("https://charity.example/donate", True),
        ("mailto:news@charity.example", True),
        ("https://[half", True),
        (None, True),
    ],
)
def test_who_leaves_does_not_like_the_item(link, counts):
    if counts:
        assert signal_of(event("Click", link=link)).kind == "click"
    else:
        with pytest.raises(NoInteraction, match=UNSUBSCRIBED):
            signal_of(event("Click", link=link))


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        (without("recommended_item"), NO_ITEM),
        ({}, NO_ITEM),
        (None, NO_ITEM),
        ({**TAGS, "endpoint_ref": ["sha-" + "0" * 64]}, UNREADABLE_ENDPOINT),
    ],
)
def test_mails_that_name_no_item_or_nobody(tags, reason):
    with pytest.raises(NoInteraction, match=reason):
        signal_of(event("Open", tags=tags))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({}, "eventType"),
        ({"eventType": 7}, "eventType"),
        ({"eventType": "Open"}, "mail is missing"),
        ({**event("Open"), "open": None}, "open is missing"),
        (event("Open", tags=["recommended_item"]), "mail.tags"),
        (event("Open", tags={**TAGS, "recommended_item": []}), "tag recommended_item"),
        (event("Open", tags={**TAGS, "recommended_item": ["b32-!"]}), "turned back"),
        (event("Open", tags=without("app_id")), "tag app_id"),
        (event("Open", tags=without("endpoint_ref")), "tag endpoint_ref"),
        (event("Open", tags=without("recommender_id")), "tag recommender_id"),
        (event("Open", timestamp="yesterday"), "open.timestamp"),
        (event("Click", timestamp=None), "click.timestamp"),
        ({**event("Open"), "mail": {"tags": TAGS}}, "mail.messageId"),
        ({**event("Open"), "mail": {"tags": TAGS, "messageId": "m" * 201}}, "mail.messageId"),
    ],
)
def test_broken_events_say_what_is_wrong_and_nothing_of_themselves(found, words):
    with pytest.raises(EventFault, match=words) as told:
        signal_of(found)
    assert "example.org" not in str(told.value)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"", []),
        (b" \t\r", []),
        (b'{"a": 1}', [{"a": 1}]),
        (b' {"a": 1}  {"b": 2}{"c": 3} ', [{"a": 1}, {"b": 2}, {"c": 3}]),
        ('{"a": "\u00fc"}'.encode(), [{"a": "\u00fc"}]),
    ],
)
def test_a_line_holds_one_event_or_several(line, found):
    assert list(events_in(line)) == found


@pytest.mark.parametrize(
    ("line", "words"),
    [(b"{", "JSON"), (b"[1]", "object"), (b'"x"', "object"), (b"\xff", "UTF-8"), (b"[" * 100_000, "JSON")],
)
def test_a_line_that_is_no_event(line, words):
    with pytest.raises(EventFault, match=words):
        list(events_in(line))


def test_what_stands_before_the_fault_is_read():
    found = events_in(json.dumps({"a": 1}).encode() + b"{broken")
    assert next(found) == {"a": 1}
    with pytest.raises(EventFault):
        next(found)


ALPHABET = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


@pytest.mark.parametrize(
    "item", ["DONATE", "a/b c", "\u00fcber", "b32-x", "sha-x", "x" * (MAX_ITEM - 1), "p@example.org"]
)
def test_an_item_travels_in_a_tag_and_comes_back(item):
    tags = item_tags(Joined((item, "SECOND")), "r1")
    assert tags["recommender_id"] == "r1" and set(tags["recommended_item"]) <= ALPHABET
    assert len(tags["recommended_item"]) <= 256 and item_of(tags["recommended_item"]) == item


@pytest.mark.parametrize(
    ("joined", "recommender", "tagged"),
    [
        (Joined(("A",)), "r1", True),
        (Joined(("A",), fallback=FALLBACK_POPULAR), "r1", True),
        (Joined(("A",), fallback=FALLBACK_TRANSFORMER), "r1", False),
        (Joined(("A",), fallback=FALLBACK_EMPTY), "r1", False),
        (Joined(fallback=FALLBACK_NO_ITEMS), "r1", False),
        (Joined(), "r1", False),
        (Joined(("A",)), None, False),
        (Joined(("x" * MAX_ITEM,)), "r1", False),
        (Joined(("\U0001f381" * (MAX_ITEM - 1),)), "r1", False),
    ],
)
def test_only_mails_that_show_an_item_name_one(joined, recommender, tagged):
    assert bool(item_tags(joined, recommender)) == tagged
