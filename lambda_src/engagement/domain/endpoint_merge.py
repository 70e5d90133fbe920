"""What a write does to the audience: pure functions over four kinds of records.

The rules are Pinpoint's (API reference, UpdateEndpoint; quotas page): an update merges, a user's attributes belong to
the user, one active endpoint per channel and address, at most 15 endpoints per user, 250 attribute names per app.
An adapter gives a ``Records`` to read from and stores the ``changes`` of the answer in one transaction, each under the
condition that the revision it read is still current.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from engagement.domain.email_address import same_mailbox
from engagement.domain.endpoint import (
    MAX_ENDPOINT_BYTES,
    MAX_USER_ENDPOINTS,
    PUSH_CHANNEL_TYPES,
    Endpoint,
    EndpointUpdate,
    UpdateOutcome,
    cohort_of,
    endpoint_bytes,
)
from engagement.domain.endpoint_fields import iso
from engagement.domain.refusal import Refusal

MAX_ATTRIBUTE_NAMES = 250
EVICTABLE = PUSH_CHANNEL_TYPES - {"PUSH"}  # Pinpoint turns away the 16th PUSH endpoint like an email address


@dataclass(frozen=True, slots=True)
class User:
    """The attributes that all endpoints of one user share, and the ids of those endpoints."""

    id: str
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    endpoint_ids: tuple[str, ...] = ()
    revision: int = 0


@dataclass(frozen=True, slots=True)
class AddressOwner:
    """The one active endpoint of a channel type and address. ``key`` is a hash: no address in a key or a log."""

    key: str
    endpoint_id: str
    revision: int = 0


@dataclass(frozen=True, slots=True)
class AttributeNames:
    """All attribute names that an app has ever used, kept as one record so that the limit costs no count."""

    names: frozenset[str] = frozenset()
    revision: int = 0


Record = Endpoint | User | AddressOwner | AttributeNames
Key = tuple[str, str]  # kind ("endpoint", "user", "address", "names") and id


class Records(Protocol):
    """Current records by key; None when there is none. Endpoints come without the attributes of their user."""

    def get(self, key: Key) -> Any: ...


@dataclass(frozen=True)
class Merged:
    """The outcome and the records it changes; None as a record deletes it. A refusal changes nothing."""

    outcome: UpdateOutcome
    changes: Mapping[Key, Record | None] = field(default_factory=dict)


class _Draft:
    """Records as they would be after the changes made so far."""

    def __init__(self, records: Records, now: datetime) -> None:
        self._records = records
        self._first_revision = int(now.timestamp() * 1000)
        self.changes: dict[Key, Record | None] = {}

    def get(self, key: Key) -> Any:
        return self.changes[key] if key in self.changes else self._records.get(key)

    def put(self, key: Key, record: Any) -> Any:
        """Keep a record with the next revision.

        A first revision is the time, not 1: a record deleted and made anew between a read and a write then never
        passes for the one that was read.
        """
        current = self._records.get(key)
        revision = current.revision + 1 if current is not None else self._first_revision
        self.changes[key] = replace(record, revision=revision)
        return self.changes[key]

    def delete(self, key: Key) -> None:
        if self._records.get(key) is None:
            self.changes.pop(key, None)
        else:
            self.changes[key] = None


def merge(records: Records, app_id: str, update: EndpointUpdate, now: datetime) -> Merged:
    """Apply one update. Merging the same update twice at the same time gives what merging it once gives."""
    current: Endpoint | None = records.get(("endpoint", update.id))
    if current is not None and update.create_only:
        return Merged(UpdateOutcome(endpoint=_joined(records, current)))
    draft = _Draft(records, now)
    merged = _merged_fields(app_id, current, update, now)
    refusal = _incomplete(current, merged, update) or _names_refusal(draft, update)
    if refusal is None:
        merged, refusal = _move_to_user(draft, current, merged, update)
    if refusal is None:
        _own_address(draft, current, merged)
        stored = draft.put(("endpoint", update.id), merged)
        answer = _joined(draft, stored)
        if (size := endpoint_bytes(answer)) <= MAX_ENDPOINT_BYTES:
            return Merged(UpdateOutcome(endpoint=answer), draft.changes)
        rule = f"the endpoint would have {size} bytes, the limit is {MAX_ENDPOINT_BYTES}"
        refusal = Refusal("Endpoint", rule, "remove attributes or shorten values")
    return Merged(UpdateOutcome(refusal=refusal))


def remove(records: Records, endpoint_id: str, now: datetime) -> tuple[Endpoint | None, Mapping[Key, Record | None]]:
    """Delete an endpoint; a user's attributes go with the last endpoint. Answers the endpoint as it was."""
    current: Endpoint | None = records.get(("endpoint", endpoint_id))
    if current is None:
        return None, {}
    answer = _joined(records, current)
    draft = _Draft(records, now)
    _release_address(draft, current)
    _leave_user(draft, current)
    draft.delete(("endpoint", endpoint_id))
    return answer, draft.changes


