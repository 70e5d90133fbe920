"""Each price has one home: every amount of money in the docs follows from the two dated price files."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from personalize.driver.estimates import HOURS_A_MONTH, hour_of_live_campaign, load_prices
from scripts.generated_part import END
from scripts.plan_review.cost import cost_of, prices, usd_per_1000_mails
from scripts.plan_review.plan_json import read_plan
from tests.plan_review.plans import plan, resource

REPO = Path(__file__).parents[2]
MILLION = 1_000_000
AMOUNT = re.compile(r"(\d[\d,]*(?:\.\d+)?) USD")
MADE = re.compile(rf"<!-- [\w ]+: made by `make docs`, do not edit -->.*?{END}", re.DOTALL)
MADE_WHOLLY = "plan-review-examples"
UNIT = {name: unit["usd"] for name, unit in prices()["units"].items()}
MAILS = usd_per_1000_mails()
LIVE = hour_of_live_campaign(load_prices()["v2"])
WRITES = UNIT["DynamoDB writes"] * MILLION

# page -> its amounts in their order, as the prices give them; the page may round
AMOUNTS: dict[str, list[float]] = {
    "docs/architectures/audience_import.md": [3 * WRITES],
    "docs/architectures/campaign_sending.md": [1000 * MAILS["SES"], 1000 * (sum(MAILS.values()) - MAILS["SES"])],
    "docs/architectures/email_channel.md": [MAILS["SES"]],
    "docs/architectures/engagement_api.md": [UNIT["API"] * MILLION],
    "docs/architectures/engagement_store.md": [
        prices()["monthly_fixed"]["aws_kms_key"]["usd"], WRITES, UNIT["DynamoDB reads"] * MILLION,
        UNIT["DynamoDB storage"], UNIT["DynamoDB restore"], UNIT["S3 storage"],
    ],
    "docs/architectures/event_stream.md": [UNIT["Firehose"], UNIT["Firehose"] * 4 * 5e3 * MILLION / 1e9],
    "docs/architectures/operations.md": [prices()["monthly_fixed"]["aws_cloudwatch_dashboard"]["usd"]],
    "docs/architectures/recommendations.md": [400 * UNIT["Step Functions"]],  # below that
    "docs/costs.md": [
        UNIT["SES plan"] * 1000, UNIT["DynamoDB storage"], UNIT["S3 storage"], 3 * WRITES,
        (UNIT["API"] + 0.02 * 1.7 * UNIT["Lambda"]) * MILLION,
    ],
    "docs/decisions/2026-11-21-at-most-once.md": [3 * WRITES],
    "docs/decisions/2026-11-21-batch-results-in-a-table-by-generation.md": [WRITES],
    "docs/how-to/train.md": [LIVE, LIVE * HOURS_A_MONTH],
}  # fmt: skip


def amounts_by_page() -> dict[str, list[str]]:
    pages = [REPO / "README.md", *(REPO / "docs").rglob("*.md")]
    found = {
        str(page.relative_to(REPO)): AMOUNT.findall(MADE.sub("", page.read_text("utf-8")))
        for page in pages
        if MADE_WHOLLY not in page.parts
    }
    return {page: amounts for page, amounts in found.items() if amounts}


def test_every_amount_in_the_docs_follows_from_the_price_files():
    found = amounts_by_page()
    assert sorted(found) == sorted(AMOUNTS), "say in AMOUNTS how a new page's amounts follow from the prices"
    wrong = {
        page: (amounts, AMOUNTS[page])
        for page, amounts in found.items()
        if len(amounts) != len(AMOUNTS[page])
        or any(rounded_as(text, exact) != text.replace(",", "") for text, exact in zip(amounts, AMOUNTS[page]))
    }
    assert wrong == {}


def rounded_as(text: str, exact: float) -> str:
    """``exact`` with as many decimals as ``text`` has."""
    decimals = len(text.partition(".")[2])
    return str(Decimal(f"{exact:.9f}").quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def test_every_use_of_a_mail_has_a_price_and_a_kind_of_resource():
    table = prices()
    assert table["per_1000_mails"].keys() <= table["units"].keys()
    assert all(used["type"].startswith("aws_") and used["because"] for used in table["per_1000_mails"].values())


TABLE_USE = (MAILS["DynamoDB writes"] + MAILS["DynamoDB reads"]) * prices()["assumed_mails_a_month"] / 1000


@pytest.mark.parametrize(
    ("actions", "by_use"),
    [
        ([["create"]], TABLE_USE),
        ([["create"], ["create"]], TABLE_USE),
        ([["create"], ["no-op"]], 0),
        ([["create"], ["delete"]], 0),
        ([["delete"]], -TABLE_USE),
        ([["delete"], ["no-op"]], 0),
        ([["update"]], 0),
        ([["delete", "create"]], 0),
        ([["forget"]], 0),
        ([["read"]], 0),
    ],
    ids=str,
)
def test_use_is_counted_where_a_service_starts_or_ends(actions: list[list[str]], by_use: float):
    tables = [resource(f"aws_dynamodb_table.t{number}", action, {}, {}) for number, action in enumerate(actions)]
    assert cost_of(read_plan(plan(*tables))).by_use == pytest.approx(by_use, abs=0.005)
