"""The trimmed service model (``scripts/wire_model.py`` makes it from botocore's): operations and shapes by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SERVICE_MODEL = Path(__file__).with_name("service_model.json")
Shape = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """One of the API's operations. ``output`` is None for the two that answer nothing."""

    name: str
    method: str
    path: str
    status: int
    input: str
    output: str | None = None


@dataclass(frozen=True)
class ServiceModel:
    operations: Mapping[str, Operation]
    shapes: Mapping[str, Shape]
    errors: Mapping[str, int]

    def payload_shape(self, shape_name: str | None) -> str | None:
        """The shape of the member that is the whole body, or None when there is no body."""
        shape = self.shapes[shape_name] if shape_name else {}
        return shape["members"][shape["payload"]]["shape"] if "payload" in shape else None


@cache
def service_model() -> ServiceModel:
    """Read once per container, in about two milliseconds."""
    raw = json.loads(SERVICE_MODEL.read_text("utf-8"))
    operations = {name: Operation(name=name, **one) for name, one in raw["operations"].items()}
    return ServiceModel(operations=operations, shapes=raw["shapes"], errors=raw["errors"])
