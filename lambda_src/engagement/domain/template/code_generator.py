"""Turn the plan of a template into Python source, for templates that render often.

The body of a function is one nested expression; static text is merged, paths are looked up once, texts are escaped once.
The source holds nothing of the template but repr() constants; helpers are called by numbers of our own.
Where this generator has no form for something it answers None, and the interpreter renders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from engagement.domain.template import plan
from engagement.domain.template.code_units import Above, Context, Kept, Unit
from engagement.domain.template.values import escape, text, truth

_MOST_LEVELS, _MOST_LINKS, _LONGEST_CHAIN = 6, 20, 2000


class NotGenerated(Exception):
    """The template has something that generated code has no form for."""


@dataclass(frozen=True)
class Place:
    """Where code is written: as the interpreter's Spot, at compile time. ``loops`` are units, or None for a section."""

    unit: Unit
    context: Context
    outers: tuple[Context | None, ...] = (None,)
    loops: tuple[Unit | None, ...] = ()
    certain: bool = True
    level: int = 0


@dataclass
class Code:
    """The generated source, and the helper functions that it calls by name."""

    source: str
    helpers: dict[str, Callable[..., Any]] = field(default_factory=dict)


class Generator:
    def __init__(self, each_limit: int | None) -> None:
        self._each_limit = each_limit
        self._count = 0
        self._functions: list[str] = []
        self._helpers: dict[str, str] = {}
        self._code = Code("")
        self._root = Context("c0", Unit("render", None, {"c0", "f0", "m0", "b0"}), None, is_dict=True)
        self._slots: dict[int, tuple[Context, bool] | str] = {}

    def generate(self, body: plan.Body) -> Code:
        """Source with a function ``render(c0, f0, m0, b0)``: data, defaults, moment, budget. Raises NotGenerated."""
        root = self._root.unit
        root.contexts.append(self._root)
        answer = self._body(body, Place(root, self._root))
        before, lines, answer = root.lines(answer)
        self._define("render(c0, f0, m0, b0)", [*before, *lines, f"return {answer}"])
        self._code.source = "\n".join(self._functions)
        return self._code

    def _fresh(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"

    def _define(self, head: str, lines: list[str]) -> None:
        self._functions.append("\n    ".join([f"def {head}:", *lines]))

    # ------------------------------------------------------------------ statements
    def _body(self, body: plan.Body, place: Place) -> str:
        """An expression that makes the body's text."""
        pieces: list[str] = []
        static = ""
        for statement in body.statements:
            piece: str | None = None
            if isinstance(statement, plan.Static):
                static += statement.text
            elif isinstance(statement, plan.Print) and isinstance(statement.value, plan.Constant):
                static += escape(text(statement.value.value)) if statement.escape else text(statement.value.value)
            else:
                piece = self._statement(statement, place)
            if piece is not None:
                pieces += [repr(static), piece] if static else [piece]
                static = ""
        if static or not pieces:
            pieces.append(repr(static))
        if len(pieces) == 1:
            return pieces[0]
        return f"({' + '.join(pieces)})" if len(pieces) < 5 else f"J([{', '.join(pieces)}])"

    def _statement(self, statement: plan.Statement, place: Place) -> str:
        if isinstance(statement, plan.Print):
            return self._print(statement, place)
        if isinstance(statement, plan.PartialCall):
            return self._partial(statement, place)
        assert isinstance(statement, plan.Block)
        if len(statement.branches) > _LONGEST_CHAIN:
            raise NotGenerated
        if place.level >= _MOST_LEVELS:
            return self._outlined(place, lambda inside: self._chain(statement.branches, statement.otherwise, inside))
        return self._chain(statement.branches, statement.otherwise, place)

    def _outlined(self, place: Place, write: Callable[[Place], str]) -> str:
        """In a function of its own: Python's parser takes only so many parentheses inside each other."""
        unit = Unit(self._fresh("u"), place.unit, set())
        before, lines, answer = unit.lines(write(replace(place, unit=unit, level=0, certain=True)))
        self._define(f"{unit.name}({', '.join(unit.parameters)})", [*before, *lines, f"return {answer}"])
        return f"{unit.name}({', '.join(unit.parameters)})"

    def _print(self, statement: plan.Print, place: Place) -> str:
        value = statement.value
        printer = "E" if statement.escape else "P"
        if isinstance(value, plan.LoopValue) and value.name == "index":
            index = self._loop_value(value, place)
            return "''" if index == "None" else f"I({index})"
        owner = self._owner(value, place)
        if owner is not None:
            expression = f"{printer}({self._value(value, place)})"
            return self._keep_text(expression, owner, place)
        written = f"{printer}({self._value(value, place)})"
        if not _is_pure(value):
            return written
        return place.unit.keep(Kept(self._fresh("t"), written, "''"), certain=False)

    def _keep_text(self, expression: str, owner: Unit, place: Place) -> str:
        mark = owner.keep(Kept(self._fresh("t"), expression, "''"), certain=place.certain and owner is place.unit)
        if owner is place.unit:
            return mark
        kept = owner.kept[expression]
        kept.foreign = True
        return place.unit.use(kept.name)

    def _owner(self, value: plan.Value, place: Place) -> Unit | None:
        """The unit whose context a plain path is in."""
        if isinstance(value, plan.Variable) and value.bare is None:
            context = self._context(value, place)
            return context.unit if isinstance(context, Context) else None
        if isinstance(value, plan.BlockValue):
            known = self._slots.get(value.slot)
            return known[0].unit if isinstance(known, tuple) and known[1] else None
        return None

    # ------------------------------------------------------------------ blocks
    def _chain(self, branches: tuple[plan.Branch, ...], otherwise: plan.Body, place: Place) -> str:
        written = [self._branch(branch, place) for branch in branches[:_MOST_LINKS]]
        maybe = replace(place, certain=False, level=place.level + 1, outers=(*place.outers, place.context))
        if len(branches) > _MOST_LINKS:
            rest = branches[_MOST_LINKS:]
            last = self._outlined(place, lambda inside: self._chain(rest, otherwise, inside))
        else:
            last = self._body(otherwise, maybe)
        return f"({' else '.join([*written, last])})"

    def _branch(self, branch: plan.Branch, place: Place) -> str:
        """``text if test``"""
        inside = replace(place, certain=False, level=place.level + 1, outers=(*place.outers, place.context))
        if branch.kind == "truth":
            test = self._truth(branch.value, place)
            return f"{self._body(branch.body, inside)} if {'not ' if branch.negated else ''}{test}"
        value = self._value(branch.value, place)
        name = self._fresh("r")
        place.unit.own.add(name)
        if branch.kind == "with":
            return f"{self._with(branch, name, inside)} if not M({name} := {value})"
        if branch.kind == "each":
            return f"{self._each(branch, name, inside)} if ({name} := R({value}, {self._each_limit!r}))"
        current = place.unit.use(place.context.variable)
        call = self._section(branch, name, inside)
        return f"{call} if ({name} := S({value}, {current}, {self._each_limit!r}))"

    def _entered(self, branch: plan.Branch, unit: Unit, inside: Place) -> Context:
        """The context of a block's body. Below the root a level is always added; elsewhere it depends on the data."""
        value = branch.value
        outer = inside.context
        whole = isinstance(value, plan.Variable) and not value.parts
        sure = outer.is_dict and outer.above is None and branch.kind != "section" and not whole
        sure = sure or (outer.is_dict and outer.above is None and branch.kind == "each")
        context = Context(self._fresh("c"), unit, outer if sure else "asked", outer=outer)
        unit.own.add(context.variable)
        unit.contexts.append(context)
        return context

    def _with(self, branch: plan.Branch, name: str, inside: Place) -> str:
        unit = Unit(self._fresh("w"), inside.unit, set())
        context = self._entered(branch, unit, inside)
        if branch.slots:
            self._slots[branch.slots[0]] = (context, True)
        return self._entering(unit, context, name, branch.body, inside)

    def _entering(self, unit: Unit, context: Context, given: str, body: plan.Body, inside: Place) -> str:
        """A call of a function whose first argument is its context."""
        place = replace(inside, unit=unit, context=context, level=0, certain=True)
        before, lines, answer = unit.lines(self._body(body, place))
        head = ", ".join([context.variable, *unit.parameters])
        self._define(f"{unit.name}({head})", [*before, *lines, f"return {answer}"])
        return f"{unit.name}({', '.join([given, *unit.parameters])})"

    def _each(self, branch: plan.Branch, name: str, inside: Place) -> str:
        unit = Unit(self._fresh("l"), inside.unit, set(), is_loop=True)
        context = self._entered(branch, unit, inside)
        index, key = f"i{unit.name[1:]}", f"k{unit.name[1:]}"
        unit.own |= {index, key, f"z{unit.name[1:]}"}
        for slot, known in zip(branch.slots, ((context, True), (context, False))):
            self._slots[slot] = known
        place = replace(inside, unit=unit, context=context, loops=(unit, *inside.loops))
        rounds = f"for {index}, ({context.variable}, {key}) in N(Z(o0[0], o0[1])):"
        return self._looping(unit, branch.body, name, rounds, [f"z{unit.name[1:]} = L(o0[0]) - 1"], place)

    def _section(self, branch: plan.Branch, name: str, inside: Place) -> str:
        unit = Unit(self._fresh("l"), inside.unit, set(), is_loop=True)
        context = self._entered(branch, unit, inside)
        given = [self._fresh("s"), self._fresh("s")]
        unit.own |= set(given)
        for slot, variable in zip(branch.slots, given):
            self._slots[slot] = variable
        place = replace(inside, unit=unit, context=context, loops=(None, *inside.loops))
        rounds = f"for {context.variable}, {given[0]}, {given[1]} in Z(o0[0], o0[1], o0[2]):"
        return self._looping(unit, branch.body, name, rounds, [], place)

    def _looping(self, unit: Unit, body: plan.Body, name: str, rounds: str, head: list[str], place: Place) -> str:
        """A call of a function that joins the texts of all rounds and takes them off the budget."""
        answer = self._body(body, replace(place, level=0, certain=True))
        unit.use("b0")
        before, lines, answer = unit.lines(answer)
        many = self._each_limit is None or self._each_limit > 100
        count = ["n0 += L(a0)", "if n0 > b0[0]: raise X"] if many else []
        used = [line for line in head if line.split(" ")[0] in "\n".join([*lines, answer])]
        self._define(
            f"{unit.name}({', '.join(['o0', *unit.parameters])})",
            [
                *used,
                *before,
                "y0 = []",
                "n0 = 0",
                self._lean(rounds, unit, [*lines, answer]),
                *(f"    {line}" for line in lines),
                f"    a0 = {answer}",
                *(f"    {line}" for line in count),
                "    y0 += [a0]",
                "a0 = J(y0)",
                "b0[0] -= L(a0)",
                f"b0[1] -= L(y0) * {body.tags + 1}",
                "if b0[0] < 0 or b0[1] < 0: raise X",
                "return a0",
            ],
        )
        return f"{unit.name}({', '.join([name, *unit.parameters])})"

    def _lean(self, rounds: str, unit: Unit, lines: list[str]) -> str:
        """The loop's head without the index, key or parameters that its body does not use."""
        code = "\n".join(lines)
        number = unit.name[1:]
        if "N(Z(" not in rounds:
            return rounds
        variable = rounds.split("(")[1].split(",")[0]
        index, key = (f"{letter}{number}" in code for letter in "ik")
        if index and key:
            return rounds
        if index:
            return f"for i{number}, {variable} in N(o0[0]):"
        return f"for {variable}, k{number} in Z(o0[0], o0[1]):" if key else f"for {variable} in o0[0]:"

    # ------------------------------------------------------------------ partials
    def _partial(self, call: plan.PartialCall, place: Place) -> str:
        inside = replace(place, level=place.level + 1)
        if call.name is None:
            written = self._partial_body(call, call.choices[0], inside)
        else:
            wanted = self._fresh("r")
            place.unit.own.add(wanted)
            tests = [f"P({wanted} := {self._value(call.name, place)})"] + [f"P({wanted})"] * len(call.choices)
            maybe = replace(inside, certain=False)
            links = [
                f"{self._partial_body(call, choice, maybe)} if {tests[number]} == {choice.name!r}"
                for number, choice in enumerate(call.choices)
            ]
            written = f"({' else '.join([*links, 'C()'])})"
        return f"O({written}, {call.indent!r})" if call.indent else written

    def _partial_body(self, call: plan.PartialCall, choice: plan.PartialChoice, place: Place) -> str:
        outer = place.outers[choice.home]
        outers = (*place.outers, outer)
        if call.context is None and not call.options:
            context = self._partial_context(place.context.variable, place.context.unit, outer, place.context)
            place.context.unit.contexts.append(context)
            return self._outlined(
                place, lambda at: self._body(choice.body, replace(at, context=context, outers=outers))
            )
        given = place.unit.use(place.context.variable) if call.context is None else self._value(call.context, place)
        if call.options:
            members = ", ".join(f"{name!r}: {self._value(value, place)}" for name, value in call.options)
            given = f"U({given}, {{{members}}})"
        unit = Unit(self._fresh("w"), place.unit, set())
        context = self._partial_context(self._fresh("c"), unit, outer, None)
        unit.own.add(context.variable)
        unit.contexts.append(context)
        return self._entering(unit, context, given, choice.body, replace(place, outers=outers))

    def _partial_context(self, variable: str, unit: Unit, outer: Context | None, shares: Context | None) -> Context:
        """``../`` in a partial is what encloses its declaration, unless it is called on that very value."""
        above: Above = None if outer is None else "asked"
        is_dict = shares is not None and shares.is_dict
        return Context(variable, unit, above, is_dict, outer, shares=shares and (shares.shares or shares))

    # ------------------------------------------------------------------ values
    def _value(self, value: plan.Value, place: Place) -> str:
        if isinstance(value, plan.Constant):
            return repr(value.value)
        if isinstance(value, plan.Variable):
            return self._variable(value, place)
        if isinstance(value, plan.LoopValue):
            return self._loop_value(value, place)
        if isinstance(value, plan.BlockValue):
            return self._block_value(value, place)
        if isinstance(value, plan.Choice):
            yes, no = self._value(value.yes, place), self._value(value.no, place)
            return f"({yes} if {self._value(value.test, place)} else {no})"
        return self._call(value, place)

    def _truth(self, value: plan.Value, place: Place) -> str:
        if isinstance(value, plan.Constant):
            return repr(truth(value.value))
        written = self._value(value, place)
        if isinstance(value, plan.HelperCall) and (value.helper.condition or value.helper.name == "if"):
            return place.unit.keep(Kept(self._fresh("h"), written, "Q"), certain=place.certain)
        return f"({written} or {written} == {{}})" if written.isidentifier() else f"V({written})"

    def _context(self, variable: plan.Variable, place: Place) -> Context | str | None:
        """The context that a path starts from, None when there is none, "asked" when only the data can tell."""
        if variable.root:
            return self._root
        found: Context | str | None = place.context
        for _ in range(variable.depth):
            found = found.above if isinstance(found, Context) else found
        return found

    def _variable(self, variable: plan.Variable, place: Place) -> str:
        context = self._context(variable, place)
        keys = variable.default_keys
        if isinstance(context, Context):
            name = place.unit.use(context.value(variable.parts, keys, self._fresh("v") + "_"))
        elif context is None:
            name = f"B(None, {keys!r}, {place.unit.use('f0')})" if keys else "None"
        else:
            depths = place.unit.use(self._depths(place.context))
            name = f"Y({depths}, {variable.depth}, {variable.parts!r}, {keys!r}, {place.unit.use('f0')})"
        return name if variable.bare is None else f"K({name}, {variable.bare!r})"

    def _depths(self, context: Context) -> str:
        """The variable that holds a context with all that encloses it."""
        if not context.depths:
            context.depths = self._fresh("d")
            context.unit.own.add(context.depths)
            if context.outer is not None:
                context.unit.use(self._depths(context.outer))
        return context.depths

    def _loop_value(self, value: plan.LoopValue, place: Place) -> str:
        seen = place.loops[: value.up + 1]
        if None in seen:
            raise NotGenerated  # a section is a loop or not, as the data will have it
        unit = seen[value.up] if value.up < len(seen) else None
        if unit is None:
            return "None"
        number = unit.name[1:]
        if value.name in ("index", "key"):
            return place.unit.use(f"{value.name[0]}{number}")
        index = place.unit.use(f"i{number}")
        return f"({index} == 0)" if value.name == "first" else f"({index} == {place.unit.use(f'z{number}')})"

    def _block_value(self, value: plan.BlockValue, place: Place) -> str:
        known = self._slots[value.slot]
        if isinstance(known, str):
            name = place.unit.use(known)
        elif known[1]:
            return place.unit.use(known[0].value(value.parts, (), self._fresh("v") + "_"))
        else:
            name = place.unit.use(f"k{known[0].unit.name[1:]}")
        return f"W({name}, {value.parts!r})" if value.parts else name

    def _call(self, call: plan.HelperCall, place: Place) -> str:
        if call.helper.name not in self._helpers:
            self._helpers[call.helper.name] = f"H{len(self._helpers)}"
            self._code.helpers[self._helpers[call.helper.name]] = call.helper.function
        arguments = [self._value(argument, place) for argument in call.arguments]
        arguments += [f"{name}={self._value(value, place)}" for name, value in call.options]
        if call.helper.needs_moment:
            arguments.append(f"moment={place.unit.use('m0')}")
        return f"{self._helpers[call.helper.name]}({', '.join(arguments)})"


def _is_pure(value: plan.Value) -> bool:
    """May a result be kept within one rendering? (The moment of ``now`` is the same all through.)"""
    if isinstance(value, plan.HelperCall):
        inside = (*value.arguments, *(option for _, option in value.options))
        return (value.helper.pure or value.helper.needs_moment) and all(map(_is_pure, inside))
    return not isinstance(value, plan.Choice) or all(map(_is_pure, (value.test, value.yes, value.no)))
