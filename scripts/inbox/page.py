"""One self-contained HTML page out of the mails of a mailbox and the reasons behind them: no network, no framework."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from scripts.inbox.mail_checks import Check, mail_checks
from scripts.inbox.mail_html import (
    Tracking,
    common_tokens,
    frame_document,
    items_shown,
    mark_block,
    mark_differences,
)

FOLDER = Path(__file__).parent
MAX_CARDS = 60
MAX_SOURCE = 200_000
SERVICE_SENDERS = ("no-reply-aws@amazon.com",)
Mail = Mapping[str, Any]
Why = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Bar:
    item: str
    score: str
    percent: float
    received: bool


@dataclass(frozen=True)
class Interaction:
    item: str
    count: str
    last: str


@dataclass(frozen=True)
class Card:
    """One mail and its reader, ready for the template; ``default`` when no known block is in the mail."""

    mail: Mail
    name: str
    user_id: str
    address: str
    initials: str
    received: Sequence[str]
    default: bool
    bars: Sequence[Bar]
    interactions: Sequence[Interaction]
    frame: str | None
    source: str
    cut: bool
    checks: Sequence[Check]

    @property
    def failed(self) -> Sequence[Check]:
        return [check for check in self.checks if not check.passed]

    @property
    def passed(self) -> Sequence[Check]:
        return [check for check in self.checks if check.passed]

    @property
    def unexplained(self) -> Sequence[str]:
        """Received, but not among the recommended."""
        return [item for item in self.received if item not in {bar.item for bar in self.bars}]


def render_inbox(
    mails: Sequence[Mail],
    why: Why,
    *,
    title: str,
    tracking: Tracking | None = None,
    now: datetime | None = None,
) -> str:
    """The page as text.

    ``mails`` as ``/_kit/mailbox`` lists them. ``why``: address -> ``{"name", "user_id", "recommended": [{"item",
    "score"}], "interactions": [{"item", "count", "last"}]}``, and, where known, ``"blocks"`` (item -> its HTML block): those
    that stand in the mail are marked, and their items shown as in this mail. In a mail without any of them, what differs
    from the other mails is marked. Everything may be missing or hostile. With ``tracking`` opens and clicks are counted.
    """
    people = {address.lower(): facts for address, facts in why.items() if isinstance(facts, Mapping)}
    service = [mail for mail in mails if _is_service_mail(mail)]
    own = sorted((m for m in mails if not _is_service_mail(m)), key=lambda m: str(m.get("time") or ""), reverse=True)
    shown = _in_order_of(people, own[:MAX_CARDS])
    common = common_tokens(str(mail.get("html") or "") for mail in shown) if len(shown) > 1 else None
    cards = [_card(mail, people.get(_address(mail).lower(), {}), common, tracking) for mail in shown]
    script = (FOLDER / "inbox.js").read_text(encoding="utf-8")
    return (
        _environment()
        .get_template("inbox.html.j2")
        .render(
            title=title,
            cards=cards,
            service=service,
            hidden=len(own) - len(cards),
            failed=sum(bool(card.failed) for card in cards),
            made=(now or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M UTC"),
            style=(FOLDER / "inbox.css").read_text(encoding="utf-8"),
            script=script,
            policy=_content_policy(script, tracking),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True)
    environment.filters["between_words"] = _broken_between_words
    return environment


def _broken_between_words(name: str) -> Markup:
    """Where a line may end in a name such as GET_INVOLVED or an address, so that narrow columns do not cut its words."""
    return Markup("<wbr>").join(re.split(r"(?<=[_./+-])(?=[^_./+@-])|(?<=.)(?=@)", name))


def _content_policy(script: str, tracking: Tracking | None) -> str:
    """Frames inherit it: nothing is loaded from anywhere, and no script runs but the page's own."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    images = "data:"
    if tracking is not None:
        parts = urlsplit(tracking.base)
        images += f" {parts.scheme}://{parts.netloc}"
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src {images}; "
        "base-uri 'none'; form-action 'none'"
    )


def _is_service_mail(mail: Mail) -> bool:
    return any(sender in str(mail.get("from") or "").lower() for sender in SERVICE_SENDERS)


def _address(mail: Mail) -> str:
    to = mail.get("to") or []
    return str(to if isinstance(to, str) else next(iter(to), ""))


def _in_order_of(people: Mapping[str, Any], mails: Sequence[Mail]) -> list[Mail]:
    """The people in the order in which they are explained, then everybody else; newest first for each."""
    places = {address: place for place, address in enumerate(people)}
    return sorted(mails, key=lambda mail: places.get(_address(mail).lower(), len(places)))


def _card(mail: Mail, facts: Mapping[str, Any], common: set[str] | None, tracking: Tracking | None) -> Card:
    address = _address(mail)
    name = str(facts.get("name") or address.partition("@")[0] or "nobody")
    recommended = [r for r in facts.get("recommended") or () if isinstance(r, Mapping)]
    blocks = _blocks(facts)
    received = items_shown(str(mail.get("html") or ""), blocks)
    source = str(mail.get("source") or "")
    return Card(
        mail=mail,
        name=name,
        user_id=str(facts.get("user_id") or ""),
        address=address,
        initials="".join(word[0] for word in name.split()[:2]).upper(),
        received=received,
        default=bool(blocks and recommended) and not received,
        bars=_bars(recommended, received),
        interactions=[_interaction(i) for i in facts.get("interactions") or () if isinstance(i, Mapping)],
        frame=_frame(mail, [blocks[item] for item in received], common, tracking),
        source=source[:MAX_SOURCE],
        cut=len(source) > MAX_SOURCE,
        checks=mail_checks(mail),
    )


def _blocks(facts: Mapping[str, Any]) -> dict[str, str]:
    blocks = facts.get("blocks")
    return {str(item): str(block or "") for item, block in blocks.items()} if isinstance(blocks, Mapping) else {}


def _bars(recommended: Sequence[Mapping[str, Any]], received: Sequence[str]) -> list[Bar]:
    scores = [_number(r.get("score")) for r in recommended]
    top = max((s for s in scores if s is not None), default=0.0) or 1.0
    return [
        Bar(
            item=str(r.get("item") or ""),
            score="" if score is None else f"{score:.3f}",
            percent=0.0 if score is None else round(max(0.0, min(1.0, score / top)) * 100, 1),
            received=str(r.get("item") or "") in received,
        )
        for r, score in zip(recommended, scores, strict=True)
    ]


def _interaction(facts: Mapping[str, Any]) -> Interaction:
    count, last = _number(facts.get("count")), facts.get("last")
    seconds = _number(last)
    try:
        when = str(last or "") if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
    except (OverflowError, ValueError, OSError):
        when = str(last)
    return Interaction(str(facts.get("item") or ""), "" if count is None else f"{count:g}", when)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if value == value else None


def _frame(mail: Mail, blocks: Sequence[str], common: set[str] | None, tracking: Tracking | None) -> str | None:
    html = mail.get("html")
    if not html:
        return None
    marked = html
    for block in blocks:
        marked = mark_block(marked, block) or marked
    if not blocks and common is not None:
        marked = mark_differences(html, common)
    return frame_document(tracking.counted(marked, str(mail.get("id") or "")) if tracking else marked)
