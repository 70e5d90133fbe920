"""The tree of a template as it is written. ``at`` is the offset in the source of what a node came from."""

from __future__ import annotations

from dataclasses import dataclass

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Literal:
    value: Scalar
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Path:
    """``../a.[b c].d`` has depth 1, three parts; ``@index`` is a data path; ``scoped`` starts at this or a dot."""

    parts: tuple[str, ...]
    depth: int
    data: bool
    scoped: bool
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A name with what follows it; without arguments it may be a value or a helper, which ``binding`` decides."""

    head: Path | Literal
    arguments: tuple[Argument, ...]
    options: tuple[tuple[str, Argument], ...]
    at: int
    block_params: tuple[str, ...] = ()


Argument = Literal | Path | Call


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Output:
    call: Call
    raw: bool


@dataclass(frozen=True, slots=True)
class Partial:
    name: Path | Literal | Call
    arguments: tuple[Argument, ...]
    options: tuple[tuple[str, Argument], ...]
    indent: str
    at: int


@dataclass(frozen=True, slots=True)
class Branch:
    """``{{#call}} body`` or ``{{else call}} body``. A ``{{^call}} a {{else}} b`` is kept as its mirror image."""

    call: Call
    body: Program


@dataclass(frozen=True, slots=True)
class Block:
    """Branches are tried in order; ``otherwise`` is the last ``{{else}}``."""

    branches: tuple[Branch, ...]
    otherwise: Program


@dataclass(frozen=True, slots=True)
class Program:
    """Statements in order, and the inline partials declared among them (seen by all of the program)."""

    statements: tuple[Statement, ...]
    partials: tuple[tuple[str, Program], ...] = ()


Statement = Text | Output | Partial | Block
EMPTY = Program(())
