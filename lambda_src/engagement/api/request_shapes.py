"""Parsing and checking a request by the service model: path labels, query string, and the body as one member.

What breaks a rule raises BadRequest with JSON path, value and rule. Members that the model does not know are ignored,
as AWS's REST-JSON services do, so that clients of a newer model work; null counts as absent.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from engagement.api.service_model import Operation, Shape, service_model
from engagement.domain.refusal import hidden, shown
from engagement.errors import BadRequest, PayloadTooLarge

MAX_BODY_BYTES = 5_500_000
INTEGER_BITS = {"integer": 32, "long": 64}


def parse_request(
    operation: Operation, labels: Mapping[str, str], query: Mapping[str, Sequence[str]], body: bytes
) -> dict[str, Any]:
    """The operation's input in the model's member names. Raises BadRequest, PayloadTooLarge."""
    if len(body) > MAX_BODY_BYTES:
        raise PayloadTooLarge(f"the body has {len(body)} bytes, the limit is {MAX_BODY_BYTES}; split the request")
    shape = service_model().shapes[operation.input]
    request: dict[str, Any] = {}
    for name, member in shape["members"].items():
        location = member.get("location")
        if location == "uri":
            request[name] = _string(labels[member["locationName"]], service_model().shapes[member["shape"]], name)
        elif location == "querystring":
            given = query.get(member["locationName"])
            if given:
                request[name] = _query_value(given, member["shape"], name)
        elif name == shape.get("payload"):
            request[name] = _value(_json_object(body, name), member["shape"], name)
    _require(request, shape, "")
    return request


def _json_object(body: bytes, path: str) -> dict[str, Any]:
    if not body.strip():
        raise BadRequest(f"{path}: the request has no body; send a JSON object")
    try:
        content = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise BadRequest(f"{path}: the body is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise BadRequest(
            f"{path}: the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise BadRequest(f"{path}: the body is nested too deeply") from None
    except ValueError as error:
        raise BadRequest(f"{path}: the body is not JSON: {str(error)[:80]}") from None
    if not isinstance(content, dict):
        raise BadRequest(f"{path}: the body is {_kind(content)}, it must be a JSON object")
    return content


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


def _query_value(given: Sequence[str], shape_name: str, path: str) -> Any:
    shape = service_model().shapes[shape_name]
    if shape["type"] == "list":
        return [_value(one, shape["member"]["shape"], f"{path}[{index}]") for index, one in enumerate(given)]
    text = given[-1]
    if shape["type"] == "boolean":
        if text not in ("true", "false"):
            raise _refused(path, text, "is not true or false")
        return text == "true"
    return _value(text, shape_name, path)


def _value(value: Any, shape_name: str, path: str) -> Any:
    shape = service_model().shapes[shape_name]
    return _PARSERS[shape["type"]](value, shape, path)


def _structure(value: Any, shape: Shape, path: str) -> dict[str, Any]:
    given = _object(value, path)
    parsed = {}
    for name, member in shape["members"].items():
        content = given.get(member.get("locationName", name))
        if content is not None:
            parsed[name] = _value(content, member["shape"], f"{path}.{name}")
    _require(parsed, shape, f"{path}.")
    return parsed


def _require(parsed: Mapping[str, Any], shape: Shape, path: str) -> None:
    for name in shape.get("required", ()):
        if name not in parsed:
            raise BadRequest(f"{path}{name}: is missing, and it is required")


def _map(value: Any, shape: Shape, path: str) -> dict[str, Any]:
    given = _object(value, path)
    content = shape["value"]["shape"]
    return {
        _string(key, {}, path): _value(one, content, f"{path}.{hidden(key[:50])}")
        for key, one in given.items()
        if one is not None
    }


def _object(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _refused(path, value, f"is {_kind(value)}, it must be an object")
    return value


def _list(value: Any, shape: Shape, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise _refused(path, value, f"is {_kind(value)}, it must be a list")
    return [_value(one, shape["member"]["shape"], f"{path}[{index}]") for index, one in enumerate(value)]


def _string(value: Any, shape: Shape, path: str) -> str:
    if not isinstance(value, str):
        raise _refused(path, value, f"is {_kind(value)}, it must be a string")
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise _refused(path, value, "holds half of a surrogate pair, which is not a character")
    if "enum" in shape and value not in shape["enum"]:
        raise _refused(path, value, f"is not one of {', '.join(shape['enum'])}")
    return value


def _boolean(value: Any, shape: Shape, path: str) -> bool:
    if not isinstance(value, bool):
        raise _refused(path, value, f"is {_kind(value)}, it must be true or false")
    return value


def _integer(value: Any, shape: Shape, path: str) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _refused(path, value, f"is {_kind(value)}, it must be a whole number")
    if not -(1 << INTEGER_BITS[shape["type"]] - 1) <= value < 1 << INTEGER_BITS[shape["type"]] - 1:
        raise BadRequest(f"{path}: the number does not fit into {INTEGER_BITS[shape['type']]} bits")
    return value


def _double(value: Any, shape: Shape, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused(path, value, f"is {_kind(value)}, it must be a number")
    if not (isinstance(value, int) and abs(value) < 1 << 53) and not _finite(value):
        raise BadRequest(f"{path}: the number is too large")
    return value


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _timestamp(value: Any, shape: Shape, path: str) -> str:
    """ISO-8601 in UTC, or seconds since 1970 where the model says so; kept as ISO text, which a document can hold."""
    try:
        if shape.get("timestampFormat") == "unixTimestamp" and not isinstance(value, str):
            moment = datetime.fromtimestamp(_double(value, {}, path), UTC)
        else:
            moment = datetime.fromisoformat(_string(value, {}, path).replace("Z", "+00:00"))
    except (ValueError, OverflowError, OSError):
        raise _refused(path, value, "is not a date such as 2027-01-31T09:30:00Z") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _blob(value: Any, shape: Shape, path: str) -> bytes:
    try:
        return base64.b64decode(_string(value, {}, path), validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest(f"{path}: is not base64") from None


def _refused(path: str, value: Any, rule: str) -> BadRequest:
    shown_value = shown(path, value) if isinstance(value, str | int | float) else "..."
    return BadRequest(f"{path}: value '{shown_value}' {rule}")


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


_PARSERS: dict[str, Callable[[Any, Shape, str], Any]] = {
    "structure": _structure,
    "map": _map,
    "list": _list,
    "string": _string,
    "boolean": _boolean,
    "integer": _integer,
    "long": _integer,
    "double": _double,
    "timestamp": _timestamp,
    "blob": _blob,
}
