"""What the use cases need from the outside world, as small Protocols. ``adapters`` fit AWS to them, tests fit fakes.

Every adapter translates botocore errors into ``engagement.errors``; no port ever raises a ClientError.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from engagement.domain.endpoint import Endpoint, EndpointUpdate, UpdateOutcome

Json = dict[str, Any]


class Clock(Protocol):
    def now(self) -> datetime:
        """The time now, aware, in UTC."""


@dataclass(frozen=True)
class Document:
    """A stored JSON document. ``version`` counts what Pinpoint calls versions (1, 2, ...); ``revision`` counts writes."""

    id: str
    body: Json
    version: int = 1
    revision: int = 1


@dataclass(frozen=True)
class Page:
    """One page of a listing; ``after`` is the id to continue behind, None on the last page."""

    items: Sequence[Document]
    after: str | None = None


class Documents(Protocol):
    """Apps, segments, templates, campaigns, jobs, recommenders: small JSON documents in named collections.

    A collection is a path such as ``apps``, ``apps/<app id>/segments``, ``templates/EMAIL``. Reads are strongly
    consistent. Writes are conditional: a lost race raises ``Conflict``, never overwrites.
    """

    def create(self, collection: str, document_id: str, body: Json) -> Document:
        """Store version 1. Raises Conflict when the id is taken."""

    def get(self, collection: str, document_id: str, version: int | None = None) -> Document | None:
        """The latest version, or the version asked for."""

    def put(self, collection: str, document: Document, *, new_version: bool = False) -> Document:
        """Replace the latest version if ``document.revision`` is still current, else Conflict.

        With ``new_version`` the old version stays readable and the body becomes version + 1.
        """

    def delete(self, collection: str, document_id: str) -> Document | None:
        """Remove every version; answers the latest one, or None when there was none."""

    def list(self, collection: str, *, after: str | None = None, limit: int = 100) -> Page:
        """Latest versions in id order."""

    def versions(self, collection: str, document_id: str, *, after: str | None = None, limit: int = 100) -> Page:
        """All versions, newest first; ``after`` is a version number as a string."""


class Endpoints(Protocol):
    """The audience. Reads are read-your-writes; user attributes are joined in."""

    shards: int

    def get(self, app_id: str, endpoint_id: str) -> Endpoint | None: ...

    def get_many(self, app_id: str, endpoint_ids: Sequence[str]) -> dict[str, Endpoint]:
        """Those that exist, by id; any number of ids."""

    def of_user(self, app_id: str, user_id: str) -> list[Endpoint]: ...

    def apply(self, app_id: str, updates: Sequence[EndpointUpdate], now: datetime) -> list[UpdateOutcome]:
        """Merge each update with what is stored (domain/endpoint.py) under optimistic locking, in order.

        One outcome per update: the stored endpoint, or the reason why this one was refused. Raises Unavailable or
        TooManyRequests when the store cannot take more now; what was applied stays applied, a repeat changes nothing.
        """

    def delete(self, app_id: str, endpoint_id: str) -> Endpoint | None: ...

    def scan(self, app_id: str, shard: int, *, after: str | None = None) -> Iterator[Endpoint]:
        """All endpoints of one shard (0 <= shard < shards) in id order, behind id ``after``."""


class SegmentMembers(Protocol):
    """Members of imported segments: endpoint ids, by shard of the audience."""

    def add(self, app_id: str, segment_id: str, part: str, endpoint_ids: Iterable[str]) -> None:
        """Add ids; ``part`` names their source (job, piece, offset): adding a part again replaces it."""

    def read(self, app_id: str, segment_id: str, shard: int) -> set[str]: ...


@dataclass(frozen=True)
class StoredObject:
    key: str
    size: int


class Files(Protocol):
    """Objects in S3. ``bucket`` None means the data bucket. Raises NotFound, Forbidden, Unavailable."""

    def list(self, prefix: str, *, bucket: str | None = None) -> Iterator[StoredObject]: ...

    def open(self, key: str, *, bucket: str | None = None, start: int = 0) -> Iterator[bytes]:
        """Chunks of bytes from byte ``start`` to the end."""

    def read(self, key: str, *, bucket: str | None = None) -> bytes: ...

    def write(self, key: str, body: bytes, *, content_type: str = "application/json") -> None: ...


class Queue(Protocol):
    """One SQS queue."""

    def send(self, messages: Sequence[Json], *, delay_seconds: int = 0) -> None:
        """Send any number of messages. Raises Unavailable when some could not be sent (a repeat may double them)."""


@dataclass(frozen=True)
class Mail:
    """One mail to one recipient: a whole MIME message and what SES is told beside it."""

    to: str
    sender: str
    mime: bytes
    tags: Mapping[str, str]
    configuration_set: str | None = None


class Mailer(Protocol):
    def send(self, mail: Mail) -> str:
        """Hand one mail to SES and answer its message id.

        Raises TooManyRequests (SES rate: slow down), Unavailable (try again), BadRequest or Forbidden (never).
        """

    def suppressed(self, addresses: Sequence[str]) -> set[str]:
        """Those of the addresses that are on the account's suppression list."""


class Recommender(Protocol):
    def recommend(self, provider_uri: str, user_id: str, count: int) -> list[str]:
        """Item ids, best first. Raises Unavailable, NotFound, Forbidden, BadRequest, TooManyRequests."""


class Functions(Protocol):
    def invoke(self, name: str, event: Json) -> Any:
        """Call a Lambda function and answer what it returned. Raises Unavailable, NotFound, Forbidden."""


class Events(Protocol):
    def record(self, records: Sequence[Json]) -> None:
        """Put Pinpoint-shaped event records on the event stream."""


class Tokens(Protocol):
    """Strings that only this engine can make: page tokens, unsubscribe links."""

    def sign(self, purpose: str, payload: str) -> str: ...

    def open(self, purpose: str, token: str) -> str:
        """The payload; BadRequest when the token was not made by ``sign`` for this purpose."""
