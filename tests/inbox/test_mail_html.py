from __future__ import annotations

import time

import pytest

from scripts.inbox import mail_checks
from scripts.inbox.mail_html import MARK, Tracking, common_tokens, mark_block, mark_differences
from tests.inbox.sample_mails import block, mail


@pytest.mark.parametrize(
    ("html", "wanted", "marked"),
    [
        ("<p>a</p><div>b</div>", "<div>b</div>", f"<p>a</p><div {MARK}>b</div>"),
        ("<p>a <i>b</i></p><hr><p>c</p>", "<p>a <i>b</i></p><hr><p>c</p>", f"<p {MARK}>a <i>b</i></p><hr {MARK}><p {MARK}>c</p>"),
        ("<td>\n<img src=x>\n</td>", "\n<img src=x>\n", f"<td>\n<img {MARK} src=x>\n</td>"),
        ("<p>only words</p>", "only words", f"<p><span {MARK}>only words</span></p>"),
        ("<p>x</p><p>x</p>", "<p>x</p>", f"<p {MARK}>x</p><p>x</p>"),
        ("<br/>x", "<br/>", f"<br {MARK}/>x"),
    ],
)  # fmt: skip
def test_the_outermost_elements_of_the_block_are_marked(html: str, wanted: str, marked: str) -> None:
    assert mark_block(html, wanted) == marked


@pytest.mark.parametrize("wanted", ["", "  ", "<p>not there</p>"])
def test_a_block_that_is_not_there_marks_nothing(wanted: str) -> None:
    assert mark_block("<p>a</p>", wanted) is None


def test_without_a_block_what_differs_from_the_other_mails_is_marked() -> None:
    htmls = [mail(number)["html"] for number in range(3)]
    marked = mark_differences(htmls[0], common_tokens(htmls))
    assert f"<span {MARK}>Hello Ada,</span>" in marked
    assert f"<span {MARK}>Spring concert on 12 May</span>" in marked
    assert "<p>Thank you.</p>" in marked
    assert marked.replace(f"<span {MARK}>", "").replace("</span>", "") == htmls[0]


def test_styles_and_titles_are_left_alone() -> None:
    html = "<head><title>mine</title><style>p{color:red}</style></head><p>mine</p>"
    assert mark_differences(html, set()) == html.replace("<p>mine</p>", f"<p><span {MARK}>mine</span></p>")


def test_links_and_the_opening_are_counted() -> None:
    counted = Tracking("http://127.0.0.1:1/_kit").counted(block("EVENTS"), "id 1")
    assert (
        'href="http://127.0.0.1:1/_kit/click/id%201?link=https%3A%2F%2Fexample.org%2FEVENTS%3Fa%3D1%26b%3D2"' in counted
    )
    assert counted.endswith('<img src="http://127.0.0.1:1/_kit/open/id%201.gif" alt="" width="1" height="1">')


@pytest.mark.parametrize("link", ["mailto:a@b.example", "javascript:alert(1)", "#x", ""])
def test_other_links_stay_as_they_are(link: str) -> None:
    html = f'<a href="{link}">x</a>'
    assert Tracking("http://127.0.0.1:1/_kit").counted(html, "i").startswith(html)


UNITS = ["<", "<a href='", '<a href="', "<!--", "<div>", "</", "<a href=x ", "{{", "<'", "<style>", " href=", "&lt"]


@pytest.mark.exhaustive
@pytest.mark.parametrize("unit", UNITS)
def test_hostile_html_takes_time_in_proportion_to_its_length(unit: str) -> None:
    """A megabyte of each takes well under a second; anything quadratic takes minutes."""
    html = unit * (1_000_000 // len(unit))
    before = time.process_time()
    mark_differences(html, common_tokens([html, "x"]))
    mark_block(html, html)
    Tracking("http://127.0.0.1:1/_kit").counted(html, "i")
    mail_checks(mail(0, html=html))
    assert time.process_time() - before < 10
