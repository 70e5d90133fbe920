"""The monthly cost line: list prices from a dated file, what is assumed said beside it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from scripts.plan_review.plan_json import Change, Kind, Plan

PRICES = Path(__file__).with_name("prices.json")


@dataclass(frozen=True)
class Cost:
    """USD a month: what the plan adds to the fixed part, what use adds, and the lines behind it."""

    fixed: float
    by_use: float
    lines: tuple[str, ...]
    assumed: str

    @property
    def text(self) -> str:
        """One line."""
        parts = [f"{_usd(self.fixed, sign=True)} a month fixed"] if self.fixed else []
        parts += [f"{_usd(self.by_use, sign=True)} a month by use"] if self.by_use else []
        return f"{'about ' + ' and '.join(parts) if parts else 'no change of the monthly bill'} ({self.assumed})"


@cache
def prices() -> Mapping[str, Any]:
    """The price file."""
    return json.loads(PRICES.read_text("utf-8"))


def cost_of(plan: Plan) -> Cost:
    """What applying the plan changes on the bill."""
    table = prices()
    fixed = 0.0
    counts: Counter[str] = Counter()
    for change in plan.changes:
        before, after = _fixed(change, change.before), _fixed(change, change.after)
        difference = after - before if change.kind is not Kind.FORGET else 0.0
        if difference:
            fixed += difference
            counts[change.type] += 1 if difference > 0 else -1
    lines = tuple(
        f"{count:+d} {type_}: {_usd(table['monthly_fixed'][type_]['usd'])} a month for each {table['monthly_fixed'][type_]['of']}"
        for type_, count in sorted(counts.items())
    )
    mails = table["assumed_mails_a_month"]
    assumed = f"list prices of {table['dated']}, {table['region']}, assumed: {mails:,} mails a month"
    return Cost(round(fixed, 2), round(_use_that_starts_or_ends(plan), 2), lines, assumed)


def usd_per_1000_mails() -> dict[str, float]:
    """Service -> USD for what 1,000 mails use of it."""
    table = prices()
    return {
        service: used["units"] * table["units"][service]["usd"] for service, used in table["per_1000_mails"].items()
    }


def _use_that_starts_or_ends(plan: Plan) -> float:
    """USD a month for the services whose first resource the plan makes, less those whose last one it deletes."""
    table = prices()
    before = {change.type for change in plan.changes if change.kind not in (Kind.CREATE, Kind.READ)}
    after = {change.type for change in plan.changes if change.kind not in (Kind.DELETE, Kind.READ)}
    thousands = table["assumed_mails_a_month"] / 1000
    return sum(
        usd * thousands * ((used["type"] in after) - (used["type"] in before))
        for used, usd in zip(table["per_1000_mails"].values(), usd_per_1000_mails().values())
    )


def _fixed(change: Change, side: Any) -> float:
    """Fixed price of one side of a change; nothing on that side costs nothing."""
    entry = prices()["monthly_fixed"].get(change.type)
    if entry is None or not isinstance(side, Mapping) or change.kind in (Kind.NONE, Kind.READ):
        return 0.0
    if change.type == "aws_kinesis_stream" and side.get("shard_count"):
        return float(entry["shard_usd"]) * side["shard_count"]
    if change.type == "aws_vpc_endpoint" and side.get("vpc_endpoint_type") == "Gateway":
        return 0.0
    return float(entry["usd"])


def _usd(amount: float, *, sign: bool = False) -> str:
    return f"{amount:+,.2f} USD" if sign else f"{amount:,.2f} USD"
