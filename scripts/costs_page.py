"""Tables of docs/costs.md and the README's paragraph, from the dated price files and the number of things in the plan.

AWS's prices: scripts/plan_review/prices.json. Personalize's, which the functions read too: personalize/prices.json.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from personalize.driver.estimates import HOURS_A_MONTH, hour_of_live_campaign, load_prices
from scripts.generated_part import with_part
from scripts.mocked_plan import Resource
from scripts.plan_review.cost import prices, usd_per_1000_mails

REPO = Path(__file__).parents[1]
PAGE = REPO / "docs" / "costs.md"
README = REPO / "README.md"


def pages(resources: Iterable[Resource]) -> dict[Path, str]:
    """docs/costs.md with its three tables anew, the README with its paragraph."""
    counts = Counter(resource.type for resource in resources)
    costs = PAGE.read_text("utf-8")
    for name, part in {"idle": idle(counts), "mails": mails(), "personalize": personalize()}.items():
        costs = with_part(costs, name, part)
    return {PAGE: costs, README: with_part(README.read_text("utf-8"), "cost", in_short(counts))}


def in_short(counts: Counter[str]) -> str:
    """The README's paragraph."""
    kinds, total, left = _idle_sums(counts)
    things = ", ".join(
        f"{counts[kind]} {prices()['monthly_fixed'][kind]['of']}{'s'[: counts[kind] > 1]}" for kind in kinds
    )
    spent = usd_per_1000_mails()
    engine = (sum(spent.values()) - spent["SES"]) * 1000
    live = hour_of_live_campaign(load_prices()["v2"])
    return (
        f"**Cost.** Idle: {total:.2f} USD a month ({things}), {left:.2f} while the account's free tier is unused. Sending: "
        f"SES's own {spent['SES']:.2f} USD per 1,000 mails, and {engine:.2f} USD per million mails for the engine.\n"
        f"A live Personalize campaign bills {live:.2f} USD every hour even when idle, so batch inference is the default; "
        f"`kit train --plan` prints the price of each step. List prices of {prices()['dated']} and, for Personalize, of "
        f"{load_prices()['as_of']}: see [costs](docs/costs.md)."
    )


def _idle_sums(counts: Counter[str]) -> tuple[list[str], float, float]:
    """Types that cost by the month, what they cost, and what is left of that after the free tier."""
    fixed = prices()["monthly_fixed"]
    kinds = sorted(counts.keys() & fixed.keys())
    total = sum(counts[kind] * fixed[kind]["usd"] for kind in kinds)
    left = sum(_paid(counts, kind) * fixed[kind]["usd"] for kind in kinds)
    return kinds, total, left


def _paid(counts: Counter[str], kind: str) -> int:
    return max(0, counts[kind] - prices()["monthly_fixed"][kind].get("free", 0))


def idle(counts: Counter[str]) -> str:
    """What stands costs by the month, with and without what AWS gives each account for nothing."""
    lines = [
        "| What | How many | USD each | USD a month | after the free tier |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    kinds, total, left = _idle_sums(counts)
    for kind in kinds:
        each, of, count = prices()["monthly_fixed"][kind]["usd"], prices()["monthly_fixed"][kind]["of"], counts[kind]
        lines.append(f"| {of} | {count} | {each:.2f} | {count * each:.2f} | {_paid(counts, kind) * each:.2f} |")
    lines.append(f"| **together** | | | **{total:.2f}** | **{left:.2f}** |")
    return "\n".join([f"List prices of {prices()['dated']}, {prices()['region']}.", "", *lines])


def mails() -> str:
    """What 1,000 mails cost, by service."""
    table, spent = prices(), usd_per_1000_mails()
    lines = ["| Service | USD per 1,000 mails | Because |", "| --- | ---: | --- |"]
    for service, used in table["per_1000_mails"].items():
        of = table["units"][service]["of"]
        lines.append(f"| {service} | {spent[service]:.5f} | {used['units']:,} x {of}: {used['because']} |")
    total = sum(spent.values())
    engine = total - spent["SES"]
    lines.append(
        f"| **together** | **{total:.5f}** | of which the engine {engine:.5f}: {engine * 1000:.2f} USD per million |"
    )
    return "\n".join([f"List prices of {table['dated']}, {table['region']}.", "", *lines])


def personalize() -> str:
    """What recommendations cost: the kinds of recipe beside each other."""
    table = load_prices()
    new, old = table["v2"], table["other"]
    idle_month = [f"{hour_of_live_campaign(one) * HOURS_A_MONTH:.0f}" for one in (new, old)]
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
