"""Read a file of SES's events and tell the recommender who opened, and who clicked in, a mail that recommends an item.

Everything is safe to repeat: an event has the same id each time, and Personalize learns from the first one of an id. A
line that cannot be used is written down below FAULTS_PREFIX, with its number and reason, and holds up no other. Large
files are read in pieces: when time runs short, a message of its own goes on at the next line. Which events count:
domain/opens_and_clicks.py.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from engagement.domain.endpoint import Endpoint
from engagement.domain.line_reader import Line, lines_of
from engagement.domain.opens_and_clicks import EventFault, MailSignal, NoInteraction, events_in, signal_of
from engagement.domain.recommendation import RecommenderConfig
from engagement.errors import BadRequest
from engagement.ports import Interaction, Tracker

Json = dict[str, Any]
FAULTS_PREFIX = "feedback-failed/"
NO_TRACKER_DECLARED = "personalize.yaml declares no event tracker"
KIND_IS_OFF, RECOMMENDER_GONE = "kind of event is switched off", "recommender configuration is gone"
OTHER_RECOMMENDER, ENDPOINT_GONE = "recommender is none with an event tracker", "endpoint is gone"
NO_USER = "endpoint has no user any more"
BLOCK, THREADS = 500, 10
FAULTS_TOLD, MAX_USER_ID = 5, 256
STOP_BEFORE_DEADLINE_SECONDS = 30


@dataclass
class FeedReport:
    """What became of one file (or of one piece of it), for the log line. ``line`` is where to go on, if anywhere."""

    fed: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    faulty: int = 0
    faults: list[str] = field(default_factory=list)
    line: int | None = None
    why: str | None = None

    def skip(self, reason: str) -> None:
        self.skipped[reason] = self.skipped.get(reason, 0) + 1


@dataclass(frozen=True)
class _Told:
    """One person's signals from one mail: what one call tells. ``lines`` are their numbers in the file."""

    tracker: Tracker
    user_id: str
    signals: tuple[MailSignal, ...]
    lines: tuple[int, ...]


@dataclass(frozen=True)
class _Fault:
    line: int
    reason: str


def feed_back(app: Any, message: Json, *, deadline: float) -> FeedReport:
    """Feed back the file that ``message`` names: {"bucket", "key", "etag", "at" (epoch milliseconds)}, and when it goes
    on with a file {"offset", "line"}.

    ``deadline`` (epoch seconds) is when this worker will be ended. Raises NotFound when the file is gone, and
    retryable errors: then the whole piece may come again.
    """
    if not app.interactions.declared():
        return FeedReport(why=NO_TRACKER_DECLARED)
    return _Piece(app, message, deadline).read()


