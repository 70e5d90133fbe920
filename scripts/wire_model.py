"""Trim botocore's Pinpoint service model to what the engine's wire needs: routes, status codes and shapes, no prose.

``python -m scripts.wire_model`` writes it, ``python -m scripts.wire_model --check`` compares (exit 1 when different).
Run it after botocore was upgraded; ``tests/api/test_service_model.py`` fails until then.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore.loaders

Json = dict[str, Any]
TARGET = Path(__file__).parents[1] / "lambda_src/engagement/api/service_model.json"
SERVICE, VERSION = "pinpoint", "2016-12-01"
SHAPE_KEYS = ("type", "enum", "required", "payload", "timestampFormat")
MEMBER_KEYS = ("shape", "location", "locationName")


def trimmed(model: Mapping[str, Any]) -> Json:
    """The part of a rest-json service model that says how requests and answers look."""
    operations = {name: _operation(operation) for name, operation in sorted(model["operations"].items())}
    errors = {name: shape["error"]["httpStatusCode"] for name, shape in model["shapes"].items() if "error" in shape}
    roots = {shape for one in operations.values() for shape in (one["input"], one.get("output")) if shape} | set(errors)
    shapes = {name: _shape(model["shapes"][name]) for name in sorted(_reachable(model["shapes"], roots))}
    return {"apiVersion": VERSION, "operations": operations, "errors": dict(sorted(errors.items())), "shapes": shapes}


def _operation(operation: Mapping[str, Any]) -> Json:
    http = operation["http"]
    short = {"method": http["method"], "path": http["requestUri"], "status": http.get("responseCode", 200)}
    short["input"] = operation["input"]["shape"]
    if "output" in operation:
        short["output"] = operation["output"]["shape"]
    return short


def _shape(shape: Mapping[str, Any]) -> Json:
    short: Json = {key: shape[key] for key in SHAPE_KEYS if key in shape}
    if "members" in shape:
        short["members"] = {name: _reference(member) for name, member in shape["members"].items()}
    short.update({key: _reference(shape[key]) for key in ("member", "key", "value") if key in shape})
    return short


def _reference(reference: Mapping[str, Any]) -> Json:
    return {key: reference[key] for key in MEMBER_KEYS if key in reference}


def _references(shape: Mapping[str, Any]) -> Iterator[str]:
    for member in shape.get("members", {}).values():
        yield member["shape"]
    for key in ("member", "key", "value"):
        if key in shape:
            yield shape[key]["shape"]


def _reachable(shapes: Mapping[str, Any], roots: set[str]) -> set[str]:
    found: set[str] = set()
    left = list(roots)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left.extend(_references(shapes[name]))
    return found


def text_of(model: Json) -> str:
    """One line per operation and shape, so that a change of the model reads well in a diff."""
    lines = []
    for section, content in model.items():
        if isinstance(content, dict):
            entries = (f"{json.dumps(name)}:{json.dumps(one, separators=(',', ':'))}" for name, one in content.items())
            lines.append(f"{json.dumps(section)}:{{\n" + ",\n".join(entries) + "\n}")
        else:
            lines.append(f"{json.dumps(section)}:{json.dumps(content)}")
    return "{" + ",\n".join(lines) + "}\n"


def main(arguments: list[str]) -> int:
    text = text_of(trimmed(botocore.loaders.Loader().load_service_model(SERVICE, "service-2", VERSION)))
    if arguments == ["--check"]:
        if TARGET.read_text("utf-8") == text:
            return 0
        print(f"{TARGET.name} differs from the installed botocore: run `python -m scripts.wire_model`")
        return 1
    TARGET.write_text(text, "utf-8")
    print(f"{TARGET.name}: {len(text):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
