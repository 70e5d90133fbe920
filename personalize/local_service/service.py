"""The service behind the wire: resources, their lives, and one function per operation."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from personalize.local_service.errors import limit_exceeded, not_served
from personalize.local_service.kinds import Kind
from personalize.local_service.lifecycle import Lifecycle
from personalize.local_service.role_trust import Roles
from personalize.local_service.s3_files import S3Files
from personalize.local_service.settings import Settings
from personalize.local_service.store import Resource, Store

Json = dict[str, Any]
ACCOUNT = "000000000000"
CONTROL_PAGE = "/_kit/personalize"
OPERATION_FILES = (
    "any_resource", "batch_inference", "batch_segments", "campaigns", "datasets", "events", "export_jobs", "filters",
    "import_jobs", "recipes", "recommendations", "recommenders", "schemas", "solution_versions", "solutions", "tags",
)  # fmt: skip


@dataclass(frozen=True)
class Caller:
    """Where a call came in: the region it was signed for, and the endpoint, where S3 is found too."""

    region: str
    endpoint_url: str

    def arn(self, path: str, name: str) -> str:
        return f"arn:aws:personalize:{self.region}:{ACCOUNT}:{path}/{name}"


Operation = Callable[["Service", Caller, Json], Json]


class Service:
    """Shared by all requests; everything in it is safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store()
        self.lifecycle = Lifecycle(settings, self.store.lock)
        self._operations = _operations()
        self._files: dict[str, S3Files] = {}
        self._roles: dict[str, Roles] = {}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Service:
        return cls(Settings.from_environment(environment))

    def perform(self, operation: str, request: Json, caller: Caller) -> Json:
        """Raises ServiceError, always with the name that the model has for it."""
        self.settings.admit(operation)
        function = self._operations.get(operation)
        if function is None:
            raise not_served(operation)
        return function(self, caller, request)

    def files(self, caller: Caller) -> S3Files:
        """S3 at the endpoint that was called."""
        with self.store.lock:
            if caller.endpoint_url not in self._files:
                self._files[caller.endpoint_url] = S3Files(caller.endpoint_url, caller.region)
            return self._files[caller.endpoint_url]

    def demand_role(self, caller: Caller, arn: str) -> None:
        """Raises InvalidInputException when IAM says that Personalize can't take the role. Not under the store's lock."""
        with self.store.lock:
            if caller.endpoint_url not in self._roles:
                self._roles[caller.endpoint_url] = Roles.at(caller.endpoint_url, ACCOUNT, caller.region)
            roles = self._roles[caller.endpoint_url]
        roles.demand(arn)

    def start(
        self, operation: str, resource: Resource, work: Callable[[], None] | None = None,
        done: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        """Add a resource and let its creation run."""
        with self.store.lock:
            self.store.add(resource)
            failure = self.settings.take_failure(operation)
            self.lifecycle.create(resource.body, work, failure=failure, done=done)

    def check_quota(self, quota: str, kind: Kind, *, pending: bool = False, **parents: str) -> None:
        """Raises LimitExceededException when one more would be over ``quota``. Call under the store's lock."""
        most = self.settings.quotas[quota]
        existing = self.store.of_kind(kind, **parents)
        if pending:
            existing = [resource for resource in existing if resource.unfinished]
        if len(existing) >= most:
            state = "pending or in progress " if pending else ""
            raise limit_exceeded(f"You have {len(existing)} {state}{kind.label}s; the quota is {most}.")


def _operations() -> dict[str, Operation]:
    found: dict[str, Operation] = {}
    for name in OPERATION_FILES:
        found.update(importlib.import_module(f"personalize.local_service.operations.{name}").OPERATIONS)
    return found
