"""A mail's HTML cut into tags and texts: in one pass, whatever the mail is made of.

The standard library's parser takes quadratic time on some broken HTML (a mail may be hostile); nothing here does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

TOKEN = re.compile(r"""(<(?:[^<>"']|"[^"]*"|'[^']*')*>)""")
NAME = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>=`]+)))?""")


@dataclass(frozen=True)
class Tag:
    """``start`` is where the tag's ``<`` stands in the text it was cut from."""

    name: str
    closing: bool
    text: str
    start: int

    @property
    def end_of_name(self) -> int:
        return self.start + 1 + self.closing + len(self.name)

    @property
    def closes_itself(self) -> bool:
        return self.text.endswith("/>")

    def attribute(self, name: str) -> str | None:
        """The value as a browser reads it, ``""`` for an attribute without one, None when it is not there."""
        for found in ATTRIBUTE.finditer(self.text, 1 + self.closing + len(self.name), len(self.text) - 1):
            if found[1].lower() == name:
                return unescape(next((value for value in found.groups()[1:] if value is not None), ""))
        return None


def pieces(html: str) -> list[str]:
    """Texts and tags by turns; joined they are the HTML again."""
    return TOKEN.split(html)


def tag_of(piece: str, start: int = 0) -> Tag | None:
    """None for a text, a comment or a declaration."""
    named = NAME.match(piece)
    return Tag(named[2].lower(), bool(named[1]), piece, start) if named and piece.endswith(">") else None


def tags(html: str) -> Iterator[Tag]:
    position = 0
    for piece in pieces(html):
        tag = tag_of(piece, position)
        position += len(piece)
        if tag is not None:
            yield tag
