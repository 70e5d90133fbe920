"""Reading plan JSON in tests: what changes, what is put out, which arguments the configuration sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def resources(module: Json) -> Iterator[Json]:
    """Every managed resource of ``planned_values.root_module`` with its values, child modules included."""
    yield from ({"values": {}, **found} for found in module.get("resources", []) if found["mode"] == "managed")
    for child in module.get("child_modules", []):
        yield from resources(child)


def differences(plan: Json) -> dict[str, list[str]]:
    """Address -> dotted attributes that a plan would change; the whole resource as ``(create)``, ``(delete)``."""
    found: dict[str, list[str]] = {}
    for change in plan.get("resource_changes", []):
        actions = change["change"]["actions"]
        if actions in (["no-op"], ["read"]):
            continue
        if actions != ["update"]:
            found[change["address"]] = [f"({'+'.join(actions)})"]
            continue
        before, after = change["change"]["before"], change["change"]["after"]
        found[change["address"]] = sorted(changed_paths(before, after))
    return found


def changed_paths(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Dotted paths at which two values differ; positions in lists are left out."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            yield from changed_paths(before.get(name), after.get(name), f"{path}.{name}" if path else name)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for one, other in zip(before, after):
            yield from changed_paths(one, other, path)
    elif before != after:
        yield path


def planned_output(plan: Json, name: str) -> Any:
    """What is known of an output before the apply; null stands for what is not."""
    return plan["output_changes"][name]["after"]


def configured_resources(module: Json) -> Iterator[Json]:
    """Every resource block of ``configuration.root_module``, each module called once."""
    yield from module.get("resources", [])
    for call in module.get("module_calls", {}).values():
        yield from configured_resources(call["module"])
