"""One account in memory, a declaration and a training over it: what the driver's tests share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from personalize.config import DEFAULT_DECLARATION, Declaration
from personalize.driver import AWS, Clients, Event, Options, Training
from personalize.driver.training import as_declaration
from tests.personalize_driver.fake_personalize import FakePersonalize, FakeTime
from tests.personalize_driver.fake_s3 import FakeS3

KEY = "personalize/interactions.csv"
VARIABLES = {"bucket": "data-bucket", "role_arn": "arn:aws:iam::000000000000:role/personalize", "prefix": "test"}

# A declaration with one of most things.
BASE = """\
name_prefix: t
role_arn: ${role_arn}
schemas:
  interactions:
    columns: {USER_ID: string, ITEM_ID: string, TIMESTAMP: long}
dataset_groups:
  g:
    datasets:
      interactions: {source: "s3://${bucket}/personalize/interactions.csv"}
    filters:
      new: {expression: 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("a")'}
    event_trackers:
      site:
    solutions:
      s:
        recipe: aws-user-personalization-v2
        evaluation: {baseline: none}
        campaigns: {live: {live: true}}
"""


def rows(count: int = 1200, users: int = 30, seed: int = 0) -> str:
    """A valid interactions CSV."""
    lines = [f"user_{n % users},item_{(n * 7 + seed) % 5},{1_700_000_000 + n}" for n in range(count)]
    return "USER_ID,ITEM_ID,TIMESTAMP\n" + "\n".join(lines) + "\n"


@cache
def _declaration(config: str | Path, variables: tuple[tuple[str, str], ...]) -> Declaration:
    return as_declaration(config, dict(variables))


@dataclass
class Scene:
    """``train()`` makes a fresh ``Training``, as a new process would; the account stays."""

    variables: dict[str, str] = field(default_factory=lambda: {**VARIABLES, "live_campaign": "true"})
    config: str | Path = DEFAULT_DECLARATION
    time: FakeTime = field(default_factory=FakeTime)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.service = FakePersonalize(self.time)
        self.s3 = FakeS3(objects={("data-bucket", KEY): (rows().encode(), {}, self.time.now())})

    def put(self, text: str, key: str = KEY) -> None:
        self.s3.objects[("data-bucket", key)] = (text.encode(), {}, self.time.now())

    def training(self, options: Options | None = None, **settings: Any) -> Training:
        return Training(
            _declaration(self.config, tuple(sorted(self.variables.items()))),
            Clients(self.service, self.s3),
            options=options or Options(),
            on_event=self.events.append,
            poll=AWS,
            sleep=self.time.sleep,
            clock=self.time.clock,
            now=self.time.now,
            **settings,
        )

    def actions(self, options: Options | None = None) -> Mapping[str, str]:
        return {step.key: str(step.action) for step in self.training(options).plan().steps}

    def states(self, key: str) -> list[str]:
        return [event.state for event in self.events if event.key == key]
