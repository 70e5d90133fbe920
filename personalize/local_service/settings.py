"""How the stand-in behaves: its pace, the failures and throttles put into it, its quotas, and what it was asked."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from personalize.local_service.errors import ServiceError

STEP_SECONDS, STARTS_WITH = "PERSONALIZE_STEP_SECONDS", "PERSONALIZE_SETTINGS"
DEFAULT_STEP_SECONDS = 0.2
# AWS's defaults, "Amazon Personalize endpoints and quotas" in the developer guide.
QUOTAS = {
    "schemas": 500,
    "dataset_groups": 500,
    "solutions_per_group": 10,
    "campaigns_per_group": 5,
    "filters_per_group": 10,
    "recommenders_per_group": 10,
    "event_trackers_per_group": 1,
    "pending_import_jobs": 5,
    "pending_solution_versions": 20,
    "pending_batch_inference_jobs": 5,
    "pending_batch_segment_jobs": 5,
    "tags_per_resource": 50,
}
# Operations that start something which can end badly. A schema is there at once or not at all.
CAN_FAIL = (
    "create_batch_inference_job", "create_batch_segment_job", "create_campaign", "create_dataset",
    "create_dataset_export_job", "create_dataset_group", "create_dataset_import_job", "create_event_tracker",
    "create_filter", "create_recommender", "create_solution", "create_solution_version", "update_campaign",
    "update_dataset", "update_recommender", "update_solution",
)  # fmt: skip


@dataclass
class Injected:
    """A failure put in by a test: ``times`` uses are left, None for ever."""

    reason: str
    times: int | None = None


@dataclass
class Settings:
    """Changed through POST /_kit/personalize; safe to use from several threads."""

    step_seconds: float = DEFAULT_STEP_SECONDS
    quotas: dict[str, int] = field(default_factory=lambda: dict(QUOTAS))
    _failures: dict[str, Injected] = field(default_factory=dict)
    _throttle: int = 0
    _calls: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """From PERSONALIZE_SETTINGS, a JSON object for ``change``, and PERSONALIZE_STEP_SECONDS.

        Raises ValueError that names the variable.
        """
        settings = cls()
        for name in (STARTS_WITH, STEP_SECONDS):
            if text := environment.get(name):
                try:
                    settings.change(json.loads(text) if name == STARTS_WITH else {"step_seconds": float(text)})
                except (ValueError, RecursionError) as error:
                    raise ValueError(f"{name}={text}: {error}") from error
        return settings

    def change(self, wanted: Any) -> None:
        """Keys: step_seconds, fail ({operation: reason | {reason, times} | null}), throttle, quotas, reset_calls.

        Raises ValueError that names the key and what it takes.
        """
        if not isinstance(wanted, dict):
            raise ValueError('settings are a JSON object such as {"step_seconds": 2}')
        unknown = set(wanted) - {"step_seconds", "fail", "throttle", "quotas", "reset_calls"}
        if unknown:
            raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
        step = wanted.get("step_seconds", self.step_seconds)
        if isinstance(step, bool) or not isinstance(step, int | float) or not 0 <= step < 3600:
            raise ValueError("step_seconds must be a number of seconds from 0 to 3600")
        reset_calls = wanted.get("reset_calls", False)
        if not isinstance(reset_calls, bool):
            raise ValueError("reset_calls must be true or false")
        throttle = wanted.get("throttle", self._throttle)
        if not _is_count(throttle):
            raise ValueError("throttle must be the number of calls to refuse")
        quotas = _object(wanted, "quotas", QUOTAS)
        if not all(_is_count(value) for value in quotas.values()):
            raise ValueError("a quota must be a whole number")
        fail = {_snake(name): value for name, value in _object(wanted, "fail").items()}
        failures = {name: _injected(value) for name, value in _object({"fail": fail}, "fail", CAN_FAIL).items()}
        with self._lock:
            self.step_seconds = float(step)
            self.quotas.update(quotas)
            self._throttle = throttle
            for name, failure in failures.items():
                self._failures.pop(name, None)
                if failure is not None:
                    self._failures[name] = failure
            if reset_calls:
                self._calls.clear()

    def shown(self) -> dict[str, Any]:
        """Everything ``change`` knows, and how often each operation was called and let through."""
        with self._lock:
            fail = {name: {"reason": f.reason, "times": f.times} for name, f in self._failures.items()}
            return {
                "step_seconds": self.step_seconds, "fail": fail, "throttle": self._throttle,
                "quotas": dict(self.quotas), "calls": dict(sorted(self._calls.items())),
            }  # fmt: skip

    def admit(self, operation: str) -> None:
        """Count one call, or refuse it while a throttle is set."""
        with self._lock:
            if self._throttle > 0:
                self._throttle -= 1
                raise ServiceError("ThrottlingException", "Rate exceeded")
            self._calls[operation] += 1

    def take_failure(self, operation: str) -> str | None:
        """The reason with which what ``operation`` (CreateCampaign) started shall fail, if one was put in."""
        with self._lock:
            failure = self._failures.get(_snake(operation))
            if failure is None:
                return None
            if failure.times is not None:
                failure.times -= 1
                if failure.times <= 0:
                    del self._failures[_snake(operation)]
            return failure.reason


def _snake(operation: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()


def _object(wanted: dict[str, Any], name: str, known: Container[str] | None = None) -> dict[str, Any]:
    value = wanted.get(name, {})
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be a JSON object")
    unknown = [] if known is None else sorted(key for key in value if key not in known)
    if unknown:
        raise ValueError(f"{name} names {', '.join(unknown)}, which it does not know")
    return value


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _injected(value: Any) -> Injected | None:
    if value is None or isinstance(value, str):
        return None if value is None else Injected(value)
    if isinstance(value, dict) and isinstance(value.get("reason"), str) and set(value) <= {"reason", "times"}:
        times = value.get("times")
        if times is not None and not (_is_count(times) and times):
            raise ValueError("times of a failure must be a whole number from 1 on; without it, it stays")
        return Injected(value["reason"], times)
    raise ValueError('a failure is a reason, {"reason": .., "times": ..} or null')
