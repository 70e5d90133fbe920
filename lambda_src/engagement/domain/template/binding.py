"""Resolve every name of a template: value, block parameter, loop variable, helper, block or partial.

What cannot be resolved is refused here, when the template is saved, and not when a mail is due. Inline partials are
put in where they are called: who calls what is then known, recursion cannot happen, and both engines see one tree.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from engagement.domain.template import plan
from engagement.domain.template.errors import Source
from engagement.domain.template.helper_table import BLOCKS, Comparing
from engagement.domain.template.limits import MAX_DEPTH, MAX_UNFOLDED
from engagement.domain.template.scope import EscapePolicy, InlinePartial, Place, Scope
from engagement.domain.template.syntax import Block, Branch, Call, Output, Partial, Program, Statement, Text
from engagement.domain.template.value_binding import ValueBinder

_MOST_PARAMS = {"each": 2, "with": 1, "section": 2, "truth": 0}


class Binder:
    """Binds one template. ``paths`` collects the dotted paths of data that it uses."""

    def __init__(self, source: Source, *, escaping: bool, policy: EscapePolicy, comparing: Comparing) -> None:
        self.source = source
        self.values = ValueBinder(source, comparing)
        self._escaping, self._policy = escaping, policy
        self._tags = 0
        self._unfolded = 0
        self._slots = 0

    def template(self, program: Program) -> plan.Body:
        return self._body(program, Place(Scope(())), 0)

    def _body(self, program: Program, place: Place, at: int) -> plan.Body:
        if place.nest > MAX_DEPTH:
            raise self.source.error(at, f"blocks and partials are more than {MAX_DEPTH} levels deep; use fewer levels")
        if program.partials:
            declared = {name: InlinePartial(body, place.nest, place.outer) for name, body in program.partials}
            place = replace(place, partials={**place.partials, **declared})
            for name, body in program.partials:
                self._check_unused(name, body, place)
        before = self._tags
        statements = tuple(self._statement(statement, place) for statement in program.statements)
        return plan.Body(statements, self._tags - before)

    def _check_unused(self, name: str, body: Program, place: Place) -> None:
        """Bind a declaration once on its own, so that a mistake in a partial that nobody calls is found too."""
        if place.is_expanding(body):
            return
        before = self._tags
        self._expand(name, place.partials[name], place, place.scope, 0)
        self._tags = before

    def _count(self, at: int, place: Place) -> None:
        self._tags += 1
        self._unfolded += bool(place.expanding)
        if self._unfolded > MAX_UNFOLDED:
            raise self.source.error(
                at, f"partials unfold to more than {MAX_UNFOLDED:,} tags; call fewer from each other"
            )

    def _statement(self, statement: Statement, place: Place) -> plan.Statement:
        if isinstance(statement, Text):
            return plan.Static(statement.text)
        if isinstance(statement, Output):
            return self._output(statement, place)
        if isinstance(statement, Block):
            branches = tuple(self._branch(branch, place) for branch in statement.branches)
            return plan.Block(branches, self._body(statement.otherwise, place.inside(), statement.branches[0].call.at))
        return self._partial(statement, place)

    def _output(self, output: Output, place: Place) -> plan.Print:
        self._count(output.call.at, place)
        value, base = self.values.output(output.call, place)
        return plan.Print(value, self._escaping and self._policy.escapes(base, output.raw))

    # ------------------------------------------------------------------ blocks
    def _branch(self, branch: Branch, place: Place) -> plan.Branch:
        call = branch.call
        self._count(call.at, place)
        name = self.values.simple_name(call.head, place)
        if name == "raw" and not call.arguments and name not in place.slots:
            return plan.Branch("truth", plan.Constant(True), self._body(branch.body, place.inside(), call.at))
        if name in BLOCKS:
            return self._builtin(str(name), branch, place)
        helper = self.values.helpers.get(name or "")
        if helper is not None and helper.condition:
            test = self.values.helper_call(helper, call, place)
            self._params(branch, "truth", ())
            return plan.Branch("truth", test, self._body(branch.body, place.inside(), call.at))
        if helper is not None and (call.arguments or call.options or helper.least == 0):
            raise self.source.error(
                call.at, f"{name!r} prints a value and opens no block; write {{{{{helper.usage()}}}}} without the #"
            )
        if call.arguments or call.options:
            raise self.values.unknown_helper(call)
        return self._changing("section", self.values.argument(call.head, place), call.head, branch, place)

    def _builtin(self, name: str, branch: Branch, place: Place) -> plan.Branch:
        call = branch.call
        if len(call.arguments) != 1:
            raise self.source.error(
                call.at, f"#{name} takes one value, not {len(call.arguments)}; see {{{{#{name} value}}}}"
            )
        allowed = ("includeZero",) if name in ("if", "unless") else ()
        self.values.check_options(call, allowed)
        value = self.values.argument(call.arguments[0], place)
        if name == "each":
            return self._changing("each", value, call.arguments[0], branch, place)
        if name == "with":
            return self._changing("with", value, call.arguments[0], branch, place)
        self._params(branch, "truth", ())
        test = self.values.include_zero(value, call, place)
        return plan.Branch("truth", test, self._body(branch.body, place.inside(), call.at), name == "unless")

    def _changing(
        self, kind: plan.BranchKind, value: plan.Value, written: object, branch: Branch, place: Place
    ) -> plan.Branch:
        """A branch whose body stands in another context."""
        base = self.values.base_of(written, place)
        item = (*base, "*") if base is not None and kind == "each" else base
        # A section may walk a list or enter an object: from outside both look alike.
        scope = (
            place.scope
            if base == place.scope.base and base is not None and kind != "each"
            else Scope(item, place.scope)
        )
        slots, named = self._params(branch, kind, item)
        body = self._body(branch.body, place.inside(scope, named), branch.call.at)
        return plan.Branch(kind, value, body, slots=slots)

    def _params(
        self, branch: Branch, kind: plan.BranchKind, item: tuple[str, ...] | None
    ) -> tuple[tuple[int, ...], dict[str, tuple[int, tuple[str, ...] | None]]]:
        names = branch.call.block_params
        most = _MOST_PARAMS[kind]
        if len(names) > most:
            raise self.source.error(
                branch.call.at, f"this block gives {most} block parameter(s), not {len(names)}; only each gives two"
            )
        slots = tuple(range(self._slots, self._slots + len(names)))
        self._slots += len(names)
        return slots, {
            name: (slot, item if place == 0 else None) for place, (name, slot) in enumerate(zip(names, slots))
        }

    # ------------------------------------------------------------------ partials
    def _partial(self, partial: Partial, place: Place) -> plan.PartialCall:
        self._count(partial.at, place)
        context = self.values.argument(partial.arguments[0], place) if partial.arguments else None
        options = tuple((name, self.values.argument(value, place)) for name, value in partial.options)
        base = self.values.base_of(partial.arguments[0], place) if partial.arguments else place.scope.base
        scope = Scope(base, place.scope, frozenset(name for name, _ in options))
        if isinstance(partial.name, Call):
            name = self.values.argument(partial.name, place)
            known = [item for item in place.partials.items() if not place.is_expanding(item[1].program)]
            choices = tuple(self._expand(key, found, place, scope, partial.at) for key, found in known)
            return plan.PartialCall(name, choices, context, options, partial.indent, partial.at)
        wanted = partial.name.text
        if wanted not in place.partials:
            near = get_close_matches(wanted, place.partials, 3)
            hint = f"did you mean {', '.join(near)}?" if near else f'declare it with {{{{#* inline "{wanted}"}}}}'
            raise self.source.error(partial.at, f"there is no partial {wanted!r} here; {hint}")
        if place.is_expanding(place.partials[wanted].program):
            raise self.source.error(partial.at, f"partial {wanted!r} calls itself; partials may not be recursive")
        choice = self._expand(wanted, place.partials[wanted], place, scope, partial.at)
        return plan.PartialCall(None, (choice,), context, options, partial.indent, partial.at)

    def _expand(self, name: str, found: InlinePartial, place: Place, scope: Scope, at: int) -> plan.PartialChoice:
        """The body of a partial as it is at this place; its ``../`` is what encloses its declaration."""
        inside = Place(
            scope=replace(scope, outer=found.outer),
            outer=found.outer,
            partials=place.partials,
            expanding=(*place.expanding, found.program),
            nest=place.nest + 1,
        )
        return plan.PartialChoice(name, self._body(found.program, inside, at), found.home)