class _Piece:
    """One file, or what is left of it, being read. Recommenders are looked up once each."""

    def __init__(self, app: Any, message: Json, deadline: float) -> None:
        self.app, self._message, self._deadline = app, message, deadline
        self._report, self._faults = FeedReport(), list[_Fault]()
        self._fed: Counter[str] = Counter()
        self._recommenders: dict[str, RecommenderConfig | None] = {}
        self._trackers: dict[str, Tracker | None] = {}
        self._kinds = frozenset(app.settings.fed_back_events.split(","))

    def read(self) -> FeedReport:
        offset = self._message.get("offset", 0)
        chunks = self.app.files.open(self._message["key"], bucket=self._message["bucket"], start=offset)
        lines = lines_of(chunks, offset=offset, number=self._message.get("line", 1))
        rest: Json | None = None
        while rest is None and (block := list(islice(lines, BLOCK))):
            self._feed(block)
            if self.app.clock.now().timestamp() > self._deadline - STOP_BEFORE_DEADLINE_SECONDS:
                rest = {"offset": block[-1].end, "line": block[-1].number + 1}
        self._write_down()
        if rest:
            self.app.mail_events_queue.send([{**self._message, **rest}])
            self._report.line = rest["line"]
        return self._report

    # ------------------------------------------------------------------ one block
    def _feed(self, block: Sequence[Line]) -> None:
        signals = dict[str, tuple[int, MailSignal]]()
        for number, signal in self._signals(block):
            signals.setdefault(signal.event_id, (number, signal))
        told = list(self._told(signals.values()))
        if not told:
            return
        with ThreadPoolExecutor(max_workers=min(THREADS, len(told))) as pool:
            refusals = list(pool.map(self._tell, told))
        for one, refusal in zip(told, refusals):
            if refusal:
                self._faults += [_Fault(line, refusal) for line in one.lines]
            else:
                self._report.fed += len(one.signals)
                self._fed[one.tracker.group] += len(one.signals)

    def _signals(self, block: Sequence[Line]) -> Iterator[tuple[int, MailSignal]]:
        for line in block:
            try:
                if line.content is None:
                    raise EventFault("is longer than a megabyte")
                for event in events_in(line.content):
                    yield from self._one(line, event)
            except EventFault as error:
                self._faults.append(_Fault(line.number, str(error)))

    def _one(self, line: Line, event: Json) -> Iterator[tuple[int, MailSignal]]:
        try:
            signal = signal_of(event)
        except NoInteraction as error:
            self._report.skip(str(error))
            return
        if signal.kind not in self._kinds:
            self._report.skip(KIND_IS_OFF)
            return
        yield line.number, signal

    def _told(self, signals: Any) -> Iterator[_Told]:
        """Signals by mail and person, whose recommender has a tracker and who are still there."""
        kept = []
        for number, signal in signals:
            config = self._recommender(signal.recommender_id)
            tracker = self._tracker(config.provider_uri) if config else None
            if config and tracker:
                kept.append((number, signal, config, tracker))
            else:
                self._report.skip(OTHER_RECOMMENDER if config else RECOMMENDER_GONE)
        people = self._people({(signal.app_id, signal.endpoint_id) for _, signal, _, _ in kept})
        mails: dict[tuple[Tracker, str, str], list[tuple[int, MailSignal]]] = {}
        for number, signal, config, tracker in kept:
            endpoint = people.get((signal.app_id, signal.endpoint_id))
            user_id = config.known_as(endpoint.id, endpoint.user_id) if endpoint else None
            if user_id is None:
                self._report.skip(NO_USER if endpoint else ENDPOINT_GONE)
            elif len(user_id) > MAX_USER_ID:
                self._faults.append(_Fault(number, f"the id of its user is longer than {MAX_USER_ID} characters"))
            else:
                mails.setdefault((tracker, user_id, signal.message_id), []).append((number, signal))
        for (tracker, user_id, _), found in mails.items():
            yield _Told(tracker, user_id, tuple(one for _, one in found), tuple(number for number, _ in found))

    def _recommender(self, recommender_id: str) -> RecommenderConfig | None:
        if recommender_id not in self._recommenders:
            found = self.app.documents.get("recommenders", recommender_id)
            self._recommenders[recommender_id] = RecommenderConfig.of(found.body) if found else None
        return self._recommenders[recommender_id]

    def _tracker(self, provider_uri: str) -> Tracker | None:
        if provider_uri not in self._trackers:
            self._trackers[provider_uri] = self.app.interactions.tracker_for(provider_uri)
        return self._trackers[provider_uri]

    def _people(self, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], Endpoint]:
        found = {}
        for app_id in sorted({app_id for app_id, _ in wanted}):
            ids = sorted(endpoint_id for of, endpoint_id in wanted if of == app_id)
            for endpoint_id, endpoint in self.app.endpoints.get_many(app_id, ids).items():
                found[app_id, endpoint_id] = endpoint
        return found

    def _tell(self, told: _Told) -> str | None:
        """Why Personalize will never take it; None when it did."""
        events = [Interaction(one.event_id, one.kind, one.item_id, one.at) for one in told.signals]
        try:
            self.app.interactions.put(told.tracker, told.user_id, told.signals[0].message_id, events)
        except BadRequest as error:
            return error.message
        return None

    # ------------------------------------------------------------------ at the end
    def _write_down(self) -> None:
        first = self._message.get("line", 1)
        source = f"{self._message['key']}@{first}"
        for group, count in self._fed.items():
            self.app.feedback_log.record(group, self._message["at"], source, count)
        self._report.faulty = len(self._faults)
        self._report.faults = [f"line {one.line}: {one.reason}" for one in self._faults[:FAULTS_TOLD]]
        if self._faults:
            lines = "".join(json.dumps({"key": self._message["key"], **asdict(one)}) + "\n" for one in self._faults)
            name = self._message["key"].replace("/", "_")
            self.app.files.write(f"{FAULTS_PREFIX}{name}@{first}.jsonl", lines.encode())
