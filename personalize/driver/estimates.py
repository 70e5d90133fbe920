"""What each step costs and how long it takes: list prices with their date, and the account's own history."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from personalize.config.recipes import recipe_name
from personalize.driver.model import Kind, Price, Snapshot, State

PRICES = Path(__file__).parents[1] / "prices.json"
_GB = 1 << 30
HOURS_A_MONTH = 730


def load_prices(*, local: bool = False) -> dict[str, Any]:
    """The price file; ``local`` takes the durations of the local service in place of AWS's."""
    loaded: dict[str, Any] = json.loads(PRICES.read_text(encoding="utf-8"))
    if local:
        loaded["default_seconds"] = loaded["default_seconds_local"]
        loaded["local"] = True
    return loaded


def hour_of_live_campaign(family: Mapping[str, Any], min_tps: int = 1) -> float:
    """USD an hour, asked or not; ``family`` is ``v2`` or ``other`` of the price file."""
    return min_tps * 3.6 * float(family["real_time_per_1000_requests"])


@dataclass(frozen=True)
class Estimates:
    """Prices in US dollars and durations in seconds; durations come from the newest five of a kind in the account."""

    prices: Mapping[str, Any]
    history: Mapping[tuple[Kind, str], float] = field(default_factory=dict)

    @classmethod
    def of(cls, snapshot: Snapshot, prices: Mapping[str, Any] | None = None) -> Estimates:
        seen: dict[tuple[Kind, str], list[float]] = {}
        for one in sorted(snapshot.found, key=lambda f: f.created.timestamp() if f.created else 0.0):
            if one.state is State.ACTIVE and one.seconds and one.kind is not Kind.SCHEMA:
                recipe = recipe_name(str(one.detail.get("recipeArn", ""))) if one.kind is Kind.VERSION else ""
                seen.setdefault((one.kind, recipe), []).append(one.seconds)
        history = {key: statistics.median(values[-5:]) for key, values in seen.items()}
        return cls(prices or load_prices(), history)

    def seconds(self, kind: Kind, recipe: str = "") -> float:
        known = self.history.get((kind, recipe_name(recipe) if kind is Kind.VERSION else ""))
        return known if known is not None else float(self.prices["default_seconds"][kind.value])

    def importing(self, size: int) -> Price:
        return Price(once=size / _GB * self.prices["ingestion_per_gb"], basis=f"{size / 1e6:.1f} MB ingested")

    def training(self, recipe: str, interactions: int | None) -> Price:
        name = recipe_name(recipe)
        if name in self.prices["v2"]["recipes"]:
            rows = max(interactions or 0, 1000)
            rate = self.prices["v2"]["training_per_1000_interactions"]
            told = f"{rows:,} interactions" if interactions else "at least 1,000 interactions"
            return Price(once=rows / 1000 * rate, basis=told)
        hours = self.seconds(Kind.VERSION, recipe) / 3600
        return Price(once=hours * self.prices["other"]["training_per_hour"], basis=f"{hours:.1f} training hours")

    def campaign(self, recipe: str, min_tps: int) -> Price:
        hourly = hour_of_live_campaign(self._family(recipe), min_tps)
        return Price(
            hourly=hourly,
            basis=f"floor of {min_tps} TPS, about {hourly * HOURS_A_MONTH:,.0f} USD a month even when idle",
        )

    def batch(self, recipe: str, users: int | None) -> Price:
        rate = self._family(recipe)["batch_per_1000_users"]
        if users is None:
            return Price(basis=f"{rate} USD per 1,000 users")
        return Price(once=users / 1000 * rate, basis=f"{users:,} users")

    def _family(self, recipe: str) -> Mapping[str, Any]:
        v2 = recipe_name(recipe) in self.prices["v2"]["recipes"]
        family: Mapping[str, Any] = self.prices["v2" if v2 else "other"]
        return family
