"""What the demo's report says, against the mails that it is about."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from personalize.sample_data import SampleSize
from scripts.commands import demo
from scripts.demo_report import why_each_block, write_report
from scripts.inbox import render_inbox
from scripts.sample_campaign import five_people
from scripts.sample_run import judge
from scripts.steps import Step, TimeSpent

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


def test_the_report_lists_every_step_and_what_makes_the_total(tmp_path) -> None:
    steps = [Step("Apply", 10.0, False, 1.0), Step("Train", 14.0, True, 2.0), Step("Read", 0.5, False, 16.5)]
    write_report(tmp_path / "demo.json", spent=TimeSpent(steps, 17.5), received=[], complete=True)
    report = json.loads((tmp_path / "demo.json").read_text("utf-8"))
    assert report["steps"][1] == {"name": "Train", "seconds": 14.0, "beside": True, "started": 2.0}
    assert len(report["steps"]) == 3
    times = ("seconds_waiting_for_what_runs_beside", "seconds_between_steps", "total_seconds")
    assert [report[name] for name in times] == [5.0, 2.0, 17.5]


def test_a_run_that_fails_leaves_no_report_and_no_page_of_an_earlier_one(tmp_path, monkeypatch) -> None:
    left = {name: tmp_path / name.lower() for name in ("REPORT", "INBOX")}
    for name, path in left.items():
        path.write_text("of an earlier run", encoding="utf-8")
        monkeypatch.setattr(demo, name, path)
    monkeypatch.setattr(demo, "FOLDER", tmp_path / "demo")

    def fails(*_: object) -> None:
        raise OSError("no local AWS today")

    monkeypatch.setattr(demo.LocalAws, "start", fails)
    with pytest.raises(OSError, match="today"):
        demo.run_locally("you@example.org", SampleSize(), Console(file=io.StringIO()))
    assert not any(path.exists() for path in left.values())
