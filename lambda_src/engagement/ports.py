"""What the use cases need from the outside world, as small Protocols. ``adapters`` fit AWS to them, tests fit fakes.

Every adapter translates botocore errors into ``engagement.errors``; no port ever raises a ClientError.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from engagement.domain.batch_results import JobState, Loaded, ResultFile, Served, UserItems
    from engagement.domain.delivery import Delivery
    from engagement.domain.endpoint import Endpoint, EndpointUpdate, UpdateOutcome
    from engagement.domain.run import AudiencePage, Plan, Run

Json = dict[str, Any]


class Clock(Protocol):
    def now(self) -> datetime:
        """The time now, aware, in UTC."""

    def worked(self) -> timedelta:
        """How long this thread has computed so far; what it waited is not in it. Only differences mean something."""


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

    def remove_version(self, collection: str, latest: Document, version: int, body: Json) -> Document:
        """Remove one of several versions; ``body`` is stored as the latest version that is left, which is answered.

        Conflict when ``latest.revision`` is not current, or ``version`` is gone or the only one. Version numbers are
        never used again.
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

    def of_users(self, app_id: str, user_ids: Sequence[str]) -> dict[str, list[Endpoint]]:
        """The endpoints of those users that exist, by user id; any number of ids."""

    def apply(
        self, app_id: str, updates: Sequence[EndpointUpdate], now: datetime, *, together: bool = False
    ) -> list[UpdateOutcome]:
        """Merge each update with what is stored (domain/endpoint_merge.py) under optimistic locking, in order.

        One outcome per update: the stored endpoint, or the reason why this one was refused. With ``together`` (up to
        100 updates) a refusal of one keeps all from being written. Raises Unavailable or TooManyRequests when the store
        cannot take more now; what was applied stays applied, a repeat changes nothing.
        """

    def delete(self, app_id: str, endpoint_id: str) -> Endpoint | None: ...

    def scan(self, app_id: str, shard: int, *, after: str | None = None) -> Iterator[Endpoint]:
        """All endpoints of one shard (0 <= shard < shards) in id order, behind id ``after``."""

    def remove_some(self, app_id: str, shard: int, *, limit: int = 500) -> int:
        """Remove up to ``limit`` endpoints of a shard and what is stored of their users and addresses; answers how many.

        For an application that nobody writes to any more. Raises Unavailable or TooManyRequests; a repeat goes on.
        """


class SegmentMembers(Protocol):
    """Members of imported segments: endpoint ids, by shard of the audience."""

    def add(self, app_id: str, segment_id: str, part: str, endpoint_ids: Iterable[str]) -> None:
        """Add ids; ``part`` names their source (job, piece, offset): adding a part again replaces it."""

    def read(self, app_id: str, segment_id: str, shard: int) -> set[str]: ...


@dataclass(frozen=True)
class StoredObject:
    key: str
    size: int
    etag: str = ""


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
    feedback_to: str | None = None


class Mailer(Protocol):
    def send(self, mail: Mail) -> str:
        """Hand one mail to SES and answer its message id.

        Raises TooManyRequests (SES rate: slow down), Unavailable (try again), BadRequest or Forbidden (never).
        """

    def suppressed(self, addresses: Sequence[str]) -> set[str]:
        """Those of the addresses, as mails are written to them, that are on the account's suppression list."""


class LiveRecommender(Protocol):
    def recommend(self, provider_uri: str, user_id: str, count: int) -> list[str]:
        """Item ids, best first. Raises Unavailable, NotFound, Forbidden, BadRequest, TooManyRequests."""


class Recommender(LiveRecommender, Protocol):
    def recommend_stored(self, provider_uri: str, user_ids: Sequence[str], count: int) -> dict[str, list[str]]:
        """Item ids by user from the stored results of batch inference (a provider ``s3://...``), any number of users.

        Users without results are left out; ask for ``batch_results.UNKNOWN_USER`` to know what everybody likes.
        """


