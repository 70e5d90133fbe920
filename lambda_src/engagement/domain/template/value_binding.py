"""Resolve the values of a template: paths, loop variables, block parameters and helper calls."""

from __future__ import annotations

from difflib import get_close_matches
from typing import get_args

from engagement.domain.template import plan
from engagement.domain.template.errors import Source, TemplateError
from engagement.domain.template.helper_table import BLOCKS, TRUTH_OR_ZERO, Comparing, Helper, helpers
from engagement.domain.template.scope import Base, Place
from engagement.domain.template.syntax import Argument, Call, Literal, Path
from engagement.domain.template.values import text

_LOOP_NAMES: dict[tuple[str, ...], plan.LoopName] = {(name,): name for name in get_args(plan.LoopName)}


def without_index(parts: tuple[str, ...]) -> tuple[str, ...]:
    """A path without the ``.[0]`` at its end."""
    while parts and parts[-1].isdecimal():
        parts = parts[:-1]
    return parts


class ValueBinder:
    def __init__(self, source: Source, comparing: Comparing) -> None:
        self.source = source
        self.helpers = helpers(comparing)
        self.paths: set[str] = set()

    # ------------------------------------------------------------------ paths
    def simple_name(self, head: Path | Literal, place: Place) -> str | None:
        """The name that a head is when it could be a helper's: one part, no ``this`` or ``../``, no block parameter."""
        if isinstance(head, Literal):
            return text(head.value) if head.value is not None else head.text
        if len(head.parts) != 1 or head.depth or head.data or head.scoped or head.parts[0] in place.slots:
            return None
        return head.parts[0]

    def base_of(self, written: object, place: Place) -> Base:
        """Where a value comes from, as a path from the root; None when it is calculated."""
        if isinstance(written, Literal):
            return None
        if not isinstance(written, Path):
            return None
        if written.data:
            return written.parts[1:] if written.parts[:1] == ("root",) else None
        if self._is_slot(written, place):
            base = place.slots[written.parts[0]][1]
            return None if base is None else base + written.parts[1:]
        scope = place.scope.up(written.depth)
        return scope.path(written.parts) if scope else None

    def _is_slot(self, path: Path, place: Place) -> bool:
        simple = not (path.depth or path.data or path.scoped)
        return simple and bool(path.parts) and path.parts[0] in place.slots

    def _path(self, path: Path, place: Place, bare: bool = False) -> plan.Value:
        base = self.base_of(path, place)
        word = path.text if bare and not (path.depth or path.scoped or path.data) else None
        if word is None:
            self._note(base)
        if path.data:
            return self._data_path(path, base)
        if self._is_slot(path, place):
            return plan.BlockValue(place.slots[path.parts[0]][0], path.parts[1:])
        return plan.Variable(False, path.depth, path.parts, self._default_keys(path.parts, base), word)

    def _note(self, base: Base) -> None:
        if base is None:
            return
        known = base[: base.index("*")] if "*" in base else base
        if without_index(known):
            self.paths.add(".".join(without_index(known)))

    def _default_keys(self, parts: tuple[str, ...], base: Base) -> tuple[str, ...]:
        """DefaultSubstitutions name a path as it is written, or as it is from the root."""
        keys = [".".join(without_index(parts))]
        if base is not None and "*" not in base:
            keys.append(".".join(without_index(base)))
        return tuple(dict.fromkeys(key for key in keys if key)) if parts else ()

    def _data_path(self, path: Path, base: Base) -> plan.Value:
        if path.parts[:1] == ("root",):
            return plan.Variable(True, 0, path.parts[1:], self._default_keys(path.parts[1:], base))
        if path.parts in _LOOP_NAMES:
            return plan.LoopValue(_LOOP_NAMES[path.parts], path.depth)
        raise self.source.error(
            path.at, f"there is no {path.text!r}; there are @index, @key, @first, @last and @root (../ as in @../index)"
        )

    # ------------------------------------------------------------------ values
    def output(self, call: Call, place: Place) -> tuple[plan.Value, Base]:
        """What ``{{call}}`` prints, and where it comes from if it is plain data."""
        name = self.simple_name(call.head, place)
        helper = self.helpers.get(name or "")
        if name in BLOCKS and (call.arguments or call.options):
            raise self.source.error(call.at, f"{name!r} is a block; write {{{{#{name} ..}}}} ... {{{{/{name}}}}}")
        if call.arguments or call.options:
            if helper is None:
                raise self.unknown_helper(call)
            return self.helper_call(helper, call, place, choosing=True), None
        if helper is not None and helper.least == 0:
            return self.helper_call(helper, call, place), None
        head = self._as_path(call.head)
        return self._path(head, place), self.base_of(head, place)

    def _as_path(self, head: Path | Literal) -> Path:
        """``{{"some name"}}`` prints the member of that name."""
        if isinstance(head, Path):
            return head
        return Path((text(head.value) if head.value is not None else head.text,), 0, False, False, head.text, head.at)

    def argument(self, written: Argument, place: Place, *, bare: bool = False) -> plan.Value:
        if isinstance(written, Literal):
            return plan.Constant(written.value)
        if isinstance(written, Path):
            return self._path(written, place, bare)
        helper = self.helpers.get(self.simple_name(written.head, place) or "")
        if helper is None:
            raise self.unknown_helper(written)
        return self.helper_call(helper, written, place, choosing=True)

    def helper_call(self, helper: Helper, call: Call, place: Place, *, choosing: bool = False) -> plan.Value:
        """A call with its number of values and its options checked; with ``yes=``/``no=`` a choice."""
        count = len(call.arguments)
        if count < helper.least or (helper.most is not None and count > helper.most):
            raise self.source.error(call.at, f"{helper.name!r} got {count} value(s); it is written {helper.usage()}")
        self.check_options(call, helper.options)
        arguments = tuple(
            self.argument(value, place, bare=number in helper.bare) for number, value in enumerate(call.arguments)
        )
        options = {name: self.argument(value, place, bare=name in helper.bare) for name, value in call.options}
        if not helper.condition:
            return plan.HelperCall(helper, arguments, tuple(options.items()), call.at)
        test = plan.HelperCall(helper, arguments, (), call.at)
        if not choosing or not options:
            return test
        return plan.Choice(test, options.get("yes", plan.Constant(True)), options.get("no", plan.Constant(False)))

    def include_zero(self, value: plan.Value, call: Call, place: Place) -> plan.Value:
        """The test of an ``#if``, which may have ``includeZero=true``."""
        if not call.options:
            return value
        return plan.HelperCall(TRUTH_OR_ZERO, (value, self.argument(call.options[0][1], place)), (), call.at)

    def check_options(self, call: Call, allowed: tuple[str, ...]) -> None:
        for name, value in call.options:
            if name not in allowed:
                known = f"it has {', '.join(f'{option}=' for option in allowed)}" if allowed else "it has no options"
                raise self.source.error(value.at, f"{call.head.text!r} has no option {name}=; {known}")

    def unknown_helper(self, call: Call) -> TemplateError:
        name = call.head.text
        near = get_close_matches(name, [*self.helpers, *BLOCKS], 3, 0.5)
        hint = (
            f"did you mean {', '.join(near)}?" if near else f"there are: {', '.join(sorted({*self.helpers, *BLOCKS}))}"
        )
        return self.source.error(call.at, f"there is no helper {name!r}; {hint}")
