"""The runtime and events APIs: who gets what, filters, rankings, and events that count at once."""

import json
import time

import pytest

from personalize.sample_data import ELEMENTS, SampleSize, favourites
from tests.personalize_local.account import Account, csv_of, sample_csv, schema_text

pytestmark = pytest.mark.local_aws
GENRES = {"i0": "Comedy", "i1": "Comedy|Drama", "i2": "Drama", "i3": "Horror", "i4": "", "i5": "Horror"}


def test_everyone_s_favourite_comes_first(account, trained):
    loved = favourites(SampleSize())
    assert {user: account.recommended(trained.campaign, user)[0] for user in loved} == loved


def test_scores_are_shares_in_falling_order(account, trained):
    answer = account.runtime.get_recommendations(campaignArn=trained.campaign, userId="user_3")
    scores = [item["score"] for item in answer["itemList"]]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1.0, abs=1e-4)
    assert answer["recommendationId"].startswith("RID-")


def test_an_unknown_user_gets_what_is_popular(account, trained):
    popular = account.trained_campaign(recipe="aws-popularity-count").campaign
    assert account.recommended(trained.campaign, "nobody") == account.recommended(popular, "nobody")
    assert account.recommended(popular, "nobody") == account.recommended(popular, "user_1")
    answer = account.runtime.get_recommendations(campaignArn=popular, userId="user_1")
    assert "score" not in answer["itemList"][0]


@pytest.mark.parametrize("count,expected", [(1, 1), (3, 3), (25, 5), (500, 5)])
def test_the_number_of_results(account, trained, count, expected):
    assert len(account.recommended(trained.campaign, "user_3", numResults=count)) == expected


@pytest.mark.parametrize(
    "request_,words",
    [
        ({"userId": "user_1", "numResults": 501}, "at most 500"),
        ({}, "userId is needed"),
        ({"userId": "user_1", "filterValues": {"A": "1"}}, "without filterArn"),
        ({"userId": "u" * 257}, "at 'userId'"),
    ],
)
def test_calls_that_make_no_sense_are_refused(account, trained, request_, words):
    with pytest.raises(account.runtime.exceptions.InvalidInputException, match=words):
        account.runtime.get_recommendations(campaignArn=trained.campaign, **request_)


def test_a_campaign_that_is_not_there_is_not_found(account, trained):
    with pytest.raises(account.runtime.exceptions.ResourceNotFoundException) as caught:
        account.runtime.get_recommendations(campaignArn=trained.campaign + "x", userId="user_1")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_ranking(account):
    made = account.trained_campaign(recipe="aws-personalized-ranking-v2")
    loved = favourites(SampleSize())["user_4"]
    asked = [*reversed(ELEMENTS), "UNKNOWN"]
    answer = account.runtime.get_personalized_ranking(campaignArn=made.campaign, userId="user_4", inputList=asked)
    ranked = [item["itemId"] for item in answer["personalizedRanking"]]
    assert ranked[0] == loved
    assert ranked[-1] == "UNKNOWN"
    assert sorted(ranked) == sorted(asked)
    with pytest.raises(account.runtime.exceptions.InvalidInputException, match="answers GetPersonalizedRanking"):
        account.recommended(made.campaign, "user_4")


def test_similar_items(account):
    """Items a0..a5 are used by one half of the users, b0..b5 by the other; c is used by all."""
    rows = []
    for n in range(2_400):
        user = n % 60
        item = "c" if n % 5 == 0 else f"{'ab'[user % 2]}{n // 60 % 6}"
        rows.append((f"u{user}", item, 1_700_000_000 + n))
    text = csv_of("USER_ID,ITEM_ID,TIMESTAMP", rows)
    campaign = account.trained_campaign(text, "aws-similar-items").campaign
    answer = account.runtime.get_recommendations(campaignArn=campaign, itemId="a2", numResults=4)
    similar = [item["itemId"] for item in answer["itemList"]]
    assert "a2" not in similar
    assert sum(item[0] == "a" for item in similar) >= 3
    unknown = account.runtime.get_recommendations(campaignArn=campaign, itemId="zz", numResults=1)
    assert [item["itemId"] for item in unknown["itemList"]] == ["c"]


