"""What the demo's report says, against the mails that it is about."""

from __future__ import annotations

from scripts.demo_report import why_each_block
from scripts.inbox import render_inbox
from scripts.sample_campaign import five_people
from scripts.sample_run import judge

BLOCKS = {"DONATE": "<p>Donate</p>", "NEWS": "<p>News</p>"}
PEOPLE = five_people("you@example.org", 30)
RECOMMENDED = {person.user_id: [{"item": "DONATE", "score": 0.7}, {"item": "NEWS", "score": 0.2}] for person in PEOPLE}


def judged_and_shown(part: str) -> tuple[set[tuple[str, ...]], int, int]:
    """For mails that hold ``part``: what the verdicts name, how often the page says DONATE and NEWS are in a mail."""
    mails = [{"to": [person.address], "html": f"Hi {person.first_name} {part}"} for person in PEOPLE]
    verdicts = judge(PEOPLE, mails, RECOMMENDED, BLOCKS)
    page = render_inbox(mails, why_each_block(PEOPLE, RECOMMENDED, {}, BLOCKS), title="Test")
    said = [page.count(f'<li class="got"><span class="item">{item}<span class="chip">in this mail') for item in BLOCKS]
    return {verdict.received_items for verdict in verdicts}, said[0], said[1]


def test_the_page_says_of_a_mail_what_the_verdict_says() -> None:
    assert judged_and_shown("<p>Donate</p>") == ({("DONATE",)}, 5, 0)
    assert judged_and_shown("<p>News</p>") == ({("NEWS",)}, 0, 5)
    assert judged_and_shown("<p>Thank you for reading.</p>") == ({()}, 0, 0)
