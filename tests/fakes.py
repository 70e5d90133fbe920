"""In-memory implementations of every port in ``engagement/ports.py``, and an app made of them.

They keep the ports' promises (``tests/contract`` runs the same cases against them and the real adapters) and show what
was done: ``FakeMailer.sent``, ``FakeQueue.messages``, ``FakeEvents.records``. A test that needs a failure puts
exceptions into a fake's ``failures``: each call raises the first one that is left.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from engagement.domain.signed_token import open_token, sign_token
from engagement.domain.template import Options
from engagement.errors import Conflict, Forbidden, NotFound
from engagement.ports import Document, Json, Mail, Page, StoredObject
from engagement.settings import ENVIRONMENT_NAMES, Settings
from tests.fakes_audience import FakeEndpoints, FakeSegmentMembers

SETTINGS = {variable: f"fake-{name.replace('_', '-')}" for name, variable in ENVIRONMENT_NAMES.items()} | {
    "AWS_REGION": "us-east-1",
    "ACCOUNT_ID": "000000000000",
    "PUBLIC_URL": "https://api.example.org",
    "IMPORT_BUCKETS": "",
    "FED_BACK_EVENTS": "open,click",
    "LEAST_NEW_EVENTS": "1000",
}


class Failing:
    """A fake whose next calls can be made to fail."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)) -> None:
        self._now = now
        self._worked = timedelta()

    def now(self) -> datetime:
        return self._now

    def move(self, **by: float) -> None:
        """``move(seconds=90)``, ``move(days=1)``: the arguments of timedelta."""
        self._now += timedelta(**by)

    def worked(self) -> timedelta:
        return self._worked

    def work(self, seconds: float) -> None:
        """Time passes because this thread computes, not because it waits."""
        self.move(seconds=seconds)
        self._worked += timedelta(seconds=seconds)


@dataclass
class _History:
    """One document: its latest version, those before it, and the highest version number ever used."""

    latest: Document
    older: dict[int, Document] = field(default_factory=dict)
    highest: int = 1


class FakeDocuments(Failing):
    def __init__(self) -> None:
        super().__init__()
        self._collections: dict[str, dict[str, _History]] = {}
        self._revision = 0

    def create(self, collection: str, document_id: str, body: Json) -> Document:
        self._fail()
        documents = self._collections.setdefault(collection, {})
        if document_id in documents:
            raise Conflict(f"{collection} already holds {document_id}")
        self._revision += 1000  # a document made anew must not pass for the one that was deleted
        documents[document_id] = _History(Document(document_id, _copied(body), revision=self._revision))
        return copy.deepcopy(documents[document_id].latest)

    def get(self, collection: str, document_id: str, version: int | None = None) -> Document | None:
        self._fail()
        history = self._collections.get(collection, {}).get(document_id)
        if history is None:
            return None
        if version is None or version == history.latest.version:
            return copy.deepcopy(history.latest)
        return copy.deepcopy(history.older.get(version))

    def put(self, collection: str, document: Document, *, new_version: bool = False) -> Document:
        self._fail()
        history = self._current(collection, document)
        version = history.latest.version
        if new_version:
            history.older[version] = history.latest
            version = history.highest = history.highest + 1
        history.latest = Document(document.id, _copied(document.body), version, document.revision + 1)
        return copy.deepcopy(history.latest)

    def remove_version(self, collection: str, latest: Document, version: int, body: Json) -> Document:
        self._fail()
        history = self._current(collection, latest)
        left = history.latest.version
        if version == left:
            if not history.older:
                raise Conflict(f"{collection}/{latest.id} has no other version")
            left = max(history.older)
        elif version not in history.older:
            raise Conflict(f"{collection}/{latest.id} has no version {version} any more")
        history.older.pop(left if version == history.latest.version else version)
        history.latest = Document(latest.id, _copied(body), left, latest.revision + 1)
        return copy.deepcopy(history.latest)

    def delete(self, collection: str, document_id: str) -> Document | None:
        self._fail()
        history = self._collections.get(collection, {}).pop(document_id, None)
        return history.latest if history else None

    def list(self, collection: str, *, after: str | None = None, limit: int = 100) -> Page:
        self._fail()
        documents = self._collections.get(collection, {})
        ids = sorted((key for key in documents if after is None or key > after), key=str.encode)
        items = [copy.deepcopy(documents[key].latest) for key in ids[:limit]]
        return Page(items, items[-1].id if len(ids) > limit else None)

    def versions(self, collection: str, document_id: str, *, after: str | None = None, limit: int = 100) -> Page:
        self._fail()
        history = self._collections.get(collection, {}).get(document_id)
        known = [history.latest, *history.older.values()] if history else []
        below = sorted(
            (one for one in known if after is None or one.version < int(after)), key=lambda one: -one.version
        )
        items = copy.deepcopy(below[:limit])
        return Page(items, str(items[-1].version) if len(below) > limit else None)

    def _current(self, collection: str, document: Document) -> _History:
        history = self._collections.get(collection, {}).get(document.id)
        if history is None or history.latest.revision != document.revision:
            raise Conflict(f"{collection}/{document.id} was changed by somebody else")
        return history