def address_key(channel_type: str, address: str) -> str:
    """One mailbox is one address, however it is written: people would be mailed once for each way."""
    if channel_type == "EMAIL":
        address = same_mailbox(address)
    return hashlib.sha256(f"{channel_type}\n{address}".encode()).hexdigest()


def keys_of(update: EndpointUpdate) -> list[Key]:
    """The records that an update certainly reads, known before anything was read."""
    keys: list[Key] = [("endpoint", update.id)]
    if update.user_id:
        keys.append(("user", update.user_id))
    if update.channel_type and update.address:
        keys.append(("address", address_key(update.channel_type, update.address)))
    if update.attributes or update.metrics or update.user_attributes:
        keys.append(("names", ""))
    return keys


def records_beside(endpoint: Endpoint) -> list[Key]:
    """The records of its own, of other kinds, in which something of an endpoint is stored."""
    keys: list[Key] = []
    if endpoint.user_id:
        keys.append(("user", endpoint.user_id))
    if endpoint.channel_type and endpoint.address:
        keys.append(("address", address_key(endpoint.channel_type, endpoint.address)))
    return keys


def _merged_fields(app_id: str, current: Endpoint | None, update: EndpointUpdate, now: datetime) -> Endpoint:
    written = iso(now)
    base = current or Endpoint(
        id=update.id,
        app_id=app_id,
        creation_date=update.creation_date or written,
        cohort_id=update.cohort_id or cohort_of(app_id, update.id),
    )
    return replace(
        base,
        address=update.address or base.address,
        channel_type=update.channel_type or base.channel_type,
        attributes=_merged_map(base.attributes, update.attributes),
        metrics={**base.metrics, **update.metrics},
        demographic=_merged_map(base.demographic, update.demographic),
        location=_merged_map(base.location, update.location),
        user_id=update.user_id or base.user_id,
        user_attributes=_merged_map(base.user_attributes, update.user_attributes),
        opt_out=update.opt_out or base.opt_out,
        endpoint_status=update.endpoint_status or "ACTIVE",
        effective_date=update.effective_date or written,
        request_id=update.request_id or base.request_id,
    )


