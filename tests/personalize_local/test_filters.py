"""Filters with a model behind them: metadata, events, parameters, conditions, promotions, and rows put one by one."""

import json
import time

import pytest

from tests.personalize_local.account import Account, csv_of, schema_text

pytestmark = pytest.mark.local_aws
GENRES = {"i0": "Comedy", "i1": "Comedy|Drama", "i2": "Drama", "i3": "Horror", "i4": "", "i5": "Horror"}


@pytest.fixture(scope="module")
def shop(shared_account: Account):
    """Six items with genres and prices, users with ages, clicks and purchases."""
    group = shared_account.group()
    shared_account.import_text(
        shared_account.dataset(
            group,
            schema_text("Interactions", USER_ID="string", ITEM_ID="string", TIMESTAMP="long", EVENT_TYPE="string"),
        ),
        csv_of(
            "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE",
            [(f"u{n % 40}", f"i{(n * 7 + n // 40) % 6}", 1_700_000_000 + n, "click") for n in range(1_600)]
            + [("u1", "i0", 1_700_100_000, "purchase"), ("u1", "i3", 1_700_100_001, "purchase")],
        ),
    )
    items = shared_account.dataset(
        group, schema_text("Items", ITEM_ID="string", GENRE="string?", PRICE="float?"), "ITEMS"
    )
    shared_account.import_text(
        items,
        csv_of("ITEM_ID,GENRE,PRICE", [(i, g, n * 10 if n != 4 else "") for n, (i, g) in enumerate(GENRES.items())]),
    )
    users = shared_account.dataset(group, schema_text("Users", USER_ID="string", AGE="int", LIKES="string?"), "USERS")
    shared_account.import_text(users, csv_of("USER_ID,AGE,LIKES", [("u1", 17, "Horror"), ("u2", 50, "Drama|Comedy")]))
    campaign = shared_account.campaign(
        shared_account.version(shared_account.solution(group)),
        campaignConfig={"enableMetadataWithRecommendations": True},
    )
    return {"group": group, "items": items, "users": users, "campaign": campaign}


def filtered(account, shop, expression, user="u1", **values):
    arn = account.personalize.create_filter(
        name=account.name("filter"), datasetGroupArn=shop["group"], filterExpression=expression
    )["filterArn"]
    account.wait("Filter", arn)
    found = account.recommended(shop["campaign"], user, filterArn=arn, filterValues=values)
    account.personalize.delete_filter(filterArn=arn)
    while any(
        f["filterArn"] == arn for f in account.personalize.list_filters(datasetGroupArn=shop["group"])["Filters"]
    ):
        time.sleep(0.01)
    return set(found)


@pytest.mark.parametrize(
    "expression,user,values,expected",
    [
        ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase")', "u1", {}, {"i1", "i2", "i4", "i5"}),
        ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase")', "u2", {}, set(GENRES)),
        ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")', "u1", {}, set()),
        ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")', "nobody", {}, set(GENRES)),
        (
            'INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase") AND Interactions.TIMESTAMP > 1700100000',
            "u1", {}, {"i3"},
        ),
        ('INCLUDE ItemID WHERE Items.GENRE IN ("Comedy")', "u1", {}, {"i0", "i1"}),
        ("INCLUDE ItemID WHERE Items.GENRE IN ($G)", "u1", {"G": '"Drama","Horror"'}, {"i1", "i2", "i3", "i5"}),
        ("INCLUDE ItemID WHERE Items.GENRE IN ($G)", "u1", {"G": '"None"'}, set()),
        ('EXCLUDE ItemID WHERE Items.GENRE NOT IN ("Drama")', "u1", {}, {"i1", "i2"}),
        ("INCLUDE ItemID WHERE Items.PRICE >= 30", "u1", {}, {"i3", "i5"}),
        ("INCLUDE ItemID WHERE Items.PRICE < $MAX", "u1", {"MAX": "11"}, {"i0", "i1"}),
        ('INCLUDE ItemID WHERE Items.GENRE = "Horror" AND Items.PRICE = 50', "u1", {}, {"i5"}),
        ('INCLUDE ItemID WHERE Items.GENRE = "Horror" OR Items.PRICE = 0', "u1", {}, {"i0", "i3", "i5"}),
        ('EXCLUDE ItemID WHERE Items.GENRE IN ("Horror") IF CurrentUser.AGE < 18', "u1", {}, {"i0", "i1", "i2", "i4"}),
        ('EXCLUDE ItemID WHERE Items.GENRE IN ("Horror") IF CurrentUser.AGE < 18', "u2", {}, set(GENRES)),
        ('EXCLUDE ItemID WHERE Items.GENRE IN ("Horror") IF CurrentUser.AGE < 18', "nobody", {}, set(GENRES)),
        ("INCLUDE ItemID WHERE Items.GENRE IN (CurrentUser.LIKES)", "u2", {}, {"i0", "i1", "i2"}),
        (
            'INCLUDE ItemID WHERE Items.GENRE = "Comedy" | INCLUDE ItemID WHERE Items.GENRE = "Drama" '
            '| EXCLUDE ItemID WHERE Items.PRICE = 10',
            "u1", {}, {"i0", "i2"},
        ),
    ],
)  # fmt: skip
def test_filters(account, shop, expression, user, values, expected):
    assert filtered(account, shop, expression, user, **values) == expected