class FakeFiles(Failing):
    """Objects by (bucket, key); bucket None is the data bucket. Buckets in ``forbidden`` may not be read."""

    def __init__(self, chunk: int = 64 * 1024) -> None:
        super().__init__()
        self.objects: dict[tuple[str | None, str], bytes] = {}
        self.forbidden: set[str | None] = set()
        self._chunk = chunk

    def list(self, prefix: str, *, bucket: str | None = None) -> Iterator[StoredObject]:
        self._check(bucket)
        for (where, key), body in sorted(self.objects.items(), key=lambda item: item[0][1].encode()):
            if where == bucket and key.startswith(prefix):
                yield StoredObject(key, len(body), hashlib.md5(body, usedforsecurity=False).hexdigest())

    def open(self, key: str, *, bucket: str | None = None, start: int = 0) -> Iterator[bytes]:
        body = self.read(key, bucket=bucket)
        for first in range(start, len(body), self._chunk):
            yield body[first : first + self._chunk]

    def read(self, key: str, *, bucket: str | None = None) -> bytes:
        self._check(bucket)
        if (bucket, key) not in self.objects:
            raise NotFound(f"there is no object {key} in {bucket or 'the data bucket'}")
        return self.objects[(bucket, key)]

    def write(self, key: str, body: bytes, *, content_type: str = "application/json") -> None:
        self._check(None)
        self.objects[(None, key)] = body

    def _check(self, bucket: str | None) -> None:
        self._fail()
        if bucket in self.forbidden:
            raise Forbidden(f"bucket {bucket} may not be read")


