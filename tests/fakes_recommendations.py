"""Results of batch inference in memory: the port BatchResults with the promises of the DynamoDB adapter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from engagement.domain.batch_results import JobState, Loaded, ResultFile, Served, UserItems, provider_of
from engagement.ports import StoredObject, TrainingTurn


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

    def __init__(self, *turns: TrainingTurn | Exception) -> None:
        self.turns = list(turns)
        self.asked: list[tuple[datetime, tuple[str, ...]]] = []

    def turn(self, since: datetime, retrain: Sequence[str]) -> TrainingTurn:
        self.asked.append((since, tuple(retrain)))
        turn = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        if isinstance(turn, Exception):
            raise turn
        return turn