@pytest.mark.parametrize(
    "expression,values,words",
    [
        ("INCLUDE ItemID WHERE Items.GENRE IN ($G)", {}, r"lacks a value for \$G"),
        ("INCLUDE ItemID WHERE Items.PRICE = 1", {"G": "1"}, r"no parameter \$G"),
        ("INCLUDE ItemID WHERE Items.PRICE < $G", {"G": "cheap"}, "PRICE is a number"),
    ],
)
def test_parameters_have_to_fit(account, shop, expression, values, words):
    with pytest.raises(account.runtime.exceptions.InvalidInputException, match=words):
        filtered(account, shop, expression, **values)


@pytest.mark.parametrize(
    "expression,words",
    [
        ("INCLUDE ItemID WHERE Items.COLOUR = 1", "column COLOUR"),
        ("INCLUDE ItemID WHERE", "position"),
        ("INCLUDE ItemID WHERE Interactions.EVENT_VALUE > 1", "column EVENT_VALUE"),
    ],
)
def test_filters_are_checked_when_they_are_made(account, shop, expression, words):
    with pytest.raises(account.personalize.exceptions.InvalidInputException, match=words):
        filtered(account, shop, expression)


def test_metadata_comes_with_the_items_when_asked_for(account, shop):
    answer = account.runtime.get_recommendations(
        campaignArn=shop["campaign"], userId="u1", metadataColumns={"ITEMS": ["GENRE", "PRICE"]}
    )
    found = {item["itemId"]: item.get("metadata") for item in answer["itemList"]}
    assert found["i1"] == {"GENRE": "Comedy|Drama", "PRICE": "10.0"}
    assert found["i4"] in ({}, None)


def test_promotions_take_their_share_of_the_places(account, shop):
    arn = account.personalize.create_filter(
        name=account.name("filter"),
        datasetGroupArn=shop["group"],
        filterExpression="INCLUDE ItemID WHERE Items.PRICE > 29",
    )["filterArn"]
    account.wait("Filter", arn)
    answer = account.runtime.get_recommendations(
        campaignArn=shop["campaign"], userId="u2", numResults=4,
        promotions=[{"name": "dear", "percentPromotedItems": 50, "filterArn": arn}],
    )  # fmt: skip
    promoted = [item["itemId"] for item in answer["itemList"] if item.get("promotionName") == "dear"]
    assert set(promoted) == {"i3", "i5"}
    assert len(answer["itemList"]) == 4


def test_items_and_users_put_one_by_one_count_in_filters(account, shop):
    account.events.put_items(
        datasetArn=shop["items"], items=[{"itemId": "i4", "properties": json.dumps({"genre": "Space", "price": 9.5})}]
    )
    assert filtered(account, shop, 'INCLUDE ItemID WHERE Items.GENRE = "Space"') == {"i4"}
    account.events.put_users(datasetArn=shop["users"], users=[{"userId": "u9", "properties": '{"age": 3}'}])
    only_adults = 'EXCLUDE ItemID WHERE Items.GENRE IN ("Horror") IF CurrentUser.AGE < 18'
    assert not filtered(account, shop, only_adults, "u9") & {"i3", "i5"}
    with pytest.raises(account.events.exceptions.InvalidInputException, match="AGE must be a int"):
        account.events.put_users(datasetArn=shop["users"], users=[{"userId": "u9", "properties": '{"age": "3"}'}])
    with pytest.raises(account.events.exceptions.ResourceNotFoundException):
        account.events.put_items(datasetArn=shop["items"] + "X", items=[{"itemId": "i4"}])
