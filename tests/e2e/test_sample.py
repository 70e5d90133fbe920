"""The sample campaign through the whole line, on the really applied Terraform."""

import re

import pytest
import urllib3

from scripts.demo_report import interactions_of, why_each_block
from scripts.sample_campaign import audience_csv
from scripts.sample_run import blocks_of_items, import_audience, judge, recommendations_now, send_campaign

pytestmark = pytest.mark.e2e
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def sent(kit, first_mails):
    """The sample, sent once: people, their mails, the activity."""
    segment = import_audience(
        kit.clients, application_id=kit.wired.application_id, bucket=kit.outputs["bucket"],
        role_arn=kit.outputs["engine_role_arn"], text=audience_csv(kit.people),
    )  # fmt: skip
    campaign, activity = send_campaign(
        kit.clients, application_id=kit.wired.application_id, segment_id=segment,
        template=kit.wired.template_name, name="sample",
    )  # fmt: skip
    mails = urllib3.request("GET", kit.mailbox_url).json()
    return {"segment": segment, "campaign": campaign, "activity": activity, "mails": mails}


def of(sent, person):
    (mail,) = [mail for mail in sent["mails"] if person.address in mail["to"]]
    return mail


def test_each_person_gets_what_the_recommender_says_now(kit, sent):
    recommended = {
        person.user_id: recommendations_now(kit.clients, campaign_arn=kit.recommender_arn, user_id=person.user_id)
        for person in kit.people
    }
    items = sorted({item["item"] for answer in recommended.values() for item in answer})
    blocks = blocks_of_items(kit.clients, kit.outputs["transformer_arn"], items)
    verdicts = judge(kit.people, sent["mails"], recommended, blocks)
    assert [verdict.problem for verdict in verdicts] == [None] * 5
    assert len({verdict.received_items for verdict in verdicts}) > 1, "five people, and all like the same?"


def test_the_recommendation_follows_what_people_did(kit):
    behind = interactions_of(kit.interactions_file, (person.user_id for person in kit.people))
    for person in kit.people:
        best = recommendations_now(kit.clients, campaign_arn=kit.recommender_arn, user_id=person.user_id)[0]["item"]
        assert best == behind[person.user_id][0]["item"]


def test_a_mail_has_all_that_a_good_mail_has(kit, sent):
    for person in kit.people:
        mail = of(sent, person)
        headers = {name.lower(): value for name, value in dict(mail["headers"]).items()}
        assert person.first_name in mail["subject"] + mail["html"]
        assert mail["text"] and "<" not in mail["text"]
        assert "{{" not in mail["html"] + mail["text"] + mail["subject"]
        assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
        assert mail["configuration_set"] == kit.outputs["configuration_set"]
        assert mail["tags"]["campaign_id"] == sent["campaign"]


def test_the_from_address_was_verified_by_mail(kit, first_mails):
    (mail,) = first_mails
    assert mail["to"] == [kit.outputs["from_address"]]
    assert "verif" in mail["subject"].lower()


def test_the_activity_counts_add_up(sent):
    activity = sent["activity"]
    assert (activity["State"], activity["Result"]) == ("COMPLETED", "SUCCESS")
    assert (activity["TotalEndpointCount"], activity["SuccessfulEndpointCount"]) == (5, 5)


def test_every_send_is_on_the_event_stream(kit, sent, events):
    records = events(campaign_id=sent["campaign"])
    sends = [record for record in records if record["event_type"] == "_campaign.send"]
    assert len(sends) == 5
    assert {record["attributes"]["campaign_send_status"] for record in sends} == {"SUCCESS"}


def test_unsubscribing_takes_one_click_and_holds(kit, sent, pinpoint):
    person = kit.people[0]
    link = re.search(r"<(http[^>]+)>", dict(of(sent, person)["headers"])["List-Unsubscribe"])[1]
    looked = urllib3.request("GET", link)
    endpoint = pinpoint.get_user_endpoints(ApplicationId=kit.wired.application_id, UserId=person.user_id)
    assert (looked.status, endpoint["EndpointsResponse"]["Item"][0]["OptOut"]) == (200, "NONE")
    for _ in range(2):
        clicked = urllib3.request("POST", link, body="List-Unsubscribe=One-Click", headers=FORM)
        assert clicked.status == 200
    endpoint = pinpoint.get_user_endpoints(ApplicationId=kit.wired.application_id, UserId=person.user_id)
    assert endpoint["EndpointsResponse"]["Item"][0]["OptOut"] == "ALL"
    before = len(urllib3.request("GET", kit.mailbox_url).json())
    _, activity = send_campaign(
        kit.clients, application_id=kit.wired.application_id, segment_id=sent["segment"],
        template=kit.wired.template_name, name="after the click",
    )  # fmt: skip
    new = urllib3.request("GET", kit.mailbox_url).json()[before:]
    assert len(new) == 4 and not any(person.address in mail["to"] for mail in new)
    assert activity["SuccessfulEndpointCount"] == 4


def test_why_names_the_interactions(kit):
    recommended = {person.user_id: [{"item": "NEWS", "score": 0.5}] for person in kit.people}
    behind = interactions_of(kit.interactions_file, (person.user_id for person in kit.people))
    why = why_each_block(kit.people, recommended, behind, {})
    assert all(entry["interactions"][0]["count"] > 10 for entry in why.values())