class FakeQueue(Failing):
    """``messages`` holds every message sent and not yet taken; ``delays`` the delay of each ``send``."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Json] = []
        self.delays: list[int] = []

    def send(self, messages: Sequence[Json], *, delay_seconds: int = 0) -> None:
        self._fail()
        self.messages += [_copied(message) for message in messages]
        self.delays.append(delay_seconds)

    def take(self) -> list[Json]:
        """What a consumer would receive now; the queue is empty afterwards."""
        taken, self.messages = self.messages, []
        return taken


class FakeMailer(Failing):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Mail] = []
        self.suppression_list: set[str] = set()

    def send(self, mail: Mail) -> str:
        self._fail()
        self.sent.append(mail)
        return f"message-{len(self.sent):06d}"

    def suppressed(self, addresses: Sequence[str]) -> set[str]:
        return {one for one in addresses if one.lower() in {two.lower() for two in self.suppression_list}}


class FakeRecommender(Failing):
    """``items`` maps a user id to item ids, best first; a user who is not in it gets ``default``."""

    def __init__(self, items: Mapping[str, Sequence[str]] | None = None, default: Sequence[str] = ("NEWS",)) -> None:
        super().__init__()
        self.items = dict(items or {})
        self.default = default
        self.asked: list[tuple[str, str, int]] = []

    def recommend(self, provider_uri: str, user_id: str, count: int) -> list[str]:
        self.asked.append((provider_uri, user_id, count))
        self._fail()
        return list(self.items.get(user_id, self.default))[:count]

    def recommend_stored(self, provider_uri: str, user_ids: Sequence[str], count: int) -> dict[str, list[str]]:
        self._fail()
        return {one: list(self.items[one])[:count] for one in user_ids if one in self.items}


class FakeFunctions(Failing):
    """``functions`` maps a name or ARN to a Python function of the event."""

    def __init__(self, functions: Mapping[str, Callable[[Json], Any]] | None = None) -> None:
        super().__init__()
        self.functions = dict(functions or {})
        self.invoked: list[tuple[str, Json]] = []

    def invoke(self, name: str, event: Json) -> Any:
        self.invoked.append((name, _copied(event)))
        self._fail()
        if name not in self.functions:
            raise NotFound(f"there is no function {name}")
        return _copied(self.functions[name](_copied(event)))


class FakeEvents(Failing):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[Json] = []

    def record(self, records: Sequence[Json]) -> None:
        self._fail()
        self.records += [_copied(record) for record in records]


class FakeTokens(Failing):
    """Real signatures with a key that everybody knows."""

    KEY = b"the key of the fakes"

    def sign(self, purpose: str, payload: str) -> str:
        self._fail()
        return sign_token(self.KEY, purpose, payload)

    def open(self, purpose: str, token: str) -> str:
        self._fail()
        return open_token(self.KEY, purpose, token)


class FakeApp:
    """The attributes of ``engagement.app.App``, all in memory. ``FakeApp(PUBLIC_URL="...")`` changes a setting."""

    def __init__(self, **settings: str) -> None:
        self.settings = Settings({**SETTINGS, **settings})
        self.clock = FakeClock()
        self.template_options = Options()
        self.documents = FakeDocuments()
        self.endpoints = FakeEndpoints()
        self.segment_members = FakeSegmentMembers()
        self.files = FakeFiles()
        self.imports_queue = FakeQueue()
        self.campaign_runs_queue = FakeQueue()
        self.audiences_queue = FakeQueue()
        self.sends_queue = FakeQueue()
        self.sends_dead_letter_queue = FakeQueue()
        self.batch_results_queue = FakeQueue()
        self.mail_events_queue = FakeQueue()
        self.mailer = FakeMailer()
        self.recommender = FakeRecommender()
        self.functions = FakeFunctions()
        self.events = FakeEvents()
        self.tokens = FakeTokens()

    @cached_property
    def runs(self) -> Any:
        from tests.fakes_sending import FakeRuns

        return FakeRuns()

    @cached_property
    def batch_results(self) -> Any:
        from tests.fakes_recommendations import FakeBatchResults

        return FakeBatchResults()

    @cached_property
    def batch_jobs(self) -> Any:
        from tests.fakes_recommendations import FakeBatchJobs

        return FakeBatchJobs()

    @cached_property
    def interactions(self) -> Any:
        from tests.fakes_recommendations import FakeInteractions

        return FakeInteractions()

    @cached_property
    def feedback_log(self) -> Any:
        from tests.fakes_recommendations import FakeFeedbackLog

        return FakeFeedbackLog()

    @cached_property
    def leases(self) -> Any:
        from tests.fakes_recommendations import FakeLeases

        return FakeLeases()

    @cached_property
    def deliveries(self) -> Any:
        from tests.fakes_sending import FakeDeliveries

        return FakeDeliveries()


def _copied(body: Any) -> Any:
    """What is left of a body after JSON: a fake must not keep what a real store would lose."""
    return json.loads(json.dumps(body))
