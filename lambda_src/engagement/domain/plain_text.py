"""HTML as plain text, for mails whose template has no text part. Standard library only; links keep their address."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "div",
        "dl",
        "dt",
        "dd",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    ]
)
_PARAGRAPHS = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre"])
_LINES = frozenset(["dd", "dt", "li", "tr"])
_HIDDEN = frozenset(["head", "script", "style", "title", "template", "noscript"])
_SPACE = re.compile(r"[ \t\r\n\f\v]+")


class _TextOfHtml(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden: list[str] = []
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden.append(tag)
            return
        if tag == "body":
            # A page that never closes its head still shows its body.
            self._hidden.clear()
        if tag in _PARAGRAPHS:
            self.pieces.append("\n\n")
        elif tag in _BLOCKS or tag == "br":
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append(" ")
        if tag == "li":
            self.pieces.append("- ")
        named = {name: value or "" for name, value in attrs}
        if tag == "a":
            self._links.append((named.get("href", "").strip(), len(self.pieces)))
        if tag == "img" and named.get("alt"):
            self.pieces.append(named["alt"])

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]
            return
        if tag == "a" and self._links:
            self._close_link(*self._links.pop())
        elif tag in _PARAGRAPHS:
            self.pieces.append("\n\n")
        elif tag in _BLOCKS and tag not in _LINES:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(_SPACE.sub(" ", data))

    def _close_link(self, href: str, opened_at: int) -> None:
        shown = "".join(self.pieces[opened_at:]).strip()
        if href.startswith(("http://", "https://", "mailto:")) and href.removeprefix("mailto:") not in shown:
            self.pieces.append(f" ({href})")


def text_of_html(html: str) -> str:
    """Readable text of an HTML document: paragraphs apart by one blank line, list items dashed, scripts left out."""
    parser = _TextOfHtml()
    parser.feed(html)
    parser.close()
    lines = [_SPACE.sub(" ", line).strip() for line in "".join(parser.pieces).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
