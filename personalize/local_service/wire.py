"""From bytes to a checked operation request and back, by botocore's models of the three Personalize APIs."""

from __future__ import annotations

import functools
import json
import uuid
from dataclasses import dataclass
from typing import Any

from personalize.local_service.errors import ServiceError
from personalize.local_service.validation import check

Json = dict[str, Any]
TARGET_PREFIX = "AmazonPersonalize."
CONTROL_CONTENT = "application/x-amz-json-1.1"
REST_CONTENT = "application/json"


@dataclass(frozen=True)
class Call:
    """One operation as asked for: its name, its model and its checked input in the model's member names."""

    operation: str
    model: Any
    control: bool
    request: Json


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@functools.cache
def _model(service: str) -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model(service)


@functools.cache
def _rest_operations() -> dict[str, tuple[str, str]]:
    """Path -> (service, operation) of the two REST APIs; all of their operations are POST on fixed paths."""
    return {
        _model(service).operation_model(name).http["requestUri"]: (service, name)
        for service in ("personalize-runtime", "personalize-events")
        for name in _model(service).operation_names
    }


def is_control(headers: dict[str, str]) -> bool:
    return headers.get("x-amz-target", "").startswith(TARGET_PREFIX)


def read_call(method: str, path: str, headers: dict[str, str], body: bytes) -> Call:
    """Raises ServiceError for an unknown operation, a body that is not JSON, or a request that breaks the model."""
    control = is_control(headers)
    if control:
        service, operation = "personalize", headers["x-amz-target"][len(TARGET_PREFIX) :]
    else:
        service, operation = _rest_operations().get(path.rstrip("/"), ("", ""))
    if not service or (service == "personalize" and operation not in _model(service).operation_names):
        raise ServiceError(
            "UnknownOperationException", f"There is no operation {operation or f'{method} {path}'}.", 404
        )
    if method != "POST":
        raise ServiceError("UnknownOperationException", f"{operation} is called with POST, not {method}.", 405)
    model = _model(service).operation_model(operation)
    request = _parse(body)
    check(model.input_shape, request)
    known = {name: value for name, value in request.items() if name in model.input_shape.members and value is not None}
    return Call(operation, model, control, known)


def _parse(body: bytes) -> Json:
    try:
        request = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        raise ServiceError("SerializationException", "The request body is not JSON.") from None
    if not isinstance(request, dict):
        raise ServiceError("SerializationException", "The request body is not a JSON object.")
    return request


def write_answer(call: Call, result: Json) -> Answer:
    """Only members of the model's output go out; ``None`` is left out."""
    shape = call.model.output_shape
    body = b"" if shape is None and not call.control else json.dumps(_of_shape(shape, result)).encode()
    return Answer(200, _headers(call.control), body)


def write_error(error: ServiceError, *, control: bool, call: Call | None = None) -> Answer:
    """The body names the error for the JSON protocol, the header for the REST one; both are always there."""
    status = error.status
    for shape in call.model.error_shapes if call else ():
        if shape.name == error.code:
            status = shape.metadata.get("error", {}).get("httpStatusCode", status)
    body = json.dumps({"__type": error.code, "message": error.message}).encode()
    return Answer(status, {**_headers(control), "x-amzn-errortype": error.code}, body)


def _headers(control: bool) -> dict[str, str]:
    return {"content-type": CONTROL_CONTENT if control else REST_CONTENT, "x-amzn-requestid": str(uuid.uuid4())}


def _of_shape(shape: Any, value: Any) -> Any:
    if shape is None:
        return {}
    if shape.type_name == "structure":
        return {
            name: _of_shape(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if shape.type_name == "list":
        return [_of_shape(shape.member, member) for member in value]
    return value
