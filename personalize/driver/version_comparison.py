"""Is the new version good enough to be used? The service's own metrics, side by side; pure.

The margin is ``evaluation.margin`` of personalize.yaml; how the local service measures is models/evaluation.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from personalize.config.declaration import Evaluation

Metrics = Mapping[str, float]


@dataclass(frozen=True)
class Comparison:
    """Metrics of one trained version beside the one in use and beside popularity on the same held-out interactions.

    ``change`` is the relative difference of the judged metric to the version in use, ``None`` without one.
    """

    solution: str
    version: str
    metric: str
    margin: float
    candidate: Metrics
    previous: Metrics
    popularity: Metrics
    accepted: bool
    change: float | None
    message: str

    def rows(self) -> list[tuple[str, float | None, float | None, float | None]]:
        """(metric, new, in use, popularity) for every metric that any of the three has."""
        names = sorted({*self.candidate, *self.previous, *self.popularity})
        return [(n, self.candidate.get(n), self.previous.get(n), self.popularity.get(n)) for n in names]


def compare(
    rule: Evaluation,
    *,
    solution: str,
    version: str,
    candidate: Metrics,
    previous: Metrics,
    popularity: Metrics,
    accept_worse: bool = False,
) -> Comparison:
    """Accept unless the judged metric fell by more than the margin; worse than popularity is said, not refused."""
    new, old, popular = (metrics.get(rule.metric) for metrics in (candidate, previous, popularity))
    change = (new - old) / old if new is not None and old else None
    worse = change is not None and change < -rule.margin
    accepted = not worse or accept_worse
    return Comparison(
        solution=solution,
        version=version,
        metric=rule.metric,
        margin=rule.margin,
        candidate=candidate,
        previous=previous,
        popularity=popularity,
        accepted=accepted,
        change=change,
        message=_words(rule, new, old, popular, change, worse, accepted),
    )


def _words(
    rule: Evaluation,
    new: float | None,
    old: float | None,
    popular: float | None,
    change: float | None,
    worse: bool,
    accepted: bool,
) -> str:
    if new is None:
        return f"the service gives no {rule.metric} for this version, so it is not compared"
    words = [f"{rule.metric} {new:.4f}"]
    if change is not None:
        words.append(f"{change:+.1%} against the version in use ({old:.4f}; margin {rule.margin:.0%})")
    if popular is not None:
        better = "better" if new > popular else "not better"
        words.append(f"{better} than popularity ({popular:.4f})")
    if worse:
        words.append(
            "accepted because of --accept-worse"
            if accepted
            else "refused: the version in use stays; `kit train --accept-worse` takes it all the same"
        )
    return "; ".join(words)
