"""From a JSON object in Pinpoint's names to a checked ``EndpointUpdate``: API items and lines of JSON files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engagement.domain.endpoint import DEMOGRAPHIC_FIELDS, LOCATION_FIELDS, EndpointUpdate
from engagement.domain.endpoint_fields import (
    SCALARS,
    attribute_name,
    attribute_values,
    identifier,
    number,
    proposal,
    refuse,
)

TOP_MEMBERS = frozenset(SCALARS) - {name for name in SCALARS if "." in name} | {
    "Attributes",
    "Demographic",
    "Location",
    "Metrics",
    "User",
}


def endpoint_update(endpoint_id: str, document: Mapping[str, Any], *, path: str = "") -> EndpointUpdate:
    """The update that an EndpointRequest or EndpointBatchItem asks for. Members that are null count as absent.

    ``path`` is put before every path of a message (``Item[3].``). Raises Refused at the first broken rule.
    """
    given = {name: value for name, value in document.items() if value is not None and name != "Id"}
    _known(path, given, TOP_MEMBERS)

    def scalar(name: str) -> Any:
        return SCALARS[name](path + name, given[name]) if name in given else None

    user = _object(f"{path}User", given.get("User"), frozenset(("UserId", "UserAttributes")))
    return EndpointUpdate(
        id=identifier(f"{path}Id", endpoint_id),
        address=scalar("Address") or None,
        channel_type=scalar("ChannelType"),
        attributes=_lists(f"{path}Attributes", given.get("Attributes")),
        metrics=_map(f"{path}Metrics", given.get("Metrics"), number),
        demographic=_fields(path, "Demographic", given.get("Demographic"), DEMOGRAPHIC_FIELDS),
        location=_fields(path, "Location", given.get("Location"), LOCATION_FIELDS),
        user_id=identifier(f"{path}User.UserId", user["UserId"]) if user.get("UserId") else None,
        user_attributes=_lists(f"{path}User.UserAttributes", user.get("UserAttributes")),
        opt_out=scalar("OptOut"),
        endpoint_status=scalar("EndpointStatus"),
        effective_date=scalar("EffectiveDate"),
        request_id=scalar("RequestId"),
    )


def _object(path: str, value: Any, members: frozenset[str] | None = None) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise refuse(path, value, "is not an object", "write { ... } with one member per name")
    given = {name: member for name, member in value.items() if member is not None}
    if members is not None:
        _known(f"{path}.", given, members)
    return given


def _known(path: str, given: Mapping[str, Any], members: frozenset[str]) -> None:
    for name in given:
        if name not in members:
            remedy = proposal(name, members) or f"use one of {', '.join(sorted(members))}"
            raise refuse(f"{path}{name}"[:100], None, "is not a member that Pinpoint knows", remedy)


def _fields(path: str, group: str, value: Any, members: frozenset[str]) -> dict[str, Any]:
    """A fixed group of scalars; an empty string asks to remove the field."""
    given = _object(path + group, value, members)
    return {
        name: "" if field == "" else SCALARS[f"{group}.{name}"](f"{path}{group}.{name}", field)
        for name, field in given.items()
    }


def _lists(path: str, value: Any) -> dict[str, list[str]]:
    return _map(path, value, attribute_values)


def _map(path: str, value: Any, check: Callable[[str, Any], Any]) -> dict[str, Any]:
    """A map with free names; each name and each value is checked."""
    given = _object(path, value)
    return {attribute_name(path, name): check(f"{path}.{name}", member) for name, member in given.items()}
