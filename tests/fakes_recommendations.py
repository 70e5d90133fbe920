"""Results of batch inference in memory: the port BatchResults with the promises of the DynamoDB adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from engagement.domain.batch_results import JobState, Loaded, ResultFile, Served, UserItems, provider_of
from engagement.ports import Interaction, LastTrained, StoredObject, Tracker, TrainingTurn


class FakeBatchResults:
    def __init__(self) -> None:
        self.items: dict[tuple[str, str, str], tuple[str, ...]] = {}
        self.files: dict[tuple[ResultFile, str], tuple[str, int, int]] = {}
        self.serving: dict[str, Served] = {}
        self.writes = 0
        self.until = 2**40

    def write(self, file: ResultFile, results: Sequence[UserItems]) -> None:
        self.writes += len(results)
        self.items.update({(file.provider, file.generation, one.user_id): one.items for one in results})

    def is_loaded(self, file: ResultFile, key: str, etag: str) -> bool:
        return self.files.get((file, key), ("",))[0] == etag

    def mark_loaded(self, file: ResultFile, key: str, etag: str, *, users: int, faulty: int, at: int) -> None:
        self.files[(file, key)] = (etag, users, at)

    def loaded(self, file: ResultFile, found: Sequence[StoredObject]) -> Loaded | None:
        read = {key: facts for (loaded, key), facts in self.files.items() if loaded == file}
        missing = tuple(one.key for one in found if read.get(one.key, ("",))[0] != one.etag)
        users, at = sum(facts[1] for facts in read.values()), max((facts[2] for facts in read.values()), default=0)
        return Loaded(missing, users, at) if read else None

    def serve(self, file: ResultFile, at: int, *, anyway: bool = False) -> bool:
        now = self.serving.get(file.provider)
        if now and (now.current == file.generation or (now.at > at and not anyway)):
            return False
        if anyway and not any(loaded == file for loaded, _ in self.files):
            return False
        self.serving[file.provider] = Served(file.generation, now.current if now else "", at)
        return True

    def kept_until(self, file: ResultFile) -> int | None:
        return self.until if any(loaded == file for loaded, _ in self.files) else None

    def served(self, provider: str) -> Served | None:
        return self.serving.get(provider_of(provider))

    def items_of(self, provider: str, user_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        serving = self.served(provider)
        found: dict[str, tuple[str, ...]] = {}
        for generation in reversed(serving.generations if serving else ()):
            for user in user_ids:
                if items := self.items.get((provider_of(provider), generation, user)):
                    found[user] = items
        return found


class FakeBatchJobs:
    """Jobs of this environment by name; others are unknown."""

    def __init__(self) -> None:
        self.states: dict[str, JobState] = {}

    def state(self, name: str) -> JobState:
        return self.states.get(name, JobState.UNKNOWN)


class FakeLeases:
    def __init__(self) -> None:
        self.held: dict[str, tuple[str, float]] = {}

    def take(self, name: str, holder: str, now: datetime, seconds: int) -> str | None:
        other, until = self.held.get(name, ("", 0.0))
        if other and other != holder and until >= int(now.timestamp()):
            return other
        self.held[name] = (holder, int(now.timestamp()) + seconds)
        return None

    def release(self, name: str, holder: str) -> None:
        if self.held.get(name, ("",))[0] == holder:
            del self.held[name]


class FakeTrainer:
    """Answers ``turns`` one after the other, the last one again and again; an exception among them is raised."""

    def __init__(self, *turns: TrainingTurn | Exception, trained: Sequence[LastTrained] = ()) -> None:
        self.turns, self.trained = list(turns), trained
        self.asked: list[tuple[datetime, tuple[str, ...]]] = []

    def last_trained(self) -> Sequence[LastTrained]:
        return self.trained

    def turn(self, since: datetime, retrain: Sequence[str]) -> TrainingTurn:
        self.asked.append((since, tuple(retrain)))
        turn = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        if isinstance(turn, Exception):
            raise turn
        return turn


class FakeInteractions:
    """Trackers by provider; ``put_down`` holds what was put, once for each event id. ``refusals`` by user id."""

    def __init__(self, trackers: Mapping[str, Tracker] | None = None) -> None:
        self.trackers = dict(trackers or {})
        self.put_down: dict[str, tuple[str, str, Interaction]] = {}
        self.calls: list[tuple[Tracker, str, str, tuple[Interaction, ...]]] = []
        self.refusals: dict[str, Exception] = {}
        self.failures: list[Exception] = []

    def declared(self) -> bool:
        return bool(self.trackers)

    def tracker_for(self, provider_uri: str) -> Tracker | None:
        return self.trackers.get(provider_uri)

    def put(self, tracker: Tracker, user_id: str, session_id: str, interactions: Sequence[Interaction]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        if user_id in self.refusals:
            raise self.refusals[user_id]
        self.calls.append((tracker, user_id, session_id, tuple(interactions)))
        for one in interactions:
            self.put_down.setdefault(one.event_id, (user_id, session_id, one))


class FakeFeedbackLog:
    def __init__(self) -> None:
        self.fed: dict[tuple[str, int, str], int] = {}

    def record(self, group: str, at: int, source: str, count: int) -> None:
        self.fed[group, at, source] = count

    def since(self, group: str, at: datetime) -> int:
        behind = int(at.timestamp() * 1000)
        return sum(count for (of, when, _), count in self.fed.items() if of == group and when > behind)
