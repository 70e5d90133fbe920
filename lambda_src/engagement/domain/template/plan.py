"""The tree of a template with every name resolved: what the interpreter walks and the generator turns into Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from engagement.domain.template.helper_table import Helper
from engagement.domain.template.syntax import Scalar


@dataclass(frozen=True, slots=True)
class Constant:
    value: Scalar


@dataclass(frozen=True, slots=True)
class Variable:
    """A path from the root, or from the context ``depth`` levels up.

    ``default_keys`` are the names under which DefaultSubstitutions may hold it; ``bare`` is the source text of a bare
    word, which stands for itself when nothing is found.
    """

    root: bool
    depth: int
    parts: tuple[str, ...]
    default_keys: tuple[str, ...] = ()
    bare: str | None = None


LoopName = OneOf["index", "key", "first", "last"]
BranchKind = OneOf["truth", "each", "with", "section"]


@dataclass(frozen=True, slots=True)
class LoopValue:
    name: LoopName
    up: int


@dataclass(frozen=True, slots=True)
class BlockValue:
    """A block parameter; every parameter of a template has its own slot."""

    slot: int
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HelperCall:
    helper: Helper
    arguments: tuple[Value, ...]
    options: tuple[tuple[str, Value], ...]
    at: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A condition helper with ``yes=`` or ``no=``."""

    test: HelperCall
    yes: Value
    no: Value


Value = Constant | Variable | LoopValue | BlockValue | HelperCall | Choice


@dataclass(frozen=True, slots=True)
class Static:
    text: str


@dataclass(frozen=True, slots=True)
class Print:
    value: Value
    escape: bool


@dataclass(frozen=True, slots=True)
class Branch:
    """``truth`` keeps the context; ``each``, ``with`` and ``section`` (``{{#name}}``) change it."""

    kind: BranchKind
    value: Value
    body: Body
    negated: bool = False
    slots: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    branches: tuple[Branch, ...]
    otherwise: Body


@dataclass(frozen=True, slots=True)
class PartialChoice:
    """A partial's body as it stands at this place; ``home`` is the nesting level of the body that declares it."""

    name: str
    body: Body
    home: int


@dataclass(frozen=True, slots=True)
class PartialCall:
    """``name`` is None when the partial is known at compile time; then there is one choice."""

    name: Value | None
    choices: tuple[PartialChoice, ...]
    context: Value | None
    options: tuple[tuple[str, Value], ...]
    indent: str
    at: int


Statement = Static | Print | Block | PartialCall


@dataclass(frozen=True, slots=True)
class Body:
    """``tags`` counts all tags in the body and below it."""

    statements: tuple[Statement, ...]
    tags: int
