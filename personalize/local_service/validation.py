"""Checks a request against its shape in botocore's service model and words each breach as AWS does."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

from personalize.local_service.errors import ServiceError, invalid_input

JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str),
}
# Java's character classes as Python's re knows them.
JAVA_CLASSES = ((r"[\p{ASCII}]", "[\x00-\x7f]"), (r"\p{ASCII}", "[\x00-\x7f]"), (r"\p{L}\p{Z}\p{N}_", r"\w\s"))


def check(shape: Any, value: Any) -> None:
    """Raise InvalidInputException naming every breach, or SerializationException for a wrong JSON type."""
    breaches = list(_breaches(shape, value, ""))
    if breaches:
        number = f"{len(breaches)} validation error{'s' if len(breaches) > 1 else ''} detected: "
        raise invalid_input(number + "; ".join(breaches))


def _breaches(shape: Any, value: Any, path: str) -> Iterator[str]:
    expected = JSON_TYPES.get(shape.type_name)
    is_bool = isinstance(value, bool) and shape.type_name != "boolean"
    if expected and (not isinstance(value, expected) or is_bool):
        raise ServiceError("SerializationException", f"{path or 'the request'} must be a {shape.type_name}")
    if shape.type_name == "structure":
        yield from _of_structure(shape, value, path)
    elif shape.type_name == "list":
        yield from _of_size(shape, value, len(value), path, "length")
        for number, member in enumerate(value, start=1):
            yield from _breaches(shape.member, member, f"{path}.{number}.member")
    elif shape.type_name == "map":
        yield from _of_size(shape, value, len(value), path, "length")
        for key, member in value.items():
            yield from _breaches(shape.key, key, f"{path}.key")
            yield from _breaches(shape.value, member, f"{path}.{key}.member")
    elif shape.type_name == "string":
        yield from _of_string(shape, value, path)
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _of_size(shape, value, value, path, "value")


def _of_structure(shape: Any, value: dict[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _breaches(member, value[name], _join(path, name))


def _of_string(shape: Any, value: str, path: str) -> Iterator[str]:
    yield from _of_size(shape, value, len(value), path, "length")
    if shape.enum and value not in shape.enum:
        yield _breach(shape, value, path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield _breach(shape, value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _of_size(shape: Any, value: Any, size: float, path: str, what: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield _breach(shape, value, path, f"Member must have {what} greater than or equal to {least}")
    if most is not None and size > most:
        yield _breach(shape, value, path, f"Member must have {what} less than or equal to {most}")


def _breach(shape: Any, value: Any, path: str, rule: str) -> str:
    shown = "***" if shape.metadata.get("sensitive") else value
    return f"Value '{shown}' at '{path}' failed to satisfy constraint: {rule}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    for java, python in JAVA_CLASSES:
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
