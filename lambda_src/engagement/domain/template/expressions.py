"""Read the words of one tag: a call with arguments, options and block parameters."""

from __future__ import annotations

from collections.abc import Sequence

from engagement.domain.template.errors import Source
from engagement.domain.template.limits import MAX_DEPTH, MAX_DIGITS, MAX_PATH
from engagement.domain.template.scanner import Word
from engagement.domain.template.syntax import Argument, Call, Literal, Path

_CONSTANTS = {"true": True, "false": False, "null": None, "undefined": None}


class Words:
    """The words of one tag with a place to read at."""

    def __init__(self, source: Source, words: Sequence[Word], start: int) -> None:
        self.source, self.words, self.start, self.next = source, words, start, 0

    def peek(self, ahead: int = 0) -> str:
        """The kind of a word to come, empty behind the last one."""
        index = self.next + ahead
        return self.words[index].kind if index < len(self.words) else ""

    def take(self) -> Word:
        self.next += 1
        return self.words[self.next - 1]

    def at(self) -> int:
        return self.words[self.next].at if self.next < len(self.words) else self.start

    def unexpected(self, wanted: str) -> Exception:
        if self.next < len(self.words):
            return self.source.error(self.at(), f"unexpected {self.words[self.next].text!r} here; expected {wanted}")
        return self.source.error(self.start, f"the tag ends too early; expected {wanted}")


def read_call(words: Words, *, block: bool = False) -> Call:
    """All words of a tag as one call. Raises TemplateError for words that are left over."""
    at = words.at()
    head = _value(words)
    arguments, options = read_arguments(words, 0)
    params = _block_params(words) if block else ()
    if words.peek():
        raise words.unexpected("a value, an option as name=value or the end of the tag")
    return Call(head, arguments, options, at, params)


def read_arguments(words: Words, depth: int) -> tuple[tuple[Argument, ...], tuple[tuple[str, Argument], ...]]:
    arguments: list[Argument] = []
    options: dict[str, Argument] = {}
    while words.peek() not in ("", "close", "as", "pipe"):
        if words.peek() in ("name", "segment") and words.peek(1) == "equals":
            name = words.take().text
            words.take()
            options[name] = read_argument(words, depth)
        elif options:
            raise words.unexpected("an option as name=value: values without a name come before the options")
        else:
            arguments.append(read_argument(words, depth))
    return tuple(arguments), tuple(options.items())


def read_argument(words: Words, depth: int) -> Argument:
    """A value or ``(a call)``."""
    if words.peek() != "open":
        return _value(words)
    at = words.at()
    if depth >= MAX_DEPTH:
        raise words.source.error(at, f"more than {MAX_DEPTH} expressions inside each other; use fewer parentheses")
    words.take()
    head = _value(words)
    arguments, options = read_arguments(words, depth + 1)
    if words.peek() != "close":
        raise words.source.error(at, "the parenthesis ( is not closed; end it with )")
    words.take()
    return Call(head, arguments, options, at)


def _block_params(words: Words) -> tuple[str, ...]:
    if words.peek() != "as":
        return ()
    words.take()
    names = []
    while words.peek() == "name":
        names.append(words.take().text)
    if words.peek() != "pipe" or not names:
        raise words.unexpected("names between two bars, as in: as |item index|")
    words.take()
    return tuple(names)


def _value(words: Words) -> Path | Literal:
    kind, at = words.peek(), words.at()
    if kind == "string":
        text = words.take().text
        return Literal(text, text, at)
    if kind == "number":
        text = words.take().text
        if len(text) > MAX_DIGITS:
            raise words.source.error(at, f"the number has more than {MAX_DIGITS} digits; put it in quotes")
        return Literal(float(text) if "." in text else int(text), text, at)
    if kind == "constant":
        text = words.take().text
        return Literal(_CONSTANTS[text], text, at)
    if kind in ("name", "segment", "data"):
        return _path(words)
    raise words.unexpected("a name or a value")


def _path(words: Words) -> Path:
    at, data = words.at(), words.peek() == "data"
    if data:
        words.take()
    parts: list[str] = []
    depth, text, scoped = 0, "@" if data else "", False
    while True:
        if words.peek() not in ("name", "segment"):
            raise words.unexpected("a name (an index is written in brackets: list.[0])")
        word = words.take()
        text += word.text
        if len(parts) + depth >= MAX_PATH:
            raise words.source.error(at, f"the path has more than {MAX_PATH} names; write what is that deep otherwise")
        if word.kind == "name" and word.text in ("..", ".", "this"):
            if parts:
                raise words.source.error(at, f"{word.text!r} can stand only at the start of a path; see {text!r}")
            depth += word.text == ".."
            scoped = True
        else:
            parts.append(word.text)
        if words.peek() != "separator":
            return Path(tuple(parts), depth, data, scoped, text, at)
        text += words.take().text
