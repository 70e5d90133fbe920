"""Showing plans, metrics and history as tables for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from rich.markup import escape
from rich.table import Table

from personalize.driver.history import VersionRecord
from personalize.driver.model import Action, Plan, Snapshot, State, Step
from personalize.driver.version_comparison import Comparison

_STYLES = {
    Action.CREATE: "green",
    Action.RETRAIN: "green",
    Action.UPDATE: "yellow",
    Action.REPLACE: "yellow",
    Action.DELETE: "red",
    Action.WAIT: "cyan",
    Action.CHECK: "cyan",
    Action.LEAVE: "dim",
}


def told(seconds: float) -> str:
    """A duration for people: ``8 s``, ``3 min``, ``1 h 50 min``.

    >>> told(6600)
    '1 h 50 min'
    """
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 or seconds == 0 else f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def price_text(step: Step) -> str:
    """What a step costs: once, by the hour, or how it will be reckoned; empty when nothing."""
    price = step.price
    if step.action in (Action.LEAVE, Action.WAIT) and not price.hourly:
        return ""
    parts = []
    if price.once:
        parts.append(f"{price.once:.2f} USD" if price.once >= 0.01 else "< 0.01 USD")
    if price.hourly:
        parts.append(f"{price.hourly:.2f} USD an hour")
    if price.basis:
        parts.append(f"({price.basis})")
    return " ".join(parts)


def plan_table(plan: Plan, title: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("do")
    table.add_column("what", overflow="fold")
    table.add_column("why", overflow="fold")
    table.add_column("price", overflow="fold")
    table.add_column("takes", justify="right", no_wrap=True)
    for step in plan.steps:
        style = _STYLES[step.action]
        took = told(step.seconds) if step.seconds and step.action is not Action.LEAVE else ""
        table.add_row(
            f"[{style}]{step.action}[/]",
            f"{step.kind} [bold]{step.name}[/]",
            escape(step.reason),
            price_text(step),
            took,
        )
    return table


def longest_chain(plan: Plan) -> float:
    """Seconds that the plan takes when everything that can run at the same time does."""
    ends: dict[str, float] = {}
    for step in plan.steps:
        begins = max((ends.get(key, 0.0) for key in step.after), default=0.0)
        ends[step.key] = begins + (0.0 if step.action is Action.LEAVE else step.seconds)
    return max(ends.values(), default=0.0)


def summary(plan: Plan, prices: Mapping[str, Any]) -> str:
    """The plan in a few lines: how many of each, money, time, and where the prices come from."""
    counts = {action: sum(1 for step in plan.steps if step.action is action) for action in Action}
    told_counts = ", ".join(f"{count} to {action}" for action, count in counts.items() if count)
    once = sum(step.price.once for step in plan.steps if step.action is not Action.LEAVE)
    hourly = sum(step.price.hourly for step in plan.steps if step.action is not Action.DELETE)
    where = "Here it costs nothing; in AWS about" if prices.get("local") else "About"
    return (
        f"{told_counts}.\n"
        f"{where} {once:.2f} USD now and {hourly:.2f} USD an hour afterwards. "
        f"Takes about {told(longest_chain(plan))} in all.\n"
        f"Prices are list prices of {prices['region']}, dated {prices['as_of']}: check them. "
        f"Batch inference is reckoned when its users are counted."
    )


def plan_json(plan: Plan, prices: Mapping[str, Any]) -> dict[str, Any]:
    """The plan for programs; money in USD, time in seconds."""
    return {
        "steps": [
            {
                "key": step.key,
                "kind": str(step.kind),
                "name": step.name,
                "action": str(step.action),
                "reason": step.reason,
                "arn": step.arn or None,
                "after": list(step.after),
                "waits_for_input": step.gated,
                "price": {"once": step.price.once, "hourly": step.price.hourly, "basis": step.price.basis},
                "expected_seconds": step.seconds,
            }
            for step in plan.steps
        ],
        "changes": len(plan.changes),
        "expected_seconds": longest_chain(plan),
        "prices": {key: prices[key] for key in ("as_of", "region", "note")},
    }


def metrics_table(comparison: Comparison) -> Table:
    table = Table(
        title=comparison.solution,
        title_justify="left",
        box=None,
        pad_edge=False,
        header_style="bold",
    )
    for name in ("metric", "new version", "in use", "popularity"):
        table.add_column(name, justify="left" if name == "metric" else "right")
    for name, *values in comparison.rows():
        style = "bold" if name == comparison.metric else ""
        table.add_row(name, *("" if value is None else f"{value:.4f}" for value in values), style=style)
    return table


def short_metric(metric: str) -> str:
    """``ndcg_at_10`` for ``normalized_discounted_cumulative_gain_at_10``."""
    return metric.replace("normalized_discounted_cumulative_gain", "ndcg")


def history_table(records: Iterable[VersionRecord], metric: str) -> Table:
    table = Table(title="Versions, newest first", title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in ("solution", "version", "trained", "took", "status", short_metric(metric), "serves"):
        table.add_column(name, overflow="fold")
    for one in records:
        status = "rolled back" if one.rolled_back else one.status
        value = one.metrics.get(metric)
        table.add_row(
            one.solution,
            one.name.removeprefix(f"{one.solution}-"),
            f"{one.created:%Y-%m-%d %H:%M}" if one.created else "",
            told(one.seconds) if one.seconds else "",
            escape(f"{status} {one.reason}".strip()),
            "" if value is None else f"{value:.4f}",
            ", ".join(one.serves),
        )
    return table


def history_json(records: Iterable[VersionRecord]) -> list[dict[str, Any]]:
    return [
        {
            "solution": one.solution,
            "name": one.name,
            "arn": one.arn,
            "status": one.status,
            "created": one.created.isoformat() if one.created else None,
            "seconds": one.seconds,
            "serves": list(one.serves),
            "rolled_back": one.rolled_back,
            "metrics": dict(one.metrics),
            "reason": one.reason,
        }
        for one in records
    ]


def resources_table(snapshot: Snapshot, now_text: str) -> Table:
    """Everything found, with its state and, while the service works on it, for how long it has."""
    table = Table(title=now_text, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in ("kind", "name", "status", "took"):
        table.add_column(name, overflow="fold")
    for one in snapshot.found:
        took = told(one.seconds) if one.seconds and one.state is State.ACTIVE else ""
        name = one.name or one.arn.rsplit("/", 1)[-1]
        table.add_row(str(one.kind), name, escape(f"{one.status} {one.reason}".strip()), took)
    return table


def resources_json(snapshot: Snapshot) -> list[dict[str, Any]]:
    return [
        {
            "kind": str(one.kind),
            "name": one.name or None,
            "arn": one.arn,
            "status": one.status,
            "reason": one.reason,
            "created": one.created.isoformat() if one.created else None,
            "seconds": one.seconds,
        }
        for one in snapshot.found
    ]


def clock_text(seconds: float) -> str:
    """``0:04:31``."""
    return str(timedelta(seconds=int(seconds)))
