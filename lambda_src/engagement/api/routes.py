"""From a method and a raw path to the operation and its path labels.

API Gateway decodes differently by kind: a REST API hands on what the client sent, an HTTP API decodes every escape but
``%25``. Splitting first and decoding each segment once is right for both, except that ``%2F`` inside an id may
arrive as ``/``: a path with too many segments is then matched with the one label that may hold slashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from engagement.api.service_model import Operation, service_model
from engagement.errors import MethodNotAllowed, NotFound

SLASHES_ALLOWED = ("endpoint-id", "user-id", "resource-arn")


@dataclass(frozen=True)
class Route:
    """A path pattern and its operations by method. ``greedy`` is the position of the label that may hold slashes."""

    pattern: tuple[str, ...]
    operations: Mapping[str, Operation]

    @property
    def greedy(self) -> int | None:
        return next((at for at, part in enumerate(self.pattern) if _label(part) in SLASHES_ALLOWED), None)

    def labels(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """Label values by their name in the path, or None when the path is another one."""
        if len(segments) != len(self.pattern):
            return None
        found = {}
        for part, segment in zip(self.pattern, segments, strict=True):
            name = _label(part)
            if name is None:
                if part != segment:
                    return None
            elif segment:
                found[name] = segment
            else:
                return None
        return found

    def labels_with_slashes(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """The same for a path whose id was decoded too early."""
        extra = len(segments) - len(self.pattern)
        if self.greedy is None or extra < 1:
            return None
        end = self.greedy + extra + 1
        joined = "/".join(segments[self.greedy : end])
        return self.labels((*segments[: self.greedy], joined, *segments[end:]))


@dataclass(frozen=True)
class Match:
    operation: Operation
    labels: Mapping[str, str]


def match(method: str, raw_path: str) -> Match:
    """Raises NotFound for a path that is not the API's, MethodNotAllowed for a method that the path does not have."""
    segments = tuple(unquote(segment) for segment in raw_path.removeprefix("/").split("/"))
    allowed: list[str] = []
    for route, labels in _candidates(segments):
        operation = route.operations.get(method)
        if operation is not None:
            return Match(operation, labels)
        allowed += route.operations
    if not allowed:
        raise NotFound("no operation of the API has this path; see docs/operations.md")
    raise MethodNotAllowed(f"this path has no method {method[:16]}; it has {', '.join(sorted(set(allowed)))}")


def _candidates(segments: tuple[str, ...]) -> Iterator[tuple[Route, dict[str, str]]]:
    """Routes that fit, exact ones first."""
    for route in _routes():
        labels = route.labels(segments)
        if labels is not None:
            yield route, labels
    for route in _routes():
        labels = route.labels_with_slashes(segments)
        if labels is not None:
            yield route, labels


@cache
def _routes() -> tuple[Route, ...]:
    """All routes, those with more fixed words first: ``/templates/{name}/email`` before a pattern with two labels."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in service_model().operations.values():
        by_path.setdefault(operation.path, {})[operation.method] = operation
    routes = [Route(tuple(path.removeprefix("/").split("/")), operations) for path, operations in by_path.items()]
    return tuple(sorted(routes, key=lambda route: (_fixed(route.pattern), len(route.pattern)), reverse=True))


def _fixed(pattern: Iterable[str]) -> int:
    return sum(_label(part) is None for part in pattern)


def _label(part: str) -> str | None:
    return part[1:-1] if part.startswith("{") else None
