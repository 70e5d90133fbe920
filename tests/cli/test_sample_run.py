"""The sample's people, and the judgement over their mails."""

import pytest

from engagement.domain.email_address import bare_address
from scripts.sample_campaign import audience_csv, five_people, plus_address, sample_address
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


LONGEST_LOCAL = "x" * 56  # 64 less what the longest plus-address adds: +user_14


@pytest.mark.parametrize(
    ("email", "as_mails_carry_it"),
    [
        ("you@example.org", "you@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("!#$%&'+=^_`{|}~-@example.org", "!#$%&'+=^_`{|}~-@example.org"),
        (f"{LONGEST_LOCAL}@example.org", f"{LONGEST_LOCAL}@example.org"),
        (f"you@{'x' * 63}.org", f"you@{'x' * 63}.org"),
        ("you@exämple.org", "you@xn--exmple-cua.org"),
        ("you@пример.рф", "you@xn--e1afmkfd.xn--p1ai"),
        ("you@xn--e1afmkfd.xn--p1ai", "you@xn--e1afmkfd.xn--p1ai"),
        ("you@3com.example.org", "you@3com.example.org"),
    ],
)
def test_what_mail_can_carry_is_taken(email, as_mails_carry_it):
    taken = sample_address(email)
    assert taken == as_mails_carry_it
    for person in five_people(taken, 30):
        assert bare_address(person.address) == person.address
        assert len(person.address.split("@")[0]) <= 64


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("", "it is empty"),
        ("you", "0 times @"),
        ("a@b@example.org", "2 times @"),
        ("@example.org", "nothing is before the @"),
        ("jürgen+ä@example.org", "not üä"),
        ("\u200byou@example.org", r"character 1 is U\+200B \(ZERO WIDTH SPACE\)"),
        ("you@exam\u200bple.org", r"character 9 is U\+200B"),
        ("y\x00ou@example.org", r"character 2 is U\+0000"),
        ("you\x7f@example.org", r"character 4 is U\+007F"),
        ("you@example.org\n", r"character 16 is U\+000A"),
        ("Me <you@example.org>", r"character 3 is U\+0020"),
        ("<you@example.org>", "does not take <"),
        ('"you"@example.org', 'does not take "'),
        ("me+tag/x@example.org", "Invalid ResourceArn"),
        ("a*b@example.org", r"\* before the @ would be a pattern"),
        ("a?b@example.org", r"\? before the @ would be a pattern"),
        ("a${aws:username}@example.org", "the engine does not take :"),
        ("a${b}@example.org", r"\$\{ before the @ would be a pattern"),
        (".a@example.org", "a dot must stand between"),
        ("a.@example.org", "a dot must stand between"),
        ("a..b@example.org", "a dot must stand between"),
        (f"{LONGEST_LOCAL}x@example.org", "57 characters are before the @, at most 56"),
        ("you@", "a dot must stand between two names"),
        ("you@exa..mple.org", "a dot must stand between two names"),
        ("you@exämple..org", "a dot must stand between two names"),
        ("you@example.org.", "a dot must stand between two names"),
        ("you@host", "a whole domain"),
        (f"you@{'x' * 64}.org", "a part has 64 characters"),
        (f"you@{'ä' * 63}.org", "cannot be written in ASCII"),
        ("you@-example.org", "'-example' is not made of"),
        ("you@exa_mple.org", "'exa_mple' is not made of"),
        ("you@[192.0.2.1]", r"is not made of"),
        ("you@192.0.2.1", "not an IP address"),
        ("you@straße.de", "written as strasse.de, another name"),
        (f"you@{'x' * 60}.{'x' * 60}.{'x' * 60}.{'x' * 60}.org", "over 254 characters"),
    ],
)
def test_what_would_fail_later_is_refused_with_its_rule(email, reason):
    with pytest.raises(ValueError, match=reason) as refused:
        sample_address(email)
    assert "is not an email address" in str(refused.value)
    for hidden in ("\u200b", "\x00", "\x7f", "\n"):
        assert hidden not in str(refused.value), "what cannot be seen is written out"


@pytest.mark.parametrize("users", [5, 10, 30, 1000])
def test_five_different_people_among_the_users(users):
    people = five_people("you@example.org", users)
    assert len({person.address for person in people}) == 5
    assert all(int(person.user_id.removeprefix("user_")) < users for person in people)


def test_the_audience_file_is_what_pinpoint_reads():
    head, *rows = audience_csv(five_people("you@example.org", 30)).splitlines()
    assert head.startswith("ChannelType,Address,") and len(rows) == 5
