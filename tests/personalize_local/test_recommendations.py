"""The runtime and events APIs: who gets what, rankings, and events that count at once."""

import pytest

from personalize.sample_data import ELEMENTS, SampleSize, favourites
from tests.personalize_local.account import ROLE, csv_of, sample_csv

pytestmark = pytest.mark.local_aws


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


def test_the_answers_of_one_model_never_change(account, trained):
    first = account.runtime.get_recommendations(campaignArn=trained.campaign, userId="user_8")["itemList"]
    second = account.runtime.get_recommendations(campaignArn=trained.campaign, userId="user_8")["itemList"]
    twin = account.trained_campaign(sample_csv()).campaign
    third = account.runtime.get_recommendations(campaignArn=twin, userId="user_8")["itemList"]
    assert first == second == third


def test_events_of_one_id_count_once(account):
    group = account.group()
    dataset = account.dataset(group)
    account.import_text(dataset, sample_csv())
    tracker = account.personalize.create_event_tracker(name=account.name("tracker"), datasetGroupArn=group)
    account.wait("EventTracker", tracker["eventTrackerArn"])

    def put(*event_ids):
        events = [
            {"eventType": "open", "itemId": "DONATE", "sentAt": 1_800_000_000 + n, **({"eventId": one} if one else {})}
            for n, one in enumerate(event_ids)
        ]
        account.events.put_events(trackingId=tracker["trackingId"], userId="user_5", sessionId="m1", eventList=events)

    put("m1:open", "m1:open", "m1:click")
    put("m1:click", None, None)
    job = account.personalize.create_dataset_export_job(
        jobName=account.name("export"), datasetArn=dataset, ingestionMode="PUT", roleArn=ROLE,
        jobOutput={"s3DataDestination": {"path": f"s3://{account.bucket}/exported-once/"}},
    )["datasetExportJobArn"]  # fmt: skip
    account.wait("DatasetExportJob", job)
    (key,) = [
        one["Key"]
        for one in account.s3.list_objects_v2(Bucket=account.bucket, Prefix="exported-once/")["Contents"]
        if one["Key"].endswith(".csv")
    ]
    text = account.s3.get_object(Bucket=account.bucket, Key=key)["Body"].read().decode()
    assert len(text.splitlines()) == 1 + 4, "two ids, and two events without one"
