"""Which whitespace around tags is dropped: ``~`` marks, and lines on which a block tag or comment stands alone.

Works on the draft of a tree, before it is frozen. Every rule looks at the text as written (``original``) and changes
what will be printed (``value``), so the order of the rules does not matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engagement.domain.template.scanner import SPACE, Tag

_LINE_START = re.compile(r"[ \t]*\r?\n?")


@dataclass(slots=True)
class DraftText:
    original: str
    value: str


@dataclass(slots=True)
class DraftTag:
    tag: Tag
    indent: str = ""


@dataclass(slots=True)
class Section:
    """An opening or else tag with what stands behind it."""

    tag: Tag
    body: list[Draft]


@dataclass(slots=True)
class DraftBlock:
    sections: list[Section]
    close: Tag | None = None

    def parts(self) -> list[Section]:
        """The sections as handlebars.js judges them: ``{{^x}} a {{else}} b {{/x}}`` counts as if b stood first."""
        if self.sections[0].tag.kind != "inverted" or len(self.sections) == 1:
            return self.sections
        first, second = self.sections
        return [Section(first.tag, second.body), Section(second.tag, first.body)]


Draft = DraftText | DraftTag | DraftBlock


def tidy(body: list[Draft], *, is_root: bool) -> None:
    """Drop whitespace in a body and in all bodies below it."""
    for index, node in enumerate(body):
        if isinstance(node, DraftBlock):
            for section in node.sections:
                tidy(section.body, is_root=False)
            _tidy_inside(node)
            _tidy_around_block(body, index, node, is_root)
        elif isinstance(node, DraftTag):
            _tidy_around_tag(body, index, node, is_root)


def _tidy_around_tag(body: list[Draft], index: int, node: DraftTag, is_root: bool) -> None:
    alone = (
        node.tag.kind in ("comment", "partial")
        and _ends_line(body, index - 1, is_root)
        and _starts_line(body, index + 1, is_root)
    )
    if node.tag.trim_after:
        _cut_start(body, index + 1, whole=True)
    if node.tag.trim_before:
        _cut_end(body, index - 1, whole=True)
    if alone:
        _cut_start(body, index + 1)
        if _cut_end(body, index - 1) and node.tag.kind == "partial":
            before = body[index - 1]
            assert isinstance(before, DraftText)
            node.indent = before.original[len(before.original.rstrip(" \t")) :]


def _tidy_around_block(body: list[Draft], index: int, node: DraftBlock, is_root: bool) -> None:
    sections, close = node.parts(), node.close
    assert close is not None
    first, second = sections[0], sections[min(1, len(sections) - 1)]
    opening_alone = _starts_line(first.body, 0, False) and _ends_line(body, index - 1, is_root)
    # A chain is judged by the end of its second part: handlebars.js does so, whatever follows that part.
    closing_alone = _ends_line(second.body, len(second.body) - 1, False) and _starts_line(body, index + 1, is_root)
    if close.trim_after:
        _cut_start(body, index + 1, whole=True)
    if first.tag.trim_before:
        _cut_end(body, index - 1, whole=True)
    if opening_alone:
        _cut_start(first.body, 0)
        _cut_end(body, index - 1)
    if closing_alone:
        _cut_start(body, index + 1)
        if second.tag.kind != "else_block":
            _cut_end(second.body, len(second.body) - 1)


def _tidy_inside(node: DraftBlock) -> None:
    sections, close = node.parts(), node.close
    assert close is not None
    for place, section in enumerate(sections):
        if section.tag.trim_after:
            _cut_start(section.body, 0, whole=True)
        if section.tag.kind == "else":
            break
        following = sections[place + 1] if place + 1 < len(sections) else None
        if following is not None:
            _tidy_else(section, following)
        # In a chain the mark of the closing tag reaches the second and third part, and from then on a part's own mark
        # its successor: an accident of handlebars.js that templates rely on without knowing.
        ending = close if place < 2 else section.tag
        if ending.trim_before:
            target = (following or section).body
            _cut_end(target, len(target) - 1, whole=True)


def _tidy_else(section: Section, following: Section) -> None:
    if following.tag.trim_before:
        _cut_end(section.body, len(section.body) - 1, whole=True)
    if following.tag.trim_after:
        _cut_start(following.body, 0, whole=True)
    if _ends_line(section.body, len(section.body) - 1, False) and _starts_line(following.body, 0, False):
        _cut_end(section.body, len(section.body) - 1)
        _cut_start(following.body, 0)


def _ends_line(body: list[Draft], index: int, is_root: bool) -> bool:
    """Does the node before a tag leave the tag first on its line? Also true at the very start of the template."""
    if index < 0:
        return is_root
    node = body[index]
    if not isinstance(node, DraftText):
        return False
    kept = len(node.original.rstrip(SPACE))
    return "\n" in node.original[kept:] or (is_root and index == 0 and kept == 0)


def _starts_line(body: list[Draft], index: int, is_root: bool) -> bool:
    """Does the node behind a tag leave the tag last on its line? Also true at the very end of the template."""
    if index >= len(body):
        return is_root
    node = body[index]
    if not isinstance(node, DraftText):
        return False
    blank = len(node.original) - len(node.original.lstrip(SPACE))
    return "\n" in node.original[:blank] or (is_root and index == len(body) - 1 and blank == len(node.original))


def _cut_start(body: list[Draft], index: int, *, whole: bool = False) -> None:
    """Drop whitespace at the start of a text: all of it, or the rest of the line."""
    node = body[index] if index < len(body) else None
    if isinstance(node, DraftText):
        match = _LINE_START.match(node.value)
        assert match is not None  # it matches the empty text too
        node.value = node.value.lstrip(SPACE) if whole else node.value[match.end() :]


def _cut_end(body: list[Draft], index: int, *, whole: bool = False) -> bool:
    """Drop whitespace at the end of a text: all of it, or the indentation. Answers whether there was any."""
    node = body[index] if index >= 0 else None
    if not isinstance(node, DraftText):
        return False
    before = node.value
    node.value = before.rstrip(SPACE if whole else " \t")
    return node.value != before
