"""Cut a template into text and tags, and a tag into words. One pass, never back: linear in the length of the source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from engagement.domain.template.errors import Source

# What JavaScript's \s matches, which is not quite what Python's does.
SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_SPACES = "[" + SPACE + "]*"
_NAME = "[^" + SPACE + r"!\"#%&'()*+,./;<=>@\[\\\]^`{|}~]+"

TagKind = Literal[
    "output",
    "unescaped",
    "block",
    "inline",
    "inverted",
    "else",
    "else_block",
    "close",
    "partial",
    "comment",
    "raw_block",
]
WordKind = Literal[
    "name", "segment", "separator", "string", "number", "constant", "open", "close", "equals", "data", "as", "pipe"
]


@dataclass(frozen=True, slots=True)
class Word:
    """One token inside a tag; ``text`` is a name, a literal as written, or a string without its quotes."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class TextPiece:
    text: str


@dataclass(frozen=True, slots=True)
class Tag:
    """``{{...}}`` of any kind. ``trim_before`` and ``trim_after`` are its ``~`` marks; ``text`` holds a raw block."""

    kind: TagKind
    at: int
    words: tuple[Word, ...] = ()
    trim_before: bool = False
    trim_after: bool = False
    text: str = ""


_OPENING = re.compile(
    r"\{\{(?:(?P<raw_block>\{\{)|(?P<trim>~?)(?:"
    r"(?P<partial_block>\#>)|(?P<inline>\#\*)|(?P<block>\#)|(?P<partial>>)|(?P<close>/)"
    rf"|(?P<hat>\^{_SPACES}~?\}}\}})|(?P<inverted>\^)"
    rf"|(?P<otherwise>{_SPACES}else{_SPACES}~?\}}\}})|(?P<else_block>{_SPACES}else(?=[{SPACE}]))"
    r"|(?P<unescaped>\{)|(?P<plain>&)|(?P<comment>!)|(?P<decorator>\*)|(?P<output>)))"
)
_WORD = re.compile(
    rf"(?P<space>[{SPACE}]+)|(?P<open>\()|(?P<close>\))|(?P<end>\}}\}}\}}\}}|\}}~?\}}\}}|~?\}}\}})|(?P<equals>=)"
    rf"|(?P<name>\.\.|\.(?=[=~}}{SPACE}/.)|]))|(?P<separator>[/.])"
    r"|\"(?P<double>(?:\\\"|[^\"])*)\"|'(?P<single>(?:\\'|[^'])*)'|(?P<data>@)"
    rf"|(?P<constant>(?:true|false|undefined|null)(?=[~}}{SPACE})\]]))"
    rf"|(?P<number>-?[0-9]+(?:\.[0-9]+)?(?=[~}}{SPACE})\]]))|(?P<as>as[{SPACE}]+\|)|(?P<pipe>\|)"
    rf"|(?P<id>{_NAME}(?=[=~}}{SPACE}/.)|\]]))|\[(?P<segment>(?:\\\]|[^\]])*)\]"
)
_RAW_NAME = re.compile(_NAME)


def scan(source: Source) -> Iterator[TextPiece | Tag]:
    """The pieces of a template in order. Raises TemplateError where a tag is not well formed."""
    text, position = source.text, 0
    while position < len(text):
        start = text.find("{{", position)
        if start < 0:
            yield TextPiece(text[position:])
            return
        literal = text[position:start]
        if literal.endswith("\\") and not literal.endswith("\\\\"):
            if literal != "\\":
                yield TextPiece(literal[:-1])
            position = _end_of_escaped(text, start)
            yield TextPiece(text[start:position])
            continue
        if literal.endswith("\\\\"):
            literal = literal[:-1]
        if literal:
            yield TextPiece(literal)
        tag, position = _scan_tag(source, start)
        yield tag


def _end_of_escaped(text: str, start: int) -> int:
    """``\\{{`` makes text of what follows, up to the next ``{{`` with the (at most two) backslashes before it."""
    following = text.find("{{", start + 2)
    if following < 0:
        return len(text)
    for _ in range(2):
        if following > start + 2 and text[following - 1] == "\\":
            following -= 1
    return following