def _merged_map(stored: Mapping[str, Any], changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keys replace their values; an empty list or string removes its key. Zero is a value."""
    if not changes:
        return stored
    return {name: value for name, value in {**stored, **changes}.items() if value not in ([], (), "")}


def _incomplete(current: Endpoint | None, merged: Endpoint, update: EndpointUpdate) -> Refusal | None:
    if current is not None or not update.requires_address:
        return None
    for path, value in (("Address", merged.address), ("ChannelType", merged.channel_type)):
        if not value:
            remedy = f"give {path}, or the Id of an endpoint that exists"
            return Refusal(path, "is missing, and there is no endpoint with this Id yet", remedy)
    return None


def _names_refusal(draft: _Draft, update: EndpointUpdate) -> Refusal | None:
    """Count the names that are new to the app against the limit, and remember them."""
    used = {f"Attributes.{name}" for name, values in update.attributes.items() if values}
    used |= {f"Metrics.{name}" for name in update.metrics}
    used |= {f"User.UserAttributes.{name}" for name, values in update.user_attributes.items() if values}
    if not used:
        return None
    known: AttributeNames = draft.get(("names", "")) or AttributeNames()
    new = used - known.names
    if not new:
        return None
    if len(known.names) + len(new) > MAX_ATTRIBUTE_NAMES:
        rule = (
            f"is one of {len(new)} new attribute names, the app already has {len(known.names)} of at most "
            f"{MAX_ATTRIBUTE_NAMES}"
        )
        return Refusal(min(new), rule, "use a name that exists; names count over attributes, metrics, user attributes")
    draft.put(("names", ""), AttributeNames(known.names | new))
    return None


def _move_to_user(
    draft: _Draft, current: Endpoint | None, merged: Endpoint, update: EndpointUpdate
) -> tuple[Endpoint, Refusal | None]:
    """Make the endpoint one of its user's and its user attributes the user's. Without a user it keeps its own."""
    if merged.user_id is None:
        return merged, None
    key = ("user", merged.user_id)
    user: User = draft.get(key) or User(merged.user_id)
    own = current.user_attributes if current is not None and current.user_id is None else {}
    attributes = _merged_map({**own, **user.attributes}, update.user_attributes)
    if merged.id not in user.endpoint_ids:
        refusal = _make_room(draft, user, merged)
        if refusal is not None:
            return merged, refusal
        user = draft.get(key) or User(merged.user_id)
        user = replace(user, endpoint_ids=(*user.endpoint_ids, merged.id))
    if current is not None and current.user_id not in (None, merged.user_id):
        _leave_user(draft, current)
    user = replace(user, attributes=attributes)
    if user != draft.get(key):
        draft.put(key, user)
    return replace(merged, user_attributes={}), None


def _make_room(draft: _Draft, user: User, joining: Endpoint) -> Refusal | None:
    """The rule for the 16th endpoint: a push endpoint takes the place of the user's oldest one, others are refused."""
    if len(user.endpoint_ids) < MAX_USER_ENDPOINTS:
        return None
    push: list[Endpoint] = []
    if joining.channel_type in EVICTABLE:
        endpoints = [draft.get(("endpoint", endpoint_id)) for endpoint_id in user.endpoint_ids]
        push = [endpoint for endpoint in endpoints if endpoint is not None and endpoint.channel_type in EVICTABLE]
    if not push:
        rule = f"already has {MAX_USER_ENDPOINTS} endpoints, the limit of a user"
        return Refusal("User.UserId", rule, "delete an endpoint of this user first", user.id)
    oldest = min(push, key=lambda endpoint: (endpoint.effective_date, endpoint.id))
    _release_address(draft, oldest)
    _leave_user(draft, oldest)
    draft.put(("endpoint", oldest.id), replace(oldest, user_id=None, endpoint_status="INACTIVE"))
    return None


def _leave_user(draft: _Draft, endpoint: Endpoint) -> None:
    if endpoint.user_id is None:
        return
    key = ("user", endpoint.user_id)
    user: User | None = draft.get(key)
    if user is None or endpoint.id not in user.endpoint_ids:
        return
    left = tuple(endpoint_id for endpoint_id in user.endpoint_ids if endpoint_id != endpoint.id)
    if left:
        draft.put(key, replace(user, endpoint_ids=left))
    else:
        draft.delete(key)


def _own_address(draft: _Draft, current: Endpoint | None, merged: Endpoint) -> None:
    """Make this the one active endpoint of its address; the one before becomes INACTIVE."""
    if current is not None and _address(current) != _address(merged):
        _release_address(draft, current)
    if not merged.active:
        _release_address(draft, merged)
        return
    key = _address(merged)
    if key is None:
        return
    owner: AddressOwner | None = draft.get(key)
    if owner is not None and owner.endpoint_id == merged.id:
        return
    if owner is not None:
        older: Endpoint | None = draft.get(("endpoint", owner.endpoint_id))
        if older is not None and older.active and _address(older) == key:
            draft.put(("endpoint", older.id), replace(older, endpoint_status="INACTIVE"))
    draft.put(key, AddressOwner(key[1], merged.id))


def _release_address(draft: _Draft, endpoint: Endpoint) -> None:
    key = _address(endpoint)
    if key is not None:
        owner: AddressOwner | None = draft.get(key)
        if owner is not None and owner.endpoint_id == endpoint.id:
            draft.delete(key)


def _address(endpoint: Endpoint) -> Key | None:
    if endpoint.channel_type and endpoint.address:
        return ("address", address_key(endpoint.channel_type, endpoint.address))
    return None


def _joined(records: Records | _Draft, endpoint: Endpoint) -> Endpoint:
    """The endpoint with the attributes of its user."""
    if endpoint.user_id is None:
        return endpoint
    user: User | None = records.get(("user", endpoint.user_id))
    return replace(endpoint, user_attributes=user.attributes if user is not None else {})
