"""An endpoint: one address of one person on one channel, as the engine holds it and as Pinpoint's API names it."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from engagement.domain.refusal import Refusal

PUSH_CHANNEL_TYPES = frozenset(
    {"PUSH", "GCM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "ADM", "BAIDU"}
)
CHANNEL_TYPES = PUSH_CHANNEL_TYPES | {"SMS", "VOICE", "EMAIL", "CUSTOM", "IN_APP"}
DEMOGRAPHIC_FIELDS = frozenset(
    {"AppVersion", "Locale", "Make", "Model", "ModelVersion", "Platform", "PlatformVersion", "Timezone"}
)
LOCATION_FIELDS = frozenset({"City", "Country", "Latitude", "Longitude", "PostalCode", "Region"})

SHARDS = 16
COHORTS = 100
MAX_ENDPOINT_BYTES = 15 * 1024
MAX_USER_ENDPOINTS = 15


NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is stored, with the attributes of its user joined in.

    Dates are ISO-8601 strings in UTC with milliseconds and Z. ``revision`` changes with every write of this endpoint.
    """

    id: str
    app_id: str
    address: str | None = None
    channel_type: str | None = None
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    demographic: Mapping[str, str] = field(default_factory=dict)
    location: Mapping[str, Any] = field(default_factory=dict)
    user_id: str | None = None
    user_attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    opt_out: str = "NONE"
    endpoint_status: str = "ACTIVE"
    effective_date: str = ""
    creation_date: str = ""
    request_id: str = ""
    cohort_id: str = "0"
    revision: int = 0

    @property
    def active(self) -> bool:
        return self.endpoint_status == "ACTIVE"


class EndpointUpdate(NamedTuple):
    """A partial change: None and empty maps keep what is stored; a map's key replaces its value, "" or [] removes it.

    A tuple, because an import makes a million of them and tuples are the cheapest objects that have names.
    ``requires_address`` refuses a new endpoint without Address and ChannelType (imports); ``create_only`` leaves an
    existing endpoint as it is; ``creation_date`` and ``cohort_id`` count only when the endpoint is new.
    """

    id: str
    address: str | None = None
    channel_type: str | None = None
    attributes: Mapping[str, Sequence[str]] = NOTHING
    metrics: Mapping[str, float] = NOTHING
    demographic: Mapping[str, str] = NOTHING
    location: Mapping[str, Any] = NOTHING
    user_id: str | None = None
    user_attributes: Mapping[str, Sequence[str]] = NOTHING
    opt_out: str | None = None
    endpoint_status: str | None = None
    effective_date: str | None = None
    request_id: str | None = None
    creation_date: str | None = None
    cohort_id: str | None = None
    requires_address: bool = False
    create_only: bool = False


@dataclass(frozen=True)
class UpdateOutcome:
    """What became of one update: the endpoint as it is stored now, or why the update was refused."""

    endpoint: Endpoint | None = None
    refusal: Refusal | None = None

    @property
    def reason(self) -> str | None:
        return self.refusal.message if self.refusal else None


def endpoint_document(endpoint: Endpoint) -> dict[str, Any]:
    """The endpoint in the names of Pinpoint's EndpointResponse.

    Used for API answers, template contexts, transformer and hook events and segment tests. Maps that hold nothing are
    empty objects; Address and ChannelType are absent when they were never given.
    """
    user: dict[str, Any] = {}
    if endpoint.user_id is not None:
        user["UserId"] = endpoint.user_id
    if user or endpoint.user_attributes:
        user["UserAttributes"] = _lists(endpoint.user_attributes)
    document: dict[str, Any] = {
        "ApplicationId": endpoint.app_id,
        "Id": endpoint.id,
        "Attributes": _lists(endpoint.attributes),
        "Metrics": dict(endpoint.metrics),
        "Demographic": dict(endpoint.demographic),
        "Location": dict(endpoint.location),
        "User": user,
        "OptOut": endpoint.opt_out,
        "EndpointStatus": endpoint.endpoint_status,
        "EffectiveDate": endpoint.effective_date,
        "CreationDate": endpoint.creation_date,
        "CohortId": endpoint.cohort_id,
        "RequestId": endpoint.request_id,
    }
    if endpoint.address is not None:
        document["Address"] = endpoint.address
    if endpoint.channel_type is not None:
        document["ChannelType"] = endpoint.channel_type
    return document


def endpoint_from_document(document: Mapping[str, Any], *, revision: int = 0) -> Endpoint:
    """The inverse of ``endpoint_document``; members that are absent take their defaults."""
    user = document.get("User") or {}
    return Endpoint(
        id=document["Id"],
        app_id=document["ApplicationId"],
        address=document.get("Address"),
        channel_type=document.get("ChannelType"),
        attributes=document.get("Attributes") or {},
        metrics=document.get("Metrics") or {},
        demographic=document.get("Demographic") or {},
        location=document.get("Location") or {},
        user_id=user.get("UserId"),
        user_attributes=user.get("UserAttributes") or {},
        opt_out=document.get("OptOut", "NONE"),
        endpoint_status=document.get("EndpointStatus", "ACTIVE"),
        effective_date=document.get("EffectiveDate", ""),
        creation_date=document.get("CreationDate", ""),
        request_id=document.get("RequestId", ""),
        cohort_id=document.get("CohortId", "0"),
        revision=revision,
    )


def with_user_attributes(endpoint: Endpoint, attributes: Mapping[str, Sequence[str]]) -> Endpoint:
    """The endpoint with the attributes of its user joined in."""
    return replace(endpoint, user_attributes=attributes)


def endpoint_bytes(endpoint: Endpoint) -> int:
    """Size of the endpoint as compact UTF-8 JSON: what the 15 KB limit counts."""
    text = json.dumps(endpoint_document(endpoint), ensure_ascii=False, separators=(",", ":"))
    return len(text.encode())


def shard_of(endpoint_id: str, shards: int = SHARDS) -> int:
    """The shard of the audience that holds this id: stable for ever, the same on every machine."""
    return zlib.crc32(endpoint_id.encode()) % shards


def cohort_of(app_id: str, endpoint_id: str) -> str:
    """Cohort "0".."99": fixed by the ids, so that a repeated write never moves a person to another one."""
    digest = hashlib.sha256(f"{app_id}/{endpoint_id}".encode()).digest()
    return str(int.from_bytes(digest[:8], "big") % COHORTS)


def _lists(attributes: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: list(values) for name, values in attributes.items()}
