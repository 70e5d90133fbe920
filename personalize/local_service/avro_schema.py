"""Dataset schemas: the Avro subset that Personalize takes, and what each dataset type demands of it. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from personalize.local_service.errors import invalid_input

TYPES = ("string", "int", "long", "float", "double", "boolean")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Dataset type -> fields that its schema must have, with the type of each.
REQUIRED = {
    "INTERACTIONS": {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"},
    "USERS": {"USER_ID": "string"},
    "ITEMS": {"ITEM_ID": "string"},
    "ACTIONS": {"ACTION_ID": "string"},
    "ACTION_INTERACTIONS": {"USER_ID": "string", "ACTION_ID": "string", "EVENT_TYPE": "string", "TIMESTAMP": "long"},
}
RESERVED = {
    "USER_ID": ("string",), "ITEM_ID": ("string",), "TIMESTAMP": ("long",), "EVENT_TYPE": ("string",),
    "EVENT_VALUE": ("float", "double"), "IMPRESSION": ("string",), "RECOMMENDATION_ID": ("string",),
    "CREATION_TIMESTAMP": ("long",),
}  # fmt: skip
METADATA_NEEDED = ("USERS", "ITEMS")
_RECORD_NAMES = {kind.replace("_", "").casefold(): kind for kind in REQUIRED}


@dataclass(frozen=True)
class Field:
    name: str
    type: str
    nullable: bool = False
    categorical: bool = False
    textual: bool = False


@dataclass(frozen=True)
class Schema:
    name: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


def read_schema(text: str) -> Schema:
    """Raises InvalidInputException that names the field and the rule."""
    try:
        return _read_schema(text)
    except RecursionError:
        raise invalid_input("The schema is nested too deep to be read as JSON.") from None


def _read_schema(text: str) -> Schema:
    try:
        record = json.loads(text)
    except ValueError as error:
        raise invalid_input(f"The schema is not JSON: {error}.") from None
    if not isinstance(record, dict) or record.get("type") != "record":
        raise invalid_input("The schema must be an Avro record: its type must be 'record'.")
    if not isinstance(record.get("name"), str) or not NAME.fullmatch(record["name"]):
        raise invalid_input("The schema must have a name of letters, digits and underscores.")
    fields = record.get("fields")
    if not isinstance(fields, list) or not fields:
        raise invalid_input("The schema must have at least one field.")
    read = tuple(_field(field) for field in fields)
    names = [field.name for field in read]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise invalid_input(f"The schema has the field {twice[0]} more than once.")
    return Schema(record["name"], read)


def _field(field: Any) -> Field:
    if not isinstance(field, dict) or not isinstance(field.get("name"), str) or not NAME.fullmatch(field["name"]):
        raise invalid_input(f"The schema has a field without a valid name: {json.dumps(field)}.")
    name, kinds = field["name"], field.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    plain = [kind for kind in kinds if kind != "null"]
    if len(plain) != 1 or plain[0] not in TYPES:
        raise invalid_input(
            f"The field {name} has the type {json.dumps(field.get('type'))}; use one of {', '.join(TYPES)}."
        )
    if name in RESERVED and plain[0] not in RESERVED[name]:
        raise invalid_input(f"The field {name} must be of type {' or '.join(RESERVED[name])}, not {plain[0]}.")
    categorical, textual = field.get("categorical") is True, field.get("textual") is True
    if (categorical or textual) and plain[0] != "string":
        raise invalid_input(f"The field {name} is of type {plain[0]}; only a string can be categorical or textual.")
    return Field(name, plain[0], "null" in kinds, categorical, textual)


def check_by_name(schema: Schema) -> None:
    """A record that bears the name of a dataset type, as Interactions does, must be able to describe it.

    Raises InvalidInputException. Other names tell nothing: the dataset's creation checks those.
    """
    dataset_type = _RECORD_NAMES.get(schema.name.replace("_", "").casefold())
    if dataset_type is not None:
        check_for_dataset(schema, dataset_type)


def check_for_dataset(schema: Schema, dataset_type: str) -> None:
    """Raises InvalidInputException when the schema can't describe a dataset of this type."""
    required = REQUIRED[dataset_type]
    for name, kind in required.items():
        field = schema.field(name)
        if field is None:
            raise invalid_input(f"The schema for {dataset_type} must contain the field {name} of type {kind}.")
        if field.nullable:
            raise invalid_input(f"The field {name} of a schema for {dataset_type} can't be null.")
    if dataset_type in METADATA_NEEDED and len(schema.fields) == len(required):
        raise invalid_input(f"The schema for {dataset_type} must contain at least one metadata field.")
