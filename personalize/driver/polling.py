"""How often to ask: soon after a step began, ever less often while it lasts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Poll:
    """The wait between two questions is a tenth of the time elapsed, within ``shortest`` and ``longest`` seconds.

    So a step is noticed at most a tenth late, and a training of two hours is asked about once a minute.
    """

    shortest: float = 2.0
    longest: float = 60.0
    share: float = 0.1

    def after(self, elapsed: float) -> float:
        return min(self.longest, max(self.shortest, elapsed * self.share))


LOCAL = Poll(shortest=0.05, longest=1.0)
AWS = Poll()