def test_events_count_at_once_and_in_the_next_version(account):
    made = account.trained_campaign()
    loved = favourites(SampleSize())["user_5"]
    new = next(element for element in ELEMENTS if element != loved)
    tracker = account.personalize.create_event_tracker(name=account.name("tracker"), datasetGroupArn=made.group)
    account.wait("EventTracker", tracker["eventTrackerArn"])
    assert account.recommended(made.campaign, "newcomer")[0] != new or new == "GET_INVOLVED"
    for user in ("user_5", "newcomer"):
        for n in range(30):
            events = [{"eventType": "click", "itemId": new, "sentAt": 1_800_000_000 + 10 * n + m} for m in range(10)]
            account.events.put_events(
                trackingId=tracker["trackingId"], userId=user, sessionId=f"s-{user}", eventList=events
            )
    assert account.recommended(made.campaign, "user_5")[0] == new
    assert account.recommended(made.campaign, "newcomer")[0] == new
    version = account.version(made.solution)
    again = account.campaign(version)
    shares = {}
    for campaign in (made.campaign, again):
        answer = account.runtime.get_recommendations(campaignArn=campaign, userId="user_5")
        shares[campaign] = answer["itemList"][0]["score"]
    assert shares[again] == pytest.approx(shares[made.campaign], abs=0.02), "events were counted twice"


def test_an_anonymous_session_is_credited_when_its_user_is_known(account):
    made = account.trained_campaign()
    tracker = account.personalize.create_event_tracker(name=account.name("tracker"), datasetGroupArn=made.group)
    account.wait("EventTracker", tracker["eventTrackerArn"])
    put = {"trackingId": tracker["trackingId"], "sessionId": "s1"}
    rare = account.recommended(made.campaign, "stranger")[-1]
    events = [{"eventType": "click", "itemId": rare, "sentAt": 1_800_000_000 + n} for n in range(10)]
    account.events.put_events(**put, eventList=events)
    assert account.recommended(made.campaign, "stranger")[-1] == rare
    account.events.put_events(**put, userId="stranger", eventList=events[:1])
    assert account.recommended(made.campaign, "stranger")[0] == rare


@pytest.mark.parametrize(
    "change,words",
    [
        ({"trackingId": "none"}, "does not belong to an active event tracker"),
        ({"eventList": []}, "length greater than or equal to 1"),
        ({"eventList": [{"eventType": "c", "sentAt": 1}] * 11}, "length less than or equal to 10"),
        ({"eventList": [{"eventType": "c", "sentAt": 1, "properties": "no"}]}, "JSON object"),
        ({"eventList": [{"eventType": "c", "sentAt": 1, "properties": '{"colour": 1}'}]}, "no column COLOUR"),
    ],
)
def test_events_that_make_no_sense_are_refused(account, trained, change, words):
    trackers = account.personalize.list_event_trackers(datasetGroupArn=trained.group)["eventTrackers"]
    if not trackers:
        account.personalize.create_event_tracker(name=account.name("tracker"), datasetGroupArn=trained.group)
        trackers = account.personalize.list_event_trackers(datasetGroupArn=trained.group)["eventTrackers"]
    tracker = account.wait("EventTracker", trackers[0]["eventTrackerArn"])
    request = {
        "trackingId": tracker["trackingId"], "userId": "u", "sessionId": "s",
        "eventList": [{"eventType": "click", "itemId": "x", "sentAt": 1}], **change,
    }  # fmt: skip
    with pytest.raises(account.events.exceptions.InvalidInputException, match=words):
        account.events.put_events(**request)


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


def test_the_answers_of_one_model_never_change(account, trained):
    first = account.runtime.get_recommendations(campaignArn=trained.campaign, userId="user_8")["itemList"]
    second = account.runtime.get_recommendations(campaignArn=trained.campaign, userId="user_8")["itemList"]
    twin = account.trained_campaign(sample_csv()).campaign
    third = account.runtime.get_recommendations(campaignArn=twin, userId="user_8")["itemList"]
    assert first == second == third
