"""The sample's people, and the judgement over their mails."""

import pytest

from scripts.sample_campaign import audience_csv, five_people, plus_address
from scripts.sample_run import judge

BLOCKS = {"DONATE": "<p>Donate</p>", "NEWS": "<p>News</p>"}


def mail(person, html):
    return {"to": [person.address], "html": html}


def judged(*mails_of):
    people = five_people("you@example.org", 30)[:1]
    recommended = {people[0].user_id: [{"item": "NEWS", "score": 0.7}, {"item": "DONATE", "score": 0.2}]}
    return judge(people, [mail(people[0], html) for html in mails_of], recommended, BLOCKS)[0]


@pytest.mark.parametrize(
    ("mails", "problem"),
    [
        (["Hi Amara <p>News</p>"], None),
        ([], "0 mails"),
        (["Hi Amara <p>News</p>", "Hi Amara <p>News</p>"], "2 mails"),
        (["Hi Amara <p>Donate</p>"], "shows DONATE; the recommender says NEWS"),
        (["Hi Amara <p>Donate</p><p>News</p>"], "shows DONATE, NEWS"),
        (["Hi Amara"], "shows no block"),
        (["Hi Friend <p>News</p>"], "first name"),
    ],
)
def test_judgement(mails, problem):
    found = judged(*mails)
    assert found.personalised is (problem is None)
    assert problem is None or problem in found.problem


def test_a_mail_without_html_is_judged_too():
    assert "no block" in judged(None).problem


@pytest.mark.parametrize(
    ("email", "address"),
    [("you@example.org", "you+user_1@example.org"), ("a.b+c@mail.example.org", "a.b+c+user_1@mail.example.org")],
)
def test_plus_address(email, address):
    assert plus_address(email, "user_1") == address


@pytest.mark.parametrize(
    "email", ["", "you", "@example.org", "you@", "a b@example.org", "you@host", "x,y@example.org", "a@b@c.de"]
)
def test_what_is_no_address_is_refused(email):
    with pytest.raises(ValueError, match="not an email address"):
        plus_address(email, "user_1")


@pytest.mark.parametrize("users", [5, 10, 30, 1000])
def test_five_different_people_among_the_users(users):
    people = five_people("you@example.org", users)
    assert len({person.address for person in people}) == 5
    assert all(int(person.user_id.removeprefix("user_")) < users for person in people)


def test_the_audience_file_is_what_pinpoint_reads():
    head, *rows = audience_csv(five_people("you@example.org", 30)).splitlines()
    assert head.startswith("ChannelType,Address,") and len(rows) == 5
