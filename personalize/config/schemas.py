"""Avro schemas of Personalize datasets, written as ``NAME: type, nullable, categorical``.

Source: the Amazon Personalize developer guide, "Creating schema JSON files".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from personalize.config.declaration import Column, Schema
from personalize.config.nodes import Section
from personalize.config.problems import near

DATASET_TYPES = {"interactions": "Interactions", "users": "Users", "items": "Items"}
TYPES = ("string", "int", "long", "float", "double", "boolean")
FLAGS = ("nullable", "categorical", "textual")
REQUIRED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "interactions": {"USER_ID": ("string",), "ITEM_ID": ("string",), "TIMESTAMP": ("long",)},
    "users": {"USER_ID": ("string",)},
    "items": {"ITEM_ID": ("string",)},
}
_RESERVED_FLOAT = {"EVENT_VALUE": ("float", "double")}


def read_schema(key: str, name: str, section: Section) -> Schema | None:
    """The schema below ``section``; ``None`` after a fault that leaves nothing to work with."""
    kind = section.choice("type", DATASET_TYPES, key if key in DATASET_TYPES else "")
    if not kind:
        section.fault(None, f"'type' is required: one of {', '.join(DATASET_TYPES)}")
    columns = tuple(_columns(section.section("columns")))
    if not columns:
        section.fault("columns", "needs columns, for example USER_ID: string")
    domain = section.choice("domain", ("ECOMMERCE", "VIDEO_ON_DEMAND"))
    section.close()
    if not kind or not columns:
        return None
    _check_required(kind, columns, section)
    return Schema(key, name, kind, columns, avro_text(kind, columns), domain)


def _columns(section: Section | None) -> Iterable[Column]:
    for name, _, node in section.entries() if section else ():
        assert section is not None
        value = section.document.value(node, section.at(name))
        if not isinstance(value, str):
            section.document.fault(node, section.at(name), "must be a type such as string or 'string, nullable'")
            continue
        type_name, *flags = [word.strip() for word in value.split(",")]
        if type_name not in TYPES:
            section.document.fault(node, section.at(name), f"unknown type '{type_name}'{near(type_name, TYPES)}")
            continue
        for flag in set(flags) - set(FLAGS):
            section.document.fault(node, section.at(name), f"unknown flag '{flag}'{near(flag, FLAGS)}")
        yield Column(name, type_name, *(flag in flags for flag in FLAGS))


def _check_required(kind: str, columns: tuple[Column, ...], section: Section) -> None:
    types = {column.name: column.type for column in columns}
    for name, allowed in REQUIRED[kind].items():
        if name not in types:
            section.fault("columns", f"{DATASET_TYPES[kind]} need {name}: {allowed[0]}")
        elif types[name] not in allowed:
            section.fault("columns", f"{name} must be {' or '.join(allowed)}, not {types[name]}")
    for name, allowed in _RESERVED_FLOAT.items():
        if types.get(name, allowed[0]) not in allowed:
            section.fault("columns", f"{name} must be {' or '.join(allowed)}, not {types[name]}")
    if kind != "interactions" and len(columns) < 2:
        section.fault("columns", f"{DATASET_TYPES[kind]} need at least one column beside {columns[0].name}")


def avro_text(kind: str, columns: tuple[Column, ...]) -> str:
    """The schema as the service wants it: an Avro record in its namespace, as canonical JSON."""
    return json.dumps(
        {
            "type": "record",
            "name": DATASET_TYPES[kind],
            "namespace": "com.amazonaws.personalize.schema",
            "fields": [_field(column) for column in columns],
            "version": "1.0",
        },
        separators=(",", ":"),
    )


def _field(column: Column) -> dict[str, Any]:
    value: dict[str, Any] = {"name": column.name, "type": column.type}
    if column.nullable:
        value["type"] = ["null", column.type]
    if column.categorical:
        value["categorical"] = True
    if column.textual:
        value["textual"] = True
    return value


def same_avro(one: str, other: str) -> bool:
    """Whether two schema texts mean the same; the order of keys and spaces do not count."""
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return one == other
