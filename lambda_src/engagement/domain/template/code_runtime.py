"""What generated code may call, and how its source becomes a function: no builtins, no names but these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engagement.domain.template import plan
from engagement.domain.template.code_generator import Code, Generator, NotGenerated
from engagement.domain.template.interpreter import Defaults, Depths, indent
from engagement.domain.template.limits import MAX_GENERATED, MAX_OUTPUT, MAX_STEPS
from engagement.domain.template.values import TooBig, child, descend, is_empty, printer, rows, same, truth

Rendering = Callable[[Mapping[str, Any], Defaults, datetime, list[int]], str]
# Loops within loops count their text twice, so generated code is given more than the exact limit, and hands over to
# the interpreter when it is used up.
_BUDGET = 4 * MAX_OUTPUT


def generated(body: plan.Body, each_limit: int | None) -> Callable[[dict[str, Any], Defaults, datetime], str] | None:
    """A function that renders a template fast; None when there is no generated form of it.

    It raises TooBig when the data is so large that limits must be counted exactly.
    """
    try:
        code = Generator(each_limit).generate(body)
        if len(code.source) > MAX_GENERATED:
            return None
        function = _function(code, longest=max(_BUDGET // max(body.tags, 1), 50))
    except (NotGenerated, RecursionError, MemoryError):
        return None
    steps = MAX_STEPS - body.tags

    def render(root: dict[str, Any], defaults: Defaults, moment: datetime) -> str:
        printed = function(root, defaults, moment, [_BUDGET, steps])
        if len(printed) > MAX_OUTPUT:
            raise TooBig
        return printed

    return render


def _function(code: Code, longest: int) -> Rendering:
    namespace: dict[str, Any] = {"__builtins__": {}, **_NAMES, **code.helpers}
    namespace["E"] = printer(longest, escaped=True)
    namespace["P"] = printer(longest, escaped=False)
    exec(compile(code.source, "<template>", "exec"), namespace)  # noqa: S102 (our own source: see code_generator)
    return namespace["render"]


def _default(value: Any, keys: tuple[str, ...], defaults: Defaults) -> Any:
    if value is None or value == []:
        default = defaults(keys)
        return value if default is None else default
    return value


def _push(context: Any, depths: Depths) -> Depths:
    return depths if depths is not None and same(context, depths[0]) else (context, depths)


def _above(depths: Depths, depth: int, parts: tuple[str, ...], keys: tuple[str, ...], defaults: Defaults) -> Any:
    """What ``../`` finds."""
    for _ in range(depth):
        depths = depths[1] if depths else None
    found = descend(depths[0], parts) if depths else None
    return _default(found, keys, defaults) if keys else found


def _section(value: Any, context: Any, limit: int | None) -> tuple[list[Any], list[Any], list[Any]] | None:
    """Contexts of a section's rounds, and its two block parameters in each."""
    if isinstance(value, list):
        found = rows(value, limit)
        return found and (found[0], *found)
    if value is None or value is False:
        return None
    return [context if value is True else value], [None], [None]


def _merged(context: Any, options: dict[str, Any]) -> dict[str, Any]:
    return {**(context if isinstance(context, dict) else {}), **options}


def _bare(value: Any, word: str) -> Any:
    return word if value is None else value


def _give_up() -> str:
    raise TooBig


_NAMES: dict[str, Any] = {
    "A": child, "B": _default, "C": _give_up, "D": dict, "G": _push, "I": str, "J": "".join, "K": _bare, "L": len,
    "M": is_empty, "N": enumerate, "O": indent, "Q": object(), "R": rows, "S": _section, "T": type, "U": _merged,
    "V": truth, "W": descend, "X": TooBig, "Y": _above, "Z": zip,
}  # fmt: skip
