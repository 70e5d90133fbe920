"""Results of batch inference in memory: the port BatchResults with the promises of the DynamoDB adapter."""

from __future__ import annotations

from collections.abc import Sequence

from engagement.domain.batch_results import ResultFile, Served, UserItems, provider_of


class FakeBatchResults:
    def __init__(self) -> None:
        self.items: dict[tuple[str, str, str], tuple[str, ...]] = {}
        self.files: dict[tuple[ResultFile, str], tuple[str, int, int]] = {}
        self.serving: dict[str, Served] = {}
        self.writes = 0

    def write(self, file: ResultFile, results: Sequence[UserItems]) -> None:
        self.writes += len(results)
        self.items.update({(file.provider, file.generation, one.user_id): one.items for one in results})

    def is_loaded(self, file: ResultFile, key: str, etag: str) -> bool:
        return self.files.get((file, key), ("",))[0] == etag

    def mark_loaded(self, file: ResultFile, key: str, etag: str, *, users: int, faulty: int) -> None:
        self.files[(file, key)] = (etag, users, faulty)

    def serve(self, file: ResultFile, at: int, *, anyway: bool = False) -> bool:
        now = self.serving.get(file.provider)
        if now and (now.current == file.generation or (now.at > at and not anyway)):
            return False
        if anyway and not any(loaded == file for loaded, _ in self.files):
            return False
        self.serving[file.provider] = Served(file.generation, now.current if now else "", at)
        return True

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