class BatchResults(Protocol):
    """Recommendations by generation of a provider. Every write is safe to repeat."""

    def write(self, file: ResultFile, results: Sequence[UserItems]) -> None:
        """Store what the file recommends, any number of users; nobody sees it before its generation serves."""

    def is_loaded(self, file: ResultFile, key: str, etag: str) -> bool:
        """Was this content of this file read to its end?"""

    def mark_loaded(self, file: ResultFile, key: str, etag: str, *, users: int, faulty: int, at: int) -> None:
        """This content of this file, written ``at`` (epoch milliseconds), was read to its end."""

    def loaded(self, file: ResultFile, found: Sequence[StoredObject]) -> Loaded | None:
        """How much of the file's generation was read, whose files in the bucket are ``found``; None: nothing."""

    def serve(self, file: ResultFile, at: int, *, anyway: bool = False) -> bool:
        """Let senders read the file's generation, written at ``at`` (epoch milliseconds); True when that is new.

        A newer generation keeps serving, unless this one shall serve ``anyway``: then False when it is not loaded.
        """

    def kept_until(self, file: ResultFile) -> int | None:
        """When the items of this generation go away (epoch seconds); None when none of its files is loaded."""

    def served(self, provider: str) -> Served | None:
        """What serves now (strongly consistent)."""

    def items_of(self, provider: str, user_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Item ids by user, of those who have some in the generations that serve."""


class BatchJobs(Protocol):
    def state(self, name: str) -> JobState:
        """Where the batch inference job of this name stands; UNKNOWN for names that are not of this environment.

        Raises Unavailable and TooManyRequests when a repeat may work.
        """


@dataclass(frozen=True)
class Tracker:
    """Where interactions of a dataset group (by name) are put."""

    group: str
    tracking_id: str


@dataclass(frozen=True)
class Interaction:
    """What somebody did with an item, and when. Interactions of one ``event_id`` are one."""

    event_id: str
    kind: str
    item_id: str
    at: datetime


class Interactions(Protocol):
    """Interactions that the recommender learns from beside its training data."""

    def declared(self) -> bool:
        """Is there, or will there be, anywhere to put them? Raises BadRequest when the declaration is wrong."""

    def tracker_for(self, provider_uri: str) -> Tracker | None:
        """Where interactions with items of this provider go; None when no tracker of its kind is there.

        Raises Unavailable while it is being made.
        """

    def put(self, tracker: Tracker, user_id: str, session_id: str, interactions: Sequence[Interaction]) -> None:
        """Any number of interactions of one person and session.

        Raises BadRequest when they can never be taken; Unavailable and TooManyRequests when a repeat may work.
        """


class FeedbackLog(Protocol):
    """How many interactions were put to each dataset group since when."""

    def record(self, group: str, at: int, source: str, count: int) -> None:
        """``count`` interactions came from ``source``, written ``at`` (epoch milliseconds); twice is once."""

    def since(self, group: str, at: datetime) -> int: ...


@dataclass(frozen=True)
class LastTrained:
    """A solution (``group/solution`` in the declaration) and when its newest version began to be trained.

    ``group`` is the name of its dataset group.
    """

    solution: str
    group: str
    at: datetime


@dataclass(frozen=True)
class TrainingTurn:
    """Where a training stands: come back after ``wait_seconds`` unless ``finished``.

    ``made`` names what this job made; ``results`` are the folders (``s3://...``) with batch results of the versions in
    use; ``messages`` say why something failed or was refused, and what to do.
    """

    finished: bool
    failed: bool = False
    refused: bool = False
    wait_seconds: float = 0.0
    made: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()


class Trainer(Protocol):
    def turn(self, since: datetime, retrain: Sequence[str]) -> TrainingTurn:
        """Do what can be done now of the declared training, without waiting.

        ``since`` is when the job began; ``retrain`` names solutions to train again ("all"). Raises Unavailable and
        TooManyRequests when a repeat may work.
        """

    def last_trained(self) -> Sequence[LastTrained]:
        """The solutions that learn from interactions as they come, those that were trained. Raises as ``turn``."""


class Leases(Protocol):
    """Who is at work on something of which there is one."""

    def take(self, name: str, holder: str, now: datetime, seconds: int) -> str | None:
        """Take or renew the lease; None when it is ours, else who holds it."""

    def release(self, name: str, holder: str) -> None:
        """Give it back, if it is still ours."""


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


class Runs(Protocol):
    """Campaign runs: the frozen plan, the progress, and what was counted. Every write is safe to repeat."""

    def create(self, plan: Plan) -> bool:
        """Store a PENDING run; False when this run exists (nothing is changed then)."""

    def get(self, run_id: str) -> Run | None: ...

    def of_campaign(self, app_id: str, campaign_id: str) -> list[Run]:
        """Every run of the campaign, latest scheduled start first."""

    def start(self, plan: Plan, now: datetime) -> bool:
        """PENDING to RUNNING with the frozen plan, once; False when it was not PENDING any more."""

    def hold(self, run_id: str, hold: str | None) -> None:
        """Set or clear the flag (PAUSED, CANCELLED) that workers read between batches."""

    def page(self, run_id: str, page_key: str) -> AudiencePage | None: ...

    def commit_page(self, run_id: str, page: AudiencePage) -> AudiencePage:
        """Store the page and add its counters in one transaction; answers the page that won."""

    def commit_batch(self, run_id: str, batch_key: str, counters: Mapping[str, int]) -> bool:
        """Add the counters of a finished batch once; False when the batch was counted before."""

    def is_counted(self, run_id: str, batch_key: str) -> bool: ...

    def finish(self, run_id: str, state: str, now: datetime) -> bool:
        """RUNNING to COMPLETED or CANCELLED when every shard is selected and every batch counted.

        True for the one who did it.
        """

    def abandon(self, run_id: str, state: str, reason: str, now: datetime) -> bool:
        """End a run that cannot go on (COMPLETED with a reason, or CANCELLED); False when it had ended before."""


class Deliveries(Protocol):
    """One item per run and endpoint, written before the mail goes out: who was written to, and who not and why."""

    def read(self, run_id: str, endpoint_ids: Sequence[str]) -> dict[str, Delivery]:
        """What is stored (strongly consistent); ids without an item are left out."""

    def reserve(self, run_id: str, deliveries: Sequence[Delivery]) -> dict[str, Delivery]:
        """Write all items whose endpoint has none yet; answers those that were there already, by endpoint id."""

    def record(self, run_id: str, deliveries: Sequence[Delivery]) -> None:
        """Overwrite the caller's own reservations with their outcome."""

    def settle(self, run_id: str, stale: Delivery, outcome: Delivery) -> None:
        """Replace ``stale`` by ``outcome`` if the item is still exactly that reservation; otherwise do nothing."""

    def release(self, run_id: str, deliveries: Sequence[Delivery]) -> None:
        """Remove the caller's own reservations: these mails were certainly not sent."""
