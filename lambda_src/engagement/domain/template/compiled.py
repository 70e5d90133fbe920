"""Compile a template once, render it often."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

from engagement.domain.template import plan
from engagement.domain.template.binding import Binder
from engagement.domain.template.code_runtime import generated
from engagement.domain.template.errors import HelperRefused, Source
from engagement.domain.template.helper_table import Comparing
from engagement.domain.template.interpreter import Defaults, Interpreter
from engagement.domain.template.limits import EACH_LIMIT
from engagement.domain.template.parser import parse
from engagement.domain.template.scope import EscapePolicy
from engagement.domain.template.value_binding import without_index
from engagement.domain.template.values import TooBig

Part = Literal["html", "text", "subject"]
Rendering = Callable[[dict[str, Any], Defaults, datetime], str]
MAX_CACHED = 128
HOT_AFTER = 3  # generating code costs about as much as interpreting a template some ten times


@dataclass(frozen=True)
class Options:
    """``each_limit`` is Pinpoint's 15 items a loop, None for no limit; ``comparing`` "lexical" is Java's order."""

    each_limit: int | None = EACH_LIMIT
    comparing: Comparing = "numeric"

    @classmethod
    def of_settings(cls, each_limit: str, comparing: str) -> Options:
        """From an environment: "15" ("0" for no limit), "numeric" or "lexical". Raises ValueError that says what is wrong."""
        if comparing not in get_args(Comparing):
            raise ValueError(f"comparing must be one of {', '.join(get_args(Comparing))}, not {comparing!r}")
        if not each_limit.isdecimal():
            raise ValueError(f"each_limit must be a number of items, 0 for all, not {each_limit!r}")
        return cls(int(each_limit) or None, cast(Comparing, comparing))


USUAL = Options()


class CompiledTemplate:
    """A template that compiled. Immutable to its users, safe to share between threads."""

    def __init__(self, source: Source, body: plan.Body, paths: frozenset[str], options: Options) -> None:
        self.paths = paths
        self._source, self._body, self._options = source, body, options
        self._generated: Rendering | None = None
        self._renders = 0

    def render(
        self, context: Mapping[str, Any], defaults: Mapping[str, str] | None = None, *, now: datetime | None = None
    ) -> str:
        """The text for one recipient.

        ``context`` is the endpoint in Pinpoint's names, ``defaults`` the template's DefaultSubstitutions, ``now`` what
        ``{{now}}`` prints. Raises RenderError when a helper refuses a value or a limit is passed.
        """
        if self._generated is None and self._renders < HOT_AFTER:
            self._renders += 1
            return self.interpret(context, defaults, now=now)
        return self.run_generated(context, defaults, now=now)

    def interpret(
        self, context: Mapping[str, Any], defaults: Mapping[str, str] | None = None, *, now: datetime | None = None
    ) -> str:
        """As ``render``, by walking the tree: the oracle of the generated code."""
        root = context if isinstance(context, dict) else dict(context)
        found = _Defaults(defaults)
        return Interpreter(self._source, root, found, _moment(now), self._options.each_limit).render(self._body)

    def run_generated(
        self, context: Mapping[str, Any], defaults: Mapping[str, str] | None = None, *, now: datetime | None = None
    ) -> str:
        """As ``render``, by generated code; what it refuses the interpreter renders, or refuses with line and column."""
        if self._generated is None:
            self._generated = generated(self._body, self._options.each_limit) or _cannot
        root = context if isinstance(context, dict) else dict(context)
        try:
            return self._generated(root, _Defaults(defaults), _moment(now))
        except (TooBig, HelperRefused):
            return self.interpret(context, defaults, now=now)


def _cannot(root: dict[str, Any], defaults: Defaults, moment: datetime) -> str:
    """Stands for the generated code of a template that has none."""
    raise TooBig


def _moment(now: datetime | None) -> datetime:
    """A caller that forgets ``now`` must not lose a mail over it."""
    return now or datetime.now(UTC)


class _Defaults:
    """DefaultSubstitutions, looked up without brackets and ``.[0]``; read only when a value is missing."""

    def __init__(self, defaults: Mapping[str, str] | None) -> None:
        self._given = defaults
        self._by_path: dict[str, str] | None = None

    def __call__(self, keys: tuple[str, ...]) -> str | None:
        if not self._given:
            return None
        if self._by_path is None:
            self._by_path = {_plain_path(name): value for name, value in self._given.items()}
        return next((self._by_path[key] for key in keys if key in self._by_path), None)


def _plain_path(name: str) -> str:
    parts = tuple(part[1:-1] if part[:1] == "[" and part[-1:] == "]" else part for part in name.split("."))
    return ".".join(without_index(parts))


@dataclass
class _Cache:
    """The templates used last. Bounded: a long-lived Lambda container meets many."""

    limit: int
    entries: OrderedDict[tuple[object, ...], CompiledTemplate] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: tuple[object, ...]) -> CompiledTemplate | None:
        with self.lock:
            if key in self.entries:
                self.entries.move_to_end(key)
            return self.entries.get(key)

    def put(self, key: tuple[object, ...], template: CompiledTemplate) -> None:
        with self.lock:
            self.entries[key] = template
            while len(self.entries) > self.limit:
                self.entries.popitem(last=False)


_CACHE = _Cache(MAX_CACHED)


def compile_template(
    source: str,
    *,
    part: Part,
    escape: EscapePolicy = EscapePolicy.TRUSTED,
    options: Options = USUAL,
) -> CompiledTemplate:
    """Compile a template of one part of a message; the same again comes from a cache.

    Raises TemplateError with line and column when it breaks a rule.
    """
    key = (hashlib.sha256(source.encode("utf-8", "surrogatepass")).digest(), part, escape, options)
    found = _CACHE.get(key)
    if found is None:
        found = _compile(source, part, escape, options)
        _CACHE.put(key, found)
    return found


def _compile(text: str, part: Part, policy: EscapePolicy, options: Options) -> CompiledTemplate:
    source = Source(text)
    binder = Binder(source, escaping=part == "html", policy=policy, comparing=options.comparing)
    body = binder.template(parse(source))
    return CompiledTemplate(source, body, frozenset(binder.values.paths), options)
