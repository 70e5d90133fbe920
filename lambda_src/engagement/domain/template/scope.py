"""What is known about names at a place of a template while it is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from engagement.domain.template.syntax import Program

Base = tuple[str, ...] | None  # the path from the root, "*" for an item of a list; None when it is not known
RECOMMENDATIONS = "Recommendations"


class EscapePolicy(Enum):
    """What is escaped in the HTML part (text parts and subjects never are).

    TRUSTED: everything but ``Recommendations.*`` and triple braces. PINPOINT: nothing, as Pinpoint had it.
    STRICT: everything, triple braces too.
    """

    TRUSTED = "trusted"
    PINPOINT = "pinpoint"
    STRICT = "strict"

    def escapes(self, base: Base, raw: bool) -> bool:
        """Must a value that comes from ``base`` be escaped, when the template says ``raw`` or not?"""
        if self is EscapePolicy.TRUSTED:
            return not raw and not (base is not None and len(base) > 1 and base[0] == RECOMMENDATIONS)
        return self is EscapePolicy.STRICT


@dataclass(frozen=True)
class Scope:
    """A context: where it comes from, and what encloses it. ``hidden`` are names that a partial's options replace."""

    base: Base
    outer: Scope | None = None
    hidden: frozenset[str] = frozenset()

    def up(self, depth: int) -> Scope | None:
        scope: Scope | None = self
        for _ in range(depth):
            scope = scope.outer if scope else None
        return scope

    def path(self, parts: tuple[str, ...]) -> Base:
        if self.base is None or (parts and parts[0] in self.hidden):
            return None
        return self.base + parts


@dataclass(frozen=True)
class InlinePartial:
    """A declared partial, the nesting level of the body that declares it and the scope around that body."""

    program: Program
    home: int
    outer: Scope | None


@dataclass(frozen=True)
class Place:
    """Everything that a name can mean here."""

    scope: Scope
    outer: Scope | None = None
    slots: Mapping[str, tuple[int, Base]] = field(default_factory=dict)
    partials: Mapping[str, InlinePartial] = field(default_factory=dict)
    expanding: tuple[Program, ...] = ()
    nest: int = 0

    def is_expanding(self, program: Program) -> bool:
        """Are we inside this very partial? Another one of the same name may be declared further in."""
        return any(running is program for running in self.expanding)

    def inside(self, scope: Scope | None = None, slots: Mapping[str, tuple[int, Base]] | None = None) -> Place:
        """The place inside a block's body."""
        return replace(
            self,
            scope=scope or self.scope,
            outer=self.scope,
            slots={**self.slots, **slots} if slots else self.slots,
            nest=self.nest + 1,
        )
