"""In-memory audience: the ports Endpoints and SegmentMembers on plain dictionaries, with the domain's own rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from engagement.domain.endpoint import SHARDS, Endpoint, EndpointUpdate, UpdateOutcome, shard_of, with_user_attributes
from engagement.domain.endpoint_merge import Key, Record, User, merge, records_beside, remove


class RecordStore:
    """The records of one app; what ``merge`` reads from and what its changes are written to."""

    def __init__(self) -> None:
        self.records: dict[Key, Record] = {}

    def get(self, key: Key) -> Any:
        return self.records.get(key)

    def write(self, changes: Mapping[Key, Record | None]) -> None:
        for key, record in changes.items():
            if record is None:
                del self.records[key]
            else:
                self.records[key] = record


class FakeEndpoints:
    """ports.Endpoints. ``before_apply`` (a list of exceptions) makes the next calls of ``apply`` fail, oldest first."""

    shards = SHARDS

    def __init__(self) -> None:
        self._apps: dict[str, RecordStore] = {}
        self.before_apply: list[Exception] = []

    def get(self, app_id: str, endpoint_id: str) -> Endpoint | None:
        return self.get_many(app_id, [endpoint_id]).get(endpoint_id)

    def get_many(self, app_id: str, endpoint_ids: Sequence[str]) -> dict[str, Endpoint]:
        store = self._store(app_id)
        found = {endpoint_id: store.get(("endpoint", endpoint_id)) for endpoint_id in endpoint_ids}
        return {endpoint_id: self._joined(app_id, record) for endpoint_id, record in found.items() if record}

    def of_user(self, app_id: str, user_id: str) -> list[Endpoint]:
        return self.of_users(app_id, [user_id]).get(user_id, [])

    def of_users(self, app_id: str, user_ids: Sequence[str]) -> dict[str, list[Endpoint]]:
        users = {user_id: self._store(app_id).get(("user", user_id)) for user_id in user_ids}
        return {
            user_id: list(self.get_many(app_id, user.endpoint_ids).values()) for user_id, user in users.items() if user
        }

    def apply(
        self, app_id: str, updates: Sequence[EndpointUpdate], now: datetime, *, together: bool = False
    ) -> list[UpdateOutcome]:
        if self.before_apply:
            raise self.before_apply.pop(0)
        before = dict(self._store(app_id).records)
        outcomes = []
        for update in updates:
            merged = merge(self._store(app_id), app_id, update, now)
            self._store(app_id).write(merged.changes)
            outcomes.append(merged.outcome)
        if together and any(outcome.refusal for outcome in outcomes):
            self._store(app_id).records = before
        return outcomes

    def delete(self, app_id: str, endpoint_id: str) -> Endpoint | None:
        endpoint, changes = remove(self._store(app_id), endpoint_id, datetime(2026, 1, 1, tzinfo=UTC))
        self._store(app_id).write(changes)
        return endpoint

    def scan(self, app_id: str, shard: int, *, after: str | None = None) -> Iterator[Endpoint]:
        ids = sorted(name for kind, name in self._store(app_id).records if kind == "endpoint")
        for endpoint_id in ids:
            if shard_of(endpoint_id, self.shards) == shard and (after is None or endpoint_id > after):
                endpoint = self.get(app_id, endpoint_id)
                if endpoint is not None:
                    yield endpoint

    def remove_some(self, app_id: str, shard: int, *, limit: int = 500) -> int:
        found = list(islice(self.scan(app_id, shard), limit))
        self._store(app_id).records.pop(("names", ""), None)
        for endpoint in found:
            for key in [("endpoint", endpoint.id), *records_beside(endpoint)]:
                self._store(app_id).records.pop(key, None)
        return len(found)

    def _store(self, app_id: str) -> RecordStore:
        return self._apps.setdefault(app_id, RecordStore())

    def _joined(self, app_id: str, endpoint: Endpoint) -> Endpoint:
        if endpoint.user_id is None:
            return endpoint
        user: User | None = self._store(app_id).get(("user", endpoint.user_id))
        return with_user_attributes(endpoint, user.attributes if user else {})


class FakeSegmentMembers:
    """ports.SegmentMembers."""

    def __init__(self, shards: int = SHARDS) -> None:
        self.shards = shards
        self.parts: dict[tuple[str, str, str], list[str]] = {}

    def add(self, app_id: str, segment_id: str, part: str, endpoint_ids: Iterable[str]) -> None:
        self.parts[app_id, segment_id, part] = list(endpoint_ids)

    def read(self, app_id: str, segment_id: str, shard: int) -> set[str]:
        return {
            endpoint_id
            for (app, segment, _), ids in self.parts.items()
            if (app, segment) == (app_id, segment_id)
            for endpoint_id in ids
            if shard_of(endpoint_id, self.shards) == shard
        }
