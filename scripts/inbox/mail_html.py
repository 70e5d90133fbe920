"""A mail's HTML made ready to be shown in a frame: marks around what is personal, links and opens that are counted.

Text is only added, never taken away: the frame itself keeps a mail from doing harm (sandbox, content policy).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from html import escape, unescape
from html.parser import HTMLParser
from urllib.parse import quote

TOKEN = re.compile(r"(<!--.*?-->|<[^<>]*>)", re.DOTALL)
HREF = re.compile(r"""(<a\b[^<>]*?\bhref\s*=\s*)("([^"]*)"|'([^']*)')""", re.IGNORECASE | re.DOTALL)
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
UNSEEN = re.compile(r"<(/?)(style|script|title|head)\b", re.IGNORECASE)
MARK = "data-kit-personal"
MARK_STYLE = (
    f"<style>[{MARK}]{{outline:2px solid #7a5af8!important;outline-offset:3px;border-radius:3px;"
    "background-color:rgba(122,90,248,.10)!important}</style>"
)
FRAME_STYLE = (
    "<style>html{background:#fff;color:#111;font-family:system-ui,sans-serif;padding:14px}body{margin:0}"
    "img{max-width:100%}</style>"
)


@dataclass(frozen=True)
class Tracking:
    """Where opens and clicks are reported: the address of ``/_kit`` of the local AWS."""

    base: str

    def counted(self, html: str, mail_id: str) -> str:
        """Links lead through the counter, and a pixel counts the opening, as SES does it in a delivered mail."""

        def redirect(found: re.Match[str]) -> str:
            link = unescape(found[3] if found[3] is not None else found[4]).strip()
            if not link.lower().startswith(("http://", "https://")):
                return found[0]
            target = f"{self.base}/click/{quote(mail_id)}?link={quote(link, safe='')}"
            return f'{found[1]}"{escape(target)}"'

        pixel = f'<img src="{escape(self.base)}/open/{quote(mail_id)}.gif" alt="" width="1" height="1">'
        return HREF.sub(redirect, html) + pixel


def frame_document(html: str) -> str:
    """What goes into ``srcdoc``. Links open beside the page."""
    return f'<!doctype html><base target="_blank">{FRAME_STYLE}{MARK_STYLE}{html}'


def mark_block(html: str, block: str) -> str | None:
    """Mark each outermost element of ``block`` where it stands in ``html``; None when it does not stand there."""
    wanted = block.strip()
    if not wanted or wanted not in html:
        return None
    return html.replace(wanted, _marked(wanted), 1)


def mark_differences(html: str, common: Collection[str]) -> str:
    """Mark the texts and pictures of one mail that are not in ``common``."""
    out, unseen = [], False
    for token in TOKEN.split(html):
        hidden = UNSEEN.match(token)
        if hidden:
            unseen = not hidden[1]
        personal = not unseen and _speaks(token) and token.strip() not in common
        out.append(f"<span {MARK}>{token}</span>" if personal else token)
    return "".join(out)


def common_tokens(htmls: Iterable[str]) -> set[str]:
    """Texts and pictures that more than half of the mails share; of two mails, those that both have."""
    counts: Counter[str] = Counter()
    number = 0
    for html in htmls:
        number += 1
        counts.update({token.strip() for token in TOKEN.split(html) if _speaks(token)})
    return {token for token, count in counts.items() if count > number / 2}


def _speaks(token: str) -> bool:
    return bool(token.strip()) and (not token.startswith("<") or token[:4].lower() == "<img")


def _marked(block: str) -> str:
    finder = _Outermost(block)
    finder.feed(block)
    finder.close()
    if not finder.ends_of_names:
        return f"<span {MARK}>{block}</span>"
    for position in reversed(finder.ends_of_names):
        block = f"{block[:position]} {MARK}{block[position:]}"
    return block


class _Outermost(HTMLParser):
    """Finds where the tag names of the outermost elements end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ends_of_names: list[int] = []
        self._depth = 0
        starts = [0]
        for line in text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        self._line_starts = starts

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._depth == 0:
            line, column = self.getpos()
            self.ends_of_names.append(self._line_starts[line - 1] + column + 1 + len(tag))
        if tag not in VOID:
            self._depth += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._depth -= 1

    def handle_endtag(self, tag: str) -> None:
        self._depth = max(0, self._depth - 1)
