"""Tables of docs/costs.md, from the dated price files and the number of things in the plan."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scripts.generated_part import with_part
from scripts.mocked_plan import Resource
from scripts.plan_review.cost import prices

REPO = Path(__file__).parents[1]
PAGE = REPO / "docs" / "costs.md"
UNITS = Path(__file__).with_name("unit_prices.json")
PERSONALIZE = REPO / "personalize" / "prices.json"
Json = dict[str, Any]


def page(resources: Iterable[Resource]) -> str:
    """The page with its three tables anew."""
    text = PAGE.read_text("utf-8")
    for name, part in {"idle": idle(resources), "mails": mails(), "personalize": personalize()}.items():
        text = with_part(text, name, part)
    return text


def idle(resources: Iterable[Resource]) -> str:
    """What stands costs by the month, with and without what AWS gives each account for nothing."""
    counts = Counter(resource.type for resource in resources)
    fixed, free = prices()["monthly_fixed"], _units()["free"]
    lines = [
        "| What | How many | USD each | USD a month | after the free tier |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    total = left = 0.0
    for kind in sorted(counts.keys() & fixed.keys()):
        count, each = counts[kind], fixed[kind]["usd"]
        paid = max(0, count - free.get(kind, 0))
        total, left = total + count * each, left + paid * each
        lines.append(f"| {fixed[kind]['of']} | {count} | {each:.2f} | {count * each:.2f} | {paid * each:.2f} |")
    lines.append(f"| **together** | | | **{total:.2f}** | **{left:.2f}** |")
    return "\n".join([f"List prices of {prices()['dated']}, {prices()['region']}.", "", *lines])


def mails() -> str:
    """What 1,000 mails cost, by service."""
    table = _units()
    lines = ["| Service | USD per 1,000 mails | Because |", "| --- | ---: | --- |"]
    total = 0.0
    for service, used in table["per_1000_mails"].items():
        usd = used["units"] * table["units"][service]["usd"]
        total += usd
        unit = table["units"][service]
        lines.append(f"| {service} | {usd:.5f} | {used['units']:,} x {unit['of']}: {used['because']} |")
    engine = total - table["units"]["SES"]["usd"] * 1000
    lines.append(
        f"| **together** | **{total:.5f}** | of which the engine {engine:.5f}: {engine * 1000:.2f} USD per million |"
    )
    return "\n".join([f"List prices of {table['dated']}, {table['region']}.", "", *lines])


def personalize() -> str:
    """What recommendations cost: the kinds of recipe beside each other."""
    table = json.loads(PERSONALIZE.read_text("utf-8"))
    new, old = table["v2"], table["other"]
    idle_month = [f"{one['real_time_per_1000_requests'] * 3600 / 1000 * 730:.0f}" for one in (new, old)]
    by_interactions = f"{new['training_per_1000_interactions']} per 1,000 interactions"
    rows = [
        ("data taken in, a GB", table["ingestion_per_gb"], table["ingestion_per_gb"]),
        ("one training", by_interactions, f"{old['training_per_hour']} an hour"),
        ("batch, 1,000 people", new["batch_per_1000_users"], old["batch_per_1000_users"]),
        ("asked live, 1,000 requests", new["real_time_per_1000_requests"], old["real_time_per_1000_requests"]),
        ("a live campaign that nobody asks, a month at 1 request a second", *idle_month),
    ]
    lines = [
        f"| USD | {' and '.join(f'`{name}`' for name in new['recipes'])} | other recipes |",
        "| --- | ---: | ---: |",
    ]
    lines += [f"| {what} | {first} | {second} |" for what, first, second in rows]
    return "\n".join([f"List prices of {table['as_of']}, {table['region']}: {table['note']}.", "", *lines])


def _units() -> Json:
    return json.loads(UNITS.read_text("utf-8"))