def _scan_tag(source: Source, start: int) -> tuple[Tag, int]:
    opening = _OPENING.match(source.text, start)
    assert opening is not None and opening.lastgroup is not None  # the last alternative is empty
    kind, trim, inside = opening.lastgroup, opening["trim"] == "~", opening.end()
    if kind in ("hat", "otherwise"):
        return Tag("else", start, (), trim, source.text[inside - 3] == "~"), inside
    if kind == "comment":
        return _scan_comment(source, start, inside, trim)
    if kind == "partial_block":
        raise source.error(start, "partial blocks {{#> name}} are not part of this language; write {{> name}}")
    if kind == "decorator":
        raise source.error(start, 'the only decorator is {{#* inline "name"}} ... {{/inline}}')
    words, closing, end = _scan_words(source, start, inside)
    _check_closing(source, kind, closing, start, end)
    if kind == "raw_block":
        raw, end = _raw_text(source, start, end, words)
        return Tag("raw_block", start, tuple(words), text=raw), end
    kinds: dict[str, TagKind] = {"plain": "unescaped", "unescaped": "unescaped", "output": "output", "block": "block"}
    kinds |= {"inline": "inline", "partial": "partial", "close": "close", "inverted": "inverted"}
    kinds["else_block"] = "else_block"
    return Tag(kinds[kind], start, tuple(words), trim, "~" in closing), end


def _scan_comment(source: Source, start: int, inside: int, trim: bool) -> tuple[Tag, int]:
    text = source.text
    if text.startswith("--", inside):
        position = text.find("--", inside)
        while position >= 0:
            closing = re.compile("--~?}}").match(text, position)
            if closing:
                return Tag("comment", start, (), trim, text[closing.end() - 3] == "~"), closing.end()
            position = text.find("--", position + 1)
        raise source.error(start, "the comment {{!-- is not closed; end it with --}}")
    end = text.find("}}", inside)
    if end < 0:
        raise source.error(start, "the comment {{! is not closed; end it with }}")
    return Tag("comment", start, (), trim, text[end - 1] == "~"), end + 2


def _scan_words(source: Source, start: int, position: int) -> tuple[list[Word], str, int]:
    words: list[Word] = []
    while True:
        match = _WORD.match(source.text, position)
        if match is None:
            raise _bad_word(source, start, position)
        kind, at, position = match.lastgroup, match.start(), match.end()
        if kind == "end":
            return words, match[0], position
        if kind == "double":
            words.append(Word("string", match["double"].replace('\\"', '"'), at))
        elif kind == "single":
            words.append(Word("string", match["single"].replace("\\'", "'"), at))
        elif kind == "segment":
            words.append(Word("segment", re.sub(r"\\([\\\]])", r"\1", match["segment"]), at))
        elif kind == "id":
            words.append(Word("name", match["id"], at))
        elif kind != "space":
            assert kind is not None
            words.append(Word(kind, match[0], at))


def _bad_word(source: Source, start: int, position: int) -> Exception:
    rest = source.text[position : position + 1]
    if rest and rest in "\"'":
        return source.error(position, f"the text that starts with {rest} is not closed; end it with {rest}")
    if rest == "[":
        return source.error(position, "the name that starts with [ is not closed; end it with ]")
    if source.text.find("}}", position) < 0:
        return source.error(start, "the tag is not closed; end it with }}")
    return source.error(
        position, f"unexpected {rest!r} inside a tag; put texts in quotes and names with other signs in [brackets]"
    )


def _check_closing(source: Source, kind: str, closing: str, start: int, end: int) -> None:
    braces = closing.replace("~", "")
    wanted = {"raw_block": "}}}}", "unescaped": "}}}"}.get(kind, "}}")
    if braces != wanted:
        opened = {"raw_block": "{{{{", "unescaped": "{{{"}.get(kind, "{{")
        raise source.error(
            end - len(closing), f"{closing} does not close {opened}; write {wanted} (a brace of your own needs a space)"
        )


def _raw_text(source: Source, start: int, position: int, words: list[Word]) -> tuple[str, int]:
    """The text up to the ``{{{{/name}}}}`` that closes this raw block; raw blocks inside it stay text."""
    text, begin, depth = source.text, position, 1
    while (position := text.find("{{{{", position)) >= 0:
        name = _RAW_NAME.match(text, position + 5) if text.startswith("/", position + 4) else None
        if name and text.startswith("}}}}", name.end()):
            depth -= 1
            if depth == 0:
                if not words or name[0] != words[0].text:
                    raise source.error(
                        position, f"{{{{{{{{/{name[0]}}}}}}}}} closes another raw block than the open one"
                    )
                return text[begin:position], name.end() + 4
            position = name.end() + 4
        else:
            depth += not text.startswith("/", position + 4)
            position += 4
    raise source.error(start, "the raw block is not closed; end it with {{{{/name}}}}")
