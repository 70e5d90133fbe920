"""Writing an answer by the service model: only the members that its shape has, under their wire names.

Documents hold private members (``_active_version``) beside Pinpoint's; whatever the shape does not know stays inside.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from engagement.api.service_model import Operation, service_model


def answer_body(operation: Operation, answer: Mapping[str, Any] | None, request_id: str) -> dict[str, Any] | None:
    """The body of a good answer: the content of the payload member; None when the operation answers no body.

    Where the shape has a RequestID that the operation left out, it is filled in.
    """
    shape_name = service_model().payload_shape(operation.output)
    if shape_name is None:
        return None
    body = wire_value(answer or {}, shape_name)
    if "RequestID" in service_model().shapes[shape_name]["members"]:
        body.setdefault("RequestID", request_id)
    return body


def wire_value(value: Any, shape_name: str) -> Any:
    """A value as JSON holds it; None members are left out."""
    shape = service_model().shapes[shape_name]
    kind = shape["type"]
    if kind == "structure":
        members = shape["members"]
        return {
            members[name].get("locationName", name): wire_value(content, members[name]["shape"])
            for name, content in value.items()
            if name in members and content is not None
        }
    if kind == "map":
        return {key: wire_value(one, shape["value"]["shape"]) for key, one in value.items() if one is not None}
    if kind == "list":
        return [wire_value(one, shape["member"]["shape"]) for one in value]
    if kind == "blob" and isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value
