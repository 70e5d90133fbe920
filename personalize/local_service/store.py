"""Every resource of the service, in memory, by ARN. Names are unique per region because the ARN is made of both."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from personalize.local_service.errors import already_exists, in_use, not_found
from personalize.local_service.kinds import Kind

Json = dict[str, Any]
UNFINISHED = ("CREATE PENDING", "CREATE IN_PROGRESS", "CREATE STOPPING")


@dataclass
class Resource:
    """``body`` is what Describe answers; ``parents`` (list filter member -> ARN) what it hangs on; ``content`` what
    the service keeps for itself: rows of a dataset, a trained model."""

    kind: Kind
    arn: str
    body: Json
    parents: dict[str, str] = field(default_factory=dict)
    content: Any = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> str:
        return self.body.get("status", "ACTIVE")

    @property
    def unfinished(self) -> bool:
        return self.status in UNFINISHED


class Store:
    """Whoever reads and then writes holds ``lock`` for both."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._resources: dict[str, Resource] = {}

    def add(self, resource: Resource) -> None:
        """Raises ResourceAlreadyExistsException: of two callers at once, one wins."""
        with self.lock:
            if resource.arn in self._resources:
                raise already_exists(resource.kind.label, resource.arn)
            now = time.time()
            resource.body.setdefault("creationDateTime", now)
            resource.body.setdefault("lastUpdatedDateTime", now)
            self._resources[resource.arn] = resource

    def find(self, arn: str | None) -> Resource | None:
        return self._resources.get(arn or "")

    def get(self, arn: str, kind: Kind | None = None) -> Resource:
        """Raises ResourceNotFoundException, also for an ARN of another kind."""
        found = self._resources.get(arn)
        if found is None or (kind is not None and found.kind is not kind):
            raise not_found(arn)
        return found

    def ready(self, arn: str, kind: Kind) -> Resource:
        """The resource, which must be ACTIVE to build upon. Raises ResourceNotFound or ResourceInUse."""
        found = self.get(arn, kind)
        if found.status != "ACTIVE":
            raise in_use(f"{kind.label} {arn} is in status {found.status}; it must be ACTIVE.")
        return found

    def of_kind(self, kind: Kind, **parents: str) -> list[Resource]:
        """In order of creation; ``parents`` are compared with those of the resources."""
        with self.lock:
            return [
                resource
                for resource in self._resources.values()
                if resource.kind is kind and all(resource.parents.get(k) == arn for k, arn in parents.items())
            ]

    def children(self, resource: Resource) -> list[Resource]:
        with self.lock:
            return [other for other in self._resources.values() if resource.arn in other.parents.values()]

    def remove(self, resource: Resource) -> None:
        with self.lock:
            self._resources.pop(resource.arn, None)
