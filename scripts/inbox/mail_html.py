"""A mail's HTML made ready to be shown in a frame: marks around what is personal, links and opens that are counted.

Text is only added, never taken away: the frame itself keeps a mail from doing harm (sandbox, content policy).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from scripts.inbox.html_tags import pieces, tag_of, tags

HREF = re.compile(r"""\bhref\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>=`]+)""", re.IGNORECASE)
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
UNSEEN = ("style", "script", "title", "head")
# Beyond this a mail is shown as it is.
MOST = 2_000_000
MARK = "data-kit-personal"
MARK_STYLE = (
    f"<style>[{MARK}]{{outline:2px solid #7a5af8!important;outline-offset:3px;border-radius:3px;"
    "background-color:rgba(122,90,248,.10)!important}</style>"
)
# Where a frame is lower than its mail it shows the personal part first. The marks may be off: inbox.js takes away rules for
# [data-kit-personal], not this one.
FIRST_SEEN_STYLE = f'<style>[{MARK}=""]{{scroll-initial-target:nearest}}</style>'
FRAME_STYLE = (
    "<style>html{scroll-padding:2em;background:#fff;color:#111;font-family:system-ui,sans-serif;padding:14px}body{margin:0}"
    "img{max-width:100%}</style>"
)


@dataclass(frozen=True)
class Tracking:
    """Where opens and clicks are reported: the address of ``/_kit`` of the local AWS."""

    base: str

    def counted(self, html: str, mail_id: str) -> str:
        """Links lead through the counter, and a pixel counts the opening, as SES does it in a delivered mail."""

        pixel = f'<img src="{escape(self.base)}/open/{quote(mail_id)}.gif" alt="" width="1" height="1">'
        if len(html) > MOST:
            return html + pixel
        return "".join(self._counted_piece(piece, mail_id) for piece in pieces(html)) + pixel

    def _counted_piece(self, piece: str, mail_id: str) -> str:
        tag = tag_of(piece)
        link = (tag.attribute("href") or "").strip() if tag and tag.name == "a" and not tag.closing else ""
        if not link.lower().startswith(("http://", "https://")):
            return piece
        target = escape(f"{self.base}/click/{quote(mail_id)}?link={quote(link, safe='')}")
        return HREF.sub(lambda _: f'href="{target}"', piece, count=1)


def frame_document(html: str) -> str:
    """What goes into ``srcdoc``. Links open beside the page."""
    return f'<!doctype html><base target="_blank">{FRAME_STYLE}{FIRST_SEEN_STYLE}{MARK_STYLE}{html}'


def items_shown(html: str, blocks: Mapping[str, str]) -> tuple[str, ...]:
    """The items of ``blocks`` (item -> its HTML block) whose block stands in ``html``: the one rule for what a mail shows."""
    return tuple(item for item, block in blocks.items() if block.strip() and block.strip() in html)


def mark_block(html: str, block: str) -> str | None:
    """Mark each outermost element of ``block`` where it stands in ``html``; None when it does not stand there."""
    wanted = block.strip()
    if not wanted or wanted not in html:
        return None
    return html.replace(wanted, _marked(wanted), 1)


def mark_differences(html: str, common: Collection[str]) -> str:
    """Mark the texts and pictures of one mail that are not in ``common``."""
    if len(html) > MOST:
        return html
    out, unseen = [], False
    for token in pieces(html):
        tag = tag_of(token)
        if tag and tag.name in UNSEEN:
            unseen = not tag.closing
        personal = not unseen and _speaks(token) and token.strip() not in common
        out.append(f"<span {MARK}>{token}</span>" if personal else token)
    return "".join(out)


def common_tokens(htmls: Iterable[str]) -> set[str]:
    """Texts and pictures that more than half of the mails share; of two mails, those that both have."""
    counts: Counter[str] = Counter()
    number = 0
    for html in htmls:
        number += 1
        counts.update({token.strip() for token in pieces(html) if _speaks(token)})
    return {token for token, count in counts.items() if count > number / 2}


def _speaks(token: str) -> bool:
    return bool(token.strip()) and (not token.startswith("<") or token[:4].lower() == "<img")


def _marked(block: str) -> str:
    ends, depth = [], 0
    for tag in tags(block):
        if tag.closing:
            depth = max(0, depth - 1)
            continue
        if depth == 0:
            ends.append(tag.end_of_name)
        depth += tag.name not in VOID and not tag.closes_itself
    if not ends:
        return f"<span {MARK}>{block}</span>"
    starts = [0, *ends]
    return f" {MARK}".join(block[start:end] for start, end in zip(starts, [*ends, len(block)], strict=True))
