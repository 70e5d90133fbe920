"""Functions of generated code while they are written: which values they look up once, and which they are handed.

A unit is one function. The context that it owns (the root, an item of a loop, what ``#with`` enters) has its paths
looked up once, at the top. Expressions are written with marks (NUL name NUL) in place of texts and results that may be
kept; how often each is needed is known only when the unit is complete, and decides what the mark becomes.
Names of data appear as repr() constants only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

_MARK = re.compile("\0([a-z]+[0-9]+)\0")
_NAME = re.compile(r"\b[a-z][0-9]+(?:_[0-9]+)?\b")
Parts = tuple[str, ...]


@dataclass
class Kept:
    """An expression that may be needed more than once. ``start`` is what its variable holds before it is known."""

    name: str
    expression: str
    start: Literal["''", "Q"]
    uses: int = 0
    certain: bool = False
    foreign: bool = False

    def eager(self) -> bool:
        """Worked out at the top: needed in another function, or surely needed and more than once."""
        return self.foreign or (self.certain and self.uses > 1 and self.start == "''")

    def written(self) -> str:
        if self.eager():
            return self.name
        if self.uses == 1:
            return self.expression
        test = self.name if self.start == "''" else f"{self.name} if {self.name} is not Q"
        joined = "or" if self.start == "''" else "else"
        return f"({test} {joined} ({self.name} := {self.expression}))"


@dataclass
class Unit:
    """One function. ``item`` names change with every round of its loop; ``parameters`` come from the unit around it."""

    name: str
    parent: Unit | None
    own: set[str]
    is_loop: bool = False
    parameters: dict[str, None] = field(default_factory=dict)
    head: list[str] = field(default_factory=list)
    item: list[str] = field(default_factory=list)
    contexts: list[Context] = field(default_factory=list)
    kept: dict[str, Kept] = field(default_factory=dict)

    def use(self, name: str) -> str:
        """Make a variable of this or an outer unit available here."""
        if name not in self.own and name not in self.parameters:
            assert self.parent is not None
            self.parameters[name] = None
            self.parent.use(name)
        return name

    def keep(self, kept: Kept, *, certain: bool) -> str:
        """The mark of an expression of this unit."""
        known = self.kept.setdefault(kept.expression, kept)
        self.own.add(known.name)
        known.uses += 1
        known.certain = known.certain or certain
        return f"\0{known.name}\0"

    def lines(self, answer: str) -> tuple[list[str], list[str], str]:
        """Lines before the loop, lines in each round, and the answer, all without marks."""
        before, each_round = list(self.head), list(self.item)
        for context in self.contexts:
            each_round += context.lookups()
        by_name = {kept.name: kept for kept in self.kept.values()}
        item_names = self._item_names(each_round)
        for kept in self.kept.values():
            if kept.eager():
                each_round.append(f"{kept.name} = {self._unmarked(kept.expression, by_name)}")
            elif kept.uses > 1:
                varies = self.is_loop and bool(item_names & set(_NAME.findall(kept.expression.replace("\0", " "))))
                (each_round if varies else before).append(f"{kept.name} = {kept.start}")
        return before, each_round, self._unmarked(answer, by_name)

    def _item_names(self, each_round: list[str]) -> set[str]:
        """Names whose value is of one round: what is assigned in it, the item itself, and texts made of these."""
        names = set(self.own) - {kept.name for kept in self.kept.values()}
        for line in each_round:
            names |= set(_NAME.findall(line.split("=")[0]))
        for kept in self.kept.values():
            if names & set(_NAME.findall(kept.expression.replace("\0", " "))):
                names.add(kept.name)
        return names

    def _unmarked(self, expression: str, by_name: dict[str, Kept]) -> str:
        while "\0" in expression:
            expression = _MARK.sub(lambda mark: by_name[mark[1]].written(), expression)
        return expression


@dataclass
class Context:
    """A context of generated code: its variable, the unit that owns it, and the paths that are looked up in it.

    ``above`` is the context that ``../`` reaches: known, known to be nothing (None), or to be asked when rendering
    ("asked"), because a block on the value it stands in adds no level.
    """

    variable: str
    unit: Unit
    above: Context | Literal["asked"] | None
    is_dict: bool = False
    outer: Context | None = None
    paths: dict[Parts, str] = field(default_factory=dict)
    defaulted: dict[tuple[Parts, Parts], str] = field(default_factory=dict)
    depths: str = ""
    shares: Context | None = None

    def value(self, parts: Parts, keys: Parts, fresh: str) -> str:
        """The variable of a path, with its defaults applied when it has any. ``fresh`` is a name not in use."""
        if self.shares is not None:
            return self.shares.value(parts, keys, fresh)
        if not parts:
            return self.variable
        for end in range(1, len(parts) + 1):
            known = self.paths.setdefault(parts[:end], f"{fresh}{end}")
            self.unit.own.add(known)
        if not keys:
            return self.paths[parts]
        name = self.defaulted.setdefault((parts, keys), f"{fresh}0")
        self.unit.own.add(name)
        return name

    def lookups(self) -> list[str]:
        """The lines that look all paths up."""
        lines = []
        if self.depths:
            above = "None" if self.outer is None else self.outer.depths
            lines.append(f"{self.depths} = G({self.variable}, {above})")
        by_parent: dict[Parts, list[Parts]] = {}
        for parts in self.paths:
            by_parent.setdefault(parts[:-1], []).append(parts)
        for parent in sorted(by_parent, key=len):
            lines += self._children(parent, by_parent[parent])
        for (parts, keys), name in self.defaulted.items():
            raw = self.paths[parts]
            self.unit.use("f0")
            lines.append(f"{name} = {raw} or B({raw}, {keys!r}, f0)")
        return lines

    def _children(self, parent: Parts, children: list[Parts]) -> list[str]:
        holder = self.paths[parent] if parent else self.variable
        got = [f"{self.paths[parts]} = {holder}.get({parts[-1]!r})" for parts in children]
        if not parent and self.is_dict:
            return got
        asked = [f"{self.paths[parts]} = A({holder}, {parts[-1]!r})" for parts in children]
        if all(parts[-1].isdecimal() for parts in children):
            return asked
        inner = [f"    {line}" for line in got]
        return [f"if T({holder}) is D:", *inner, "else:", *(f"    {line}" for line in asked)]


Above = Context | None | Literal["asked"]
