"""Reading plan JSON in tests: what changes, what functions are given, which arguments the configuration sets."""

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


def functions(plan: Json) -> dict[str, Json]:
    """Handler string -> {name, environment: names of the variables, statements: Sid -> statement or None}."""
    planned = {change["address"]: change["change"] for change in plan["resource_changes"]}
    found: dict[str, Json] = {}
    for address, change in planned.items():
        if not address.endswith(".aws_lambda_function.this"):
            continue
        after = change["after"]
        known = (after.get("environment") or [{}])[0].get("variables") or {}
        unknown = (change["after_unknown"].get("environment") or [{}])[0].get("variables") or {}
        found[after["handler"]] = {
            "name": after["function_name"],
            "module": address.removesuffix(".aws_lambda_function.this"),
            "environment": {*known, *(unknown if isinstance(unknown, dict) else ())},
        }
    return found


def configured_resources(module: Json) -> Iterator[Json]:
    """Every resource block of ``configuration.root_module``, each module called once."""
    yield from module.get("resources", [])
    for call in module.get("module_calls", {}).values():
        yield from configured_resources(call["module"])
