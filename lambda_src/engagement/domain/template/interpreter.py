"""Walk the tree and print: slow, plain, exact. The oracle of the generated code, and what runs until a template is hot.

Limits are counted here exactly: a step for every tag that is worked on, and every character that is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engagement.domain.template import plan
from engagement.domain.template.errors import HelperRefused, RenderError, Source
from engagement.domain.template.limits import MAX_OUTPUT, MAX_STEPS
from engagement.domain.template.values import descend, escape, is_empty, rows, same, text, truth

Depths = tuple[Any, Any] | None  # (context, what encloses it)
Defaults = Callable[[tuple[str, ...]], str | None]


@dataclass(frozen=True, slots=True)
class Loop:
    """Where a loop stands; ``outer`` is the loop around it."""

    index: int
    key: Any
    last: bool
    outer: Loop | None


@dataclass(frozen=True, slots=True)
class Spot:
    """What a statement sees. ``outers`` holds, for each nesting level, what enclosed the body before it began."""

    context: Any
    depths: Depths
    outers: tuple[Depths, ...] = (None,)
    loop: Loop | None = None
    slots: Mapping[int, Any] | None = None


class Interpreter:
    """Renders one template with one set of data."""

    def __init__(
        self, source: Source, root: Mapping[str, Any], defaults: Defaults, moment: datetime, each_limit: int | None
    ) -> None:
        self._source, self._root, self._defaults = source, root, defaults
        self._moment, self._each_limit = moment, each_limit
        self._steps = 0
        self._printed = 0

    def render(self, body: plan.Body) -> str:
        """Raises RenderError when a helper refuses a value or a limit is passed."""
        return self._body(body, Spot(self._root, (self._root, None)))

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise RenderError(f"the template takes more than {MAX_STEPS:,} steps with this data; loop over less")

    def _body(self, body: plan.Body, spot: Spot) -> str:
        return "".join([self._statement(statement, spot) for statement in body.statements])

    def _statement(self, statement: plan.Statement, spot: Spot) -> str:
        if isinstance(statement, plan.Static):
            self._count(statement.text)
            return statement.text
        if isinstance(statement, plan.Print):
            self._step()
            printed = text(self._value(statement.value, spot))
            printed = escape(printed) if statement.escape else printed
            self._count(printed)
            return printed
        if isinstance(statement, plan.Block):
            return self._block(statement, spot)
        self._step()
        return self._partial(statement, spot)

    def _count(self, printed: str, already: int = 0) -> None:
        self._printed += len(printed) - already
        if self._printed > MAX_OUTPUT:
            raise RenderError(f"the result has more than {MAX_OUTPUT:,} characters; use shorter values or fewer")

    # ------------------------------------------------------------------ blocks
    def _block(self, block: plan.Block, spot: Spot) -> str:
        for branch in block.branches:
            self._step()
            printed = self._branch(branch, spot)
            if printed is not None:
                return printed
        return self._body(block.otherwise, self._inside(spot))

    def _inside(self, spot: Spot) -> Spot:
        return replace(spot, outers=(*spot.outers, spot.depths))

    def _branch(self, branch: plan.Branch, spot: Spot) -> str | None:
        """The body's text, or None when this branch does not apply."""
        value = self._value(branch.value, spot)
        if branch.kind == "truth":
            return self._body(branch.body, self._inside(spot)) if truth(value) != branch.negated else None
        inside = self._inside(spot)
        if branch.kind == "with":
            return None if is_empty(value) else self._enter(branch, inside, value, None)
        if branch.kind == "each" or isinstance(value, list):
            return self._each(branch, inside, value)
        if value is None or value is False:
            return None
        return self._enter(branch, inside, spot.context if value is True else value, None, give_slots=False)

    def _each(self, branch: plan.Branch, spot: Spot, value: Any) -> str | None:
        found = rows(value, self._each_limit)
        if found is None:
            return None
        values, keys = found
        printed = []
        for index, (item, key) in enumerate(zip(values, keys)):
            self._step()
            printed.append(self._enter(branch, spot, item, Loop(index, key, index == len(values) - 1, spot.loop)))
        return "".join(printed)

    def _enter(self, branch: plan.Branch, spot: Spot, context: Any, loop: Loop | None, give_slots: bool = True) -> str:
        slots = spot.slots
        if branch.slots:
            given = (context, loop.key if loop else None) if give_slots else (None, None)
            slots = {**(slots or {}), **dict(zip(branch.slots, given))}
        depths = self._push(context, spot.depths)
        return self._body(
            branch.body, replace(spot, context=context, depths=depths, loop=loop or spot.loop, slots=slots)
        )

    def _push(self, context: Any, depths: Depths) -> Depths:
        return depths if depths is not None and same(context, depths[0]) else (context, depths)

    # ------------------------------------------------------------------ partials
    def _partial(self, call: plan.PartialCall, spot: Spot) -> str:
        choice = self._choose(call, spot)
        context = spot.context if call.context is None else self._value(call.context, spot)
        if call.options:
            given = {name: self._value(value, spot) for name, value in call.options}
            context = {**(context if isinstance(context, dict) else {}), **given}
        outer = spot.outers[choice.home]
        inside = Spot(context, self._push(context, outer), (*spot.outers, outer), spot.loop)
        printed = self._body(choice.body, inside)
        if not call.indent:
            return printed
        indented = indent(printed, call.indent)
        self._count(indented, already=len(printed))
        return indented

    def _choose(self, call: plan.PartialCall, spot: Spot) -> plan.PartialChoice:
        if call.name is None:
            return call.choices[0]
        wanted = text(self._value(call.name, spot))
        for choice in call.choices:
            if choice.name == wanted:
                return choice
        raise self._refused(call.at, "the name of the partial is not one that is declared here and not running already")

    # ------------------------------------------------------------------ values
    def _value(self, value: plan.Value, spot: Spot) -> Any:
        if isinstance(value, plan.Constant):
            return value.value
        if isinstance(value, plan.Variable):
            return self._variable(value, spot)
        if isinstance(value, plan.LoopValue):
            return self._loop_value(value, spot.loop)
        if isinstance(value, plan.BlockValue):
            return descend((spot.slots or {}).get(value.slot), value.parts)
        if isinstance(value, plan.Choice):
            return self._value(value.yes if self._value(value.test, spot) else value.no, spot)
        return self._call(value, spot)

    def _variable(self, variable: plan.Variable, spot: Spot) -> Any:
        if variable.root:
            found = descend(self._root, variable.parts)
        elif variable.depth == 0:
            found = descend(spot.context, variable.parts)
        else:
            depths = spot.depths
            for _ in range(variable.depth):
                depths = depths[1] if depths else None
            found = descend(depths[0], variable.parts) if depths else None
        if (found is None or found == []) and variable.default_keys:
            found = found if (default := self._defaults(variable.default_keys)) is None else default
        return variable.bare if found is None else found

    def _loop_value(self, value: plan.LoopValue, loop: Loop | None) -> Any:
        for _ in range(value.up):
            loop = loop.outer if loop else None
        if loop is None:
            return None
        if value.name == "first":
            return loop.index == 0
        return {"index": loop.index, "key": loop.key, "last": loop.last}[value.name]

    def _call(self, call: plan.HelperCall, spot: Spot) -> Any:
        arguments = [self._value(argument, spot) for argument in call.arguments]
        options = {name: self._value(option, spot) for name, option in call.options}
        if call.helper.needs_moment:
            options["moment"] = self._moment
        try:
            return call.helper.function(*arguments, **options)
        except HelperRefused as refused:
            raise self._refused(call.at, f"{call.helper.name}: {refused}") from None

    def _refused(self, at: int, reason: str) -> RenderError:
        line, column = self._source.place(at)
        return RenderError(f"line {line}, column {column}: {reason}")


def indent(printed: str, spaces: str) -> str:
    """Every line with ``spaces`` before it, as a partial that stands alone on an indented line prints."""
    lines = printed.split("\n")
    last = lines.pop()
    return "".join([f"{spaces}{line}\n" for line in lines]) + (spaces + last if last else "")
