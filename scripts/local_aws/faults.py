"""Faults that a test asks for: ``POST /_kit/faults`` with ``{"ses": {...}}``; ``DELETE /_kit/faults`` ends them.

================== ================================================================================================
throttle_every     every n-th send call is answered ``TooManyRequestsException`` (v1: ``Throttling``)
unavailable_every  every n-th send call is answered 500 ``InternalServiceErrorException``
max_send_rate      messages a second that SES takes (also what GetAccount says); more is throttled. 0: no limit
fail_address       address or list: a send to it is answered ``MessageRejected``
bounce             address or list: accepted, then a hard bounce; goes on the suppression list like a real one
soft_bounce        address or list: accepted, then a transient bounce
complain           address or list: delivered, then a complaint; goes on the suppression list
================== ================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class SesFaults:
    throttle_every: int = 0
    unavailable_every: int = 0
    max_send_rate: float = 0
    fail_address: frozenset[str] = frozenset()
    bounce: frozenset[str] = frozenset()
    soft_bounce: frozenset[str] = frozenset()
    complain: frozenset[str] = frozenset()

    @classmethod
    def of(cls, wanted: Mapping[str, Any]) -> SesFaults:
        """Raises ValueError that names an unknown fault or a value of the wrong kind."""
        known = {f.name: f.type for f in fields(cls)}
        values: dict[str, Any] = {}
        for name, value in wanted.items():
            if name not in known:
                raise ValueError(f"unknown fault {name!r}; known: {', '.join(known)}")
            values[name] = _addresses(name, value) if known[name] == "frozenset[str]" else _number(name, value)
        return cls(**values)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"{name} must be a number of 0 or more, not {value!r}")
    return value


def _addresses(name: str, value: Any) -> frozenset[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise ValueError(f"{name} must be an address or a list of addresses")
    return frozenset(v.lower() for v in values)
