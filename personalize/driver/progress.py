"""How far each step of one run is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from personalize.driver.model import Found, Step


class Phase(StrEnum):
    """How far one step of this run is."""

    IDLE = "idle"
    DELETING = "deleting"
    WORKING = "working"
    DONE = "done"
    HELD = "held"
    FAILED = "failed"
    SKIPPED = "skipped"


SETTLED = (Phase.DONE, Phase.HELD, Phase.FAILED, Phase.SKIPPED)


@dataclass
class Progress:
    """One step of this run. ``began`` and ``next_at`` are readings of the run's clock."""

    step: Step
    phase: Phase = Phase.IDLE
    arn: str = ""
    began: float = 0.0
    next_at: float = 0.0
    delays: int = 0
    delayed_since: float | None = None
    misses: int = 0
    status: str = ""
    message: str = ""

    @property
    def settled(self) -> bool:
        return self.phase in SETTLED

    def left(self, now: float) -> str:
        """``, about 600 s left`` by the estimate; empty without one."""
        left = self.step.seconds - (now - self.began)
        return f", about {left:.0f} s left" if left > 0 else ""


@dataclass(frozen=True)
class Checked:
    """What an evaluation said: whether the new version may be used, and the words to show."""

    accepted: bool
    message: str


def differs(found: Found, request: Mapping[str, Any]) -> bool:
    return bool("filterExpression" in request and found.detail.get("filterExpression") != request["filterExpression"])


def applied(found: Found, request: Mapping[str, Any]) -> bool:
    """Whether a describe answer shows what an update asked for, in the resource or in its latest update."""
    for key in ("solutionVersionArn", "schemaArn", "minProvisionedTPS"):
        shown = [found.detail.get(key)]
        shown += [part.get(key) for name, part in found.detail.items() if name.startswith("latest") and part]
        if key in request and request[key] not in shown:
            return False
    return True
