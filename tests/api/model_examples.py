"""Example values for any shape of botocore's own (untrimmed) Pinpoint model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

AWKWARD = "a/b@c.d+e %41:é"
MOMENT = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def example(shape: Any, *, everything: bool, text: str = AWKWARD) -> Any:
    """A value that boto3 takes for a botocore shape: all members, or only the required ones."""
    kind = shape.type_name
    if kind == "structure":
        names = [n for n in shape.members if everything or n in shape.required_members]
        return {name: example(shape.members[name], everything=everything, text=text) for name in names}
    if kind == "list":
        return [example(shape.member, everything=everything, text=text)]
    if kind == "map":
        return {"a key": example(shape.value, everything=everything, text=text)}
    if kind == "string":
        return shape.enum[-1] if shape.enum else text
    return {
        "boolean": True,
        "integer": 2**31 - 1,
        "long": 2**53,
        "double": 0.5,
        "timestamp": MOMENT,
        "blob": b"\x00\xff",
    }[kind]


def as_parsed(value: Any) -> Any:
    """What the engine's parser makes of what boto3 was given: dates become ISO text."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, dict):
        return {name: as_parsed(one) for name, one in value.items()}
    if isinstance(value, list):
        return [as_parsed(one) for one in value]
    return value
