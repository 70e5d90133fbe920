from __future__ import annotations

import pytest

from scripts.inbox import mail_checks
from tests.inbox.sample_mails import mail


def failed(**changes) -> dict[str, str]:
    return {check.name: check.detail for check in mail_checks(mail(0, **changes)) if not check.passed}


def unsubscribe(value: str | None, post: str | None = "List-Unsubscribe=One-Click") -> dict[str, str]:
    headers = {"From": "a@example.org", "list-unsubscribe": value, "LIST-UNSUBSCRIBE-POST": post}
    return {name: text for name, text in headers.items() if text is not None}


def test_a_good_mail_passes_every_check() -> None:
    assert [check.name for check in mail_checks(mail(0)) if check.passed] == [
        "Subject",
        "From",
        "Text part",
        "Links",
        "List-Unsubscribe",
        "One-click unsubscribe",
        "No template code left",
        "Size",
    ]


@pytest.mark.parametrize(
    ("changes", "name", "detail"),
    [
        ({"subject": "  "}, "Subject", "the subject is empty"),
        ({"subject": None}, "Subject", "the subject is empty"),
        ({"from": "", "headers": unsubscribe("<https://x.example>") | {"From": ""}}, "From", "no From address"),
        ({"text": None}, "Text part", "no text part"),
        ({"text": " \n"}, "Text part", "no text part"),
        ({"html": '<a href="">x</a>'}, "Links", "leads nowhere"),
        ({"html": "<a href=#>x</a>"}, "Links", "leads nowhere"),
        ({"html": '<a href="/news">x</a>'}, "Links", "/news is not an absolute http(s) link"),
        ({"html": '<a href="javascript:alert(1)">x</a>'}, "Links", "javascript:alert(1) is not an absolute"),
        ({"html": '<a href="https://">x</a>'}, "Links", "has no host"),
        ({"html": '<a href="http://[::1">x</a>'}, "Links", "is not a URL"),
        ({"html": '<a href="mailto:">x</a>'}, "Links", "names nobody"),
        ({"headers": {}}, "List-Unsubscribe", "the header is missing"),
        ({"headers": unsubscribe("https://x.example")}, "List-Unsubscribe", "is not a list of"),
        ({"headers": unsubscribe("<ftp://x.example>")}, "List-Unsubscribe", "is not a list of"),
        ({"headers": unsubscribe("<https://x.example>", None)}, "One-click unsubscribe", "must be"),
        ({"headers": unsubscribe("<https://x.example>", "yes")}, "One-click unsubscribe", "must be"),
        ({"headers": unsubscribe("<mailto:u@x.example>")}, "One-click unsubscribe", "no https link"),
        ({"headers": unsubscribe("<http://x.example/u>")}, "One-click unsubscribe", "no https link"),
        ({"html": "<p>Hi {{name}}</p>"}, "No template code left", "left in: html"),
        ({"subject": "Hi {{name", "text": "}} x"}, "No template code left", "left in: subject, text"),
        ({"html": "x" * 105_000}, "Size", "102 KiB"),
    ],
)
def test_each_fault_is_named(changes, name: str, detail: str) -> None:
    assert detail in failed(**changes)[name]


@pytest.mark.parametrize(
    "changes",
    [
        {"html": '<a name="anchor">x</a><a href="mailto:a@b.example">m</a><a href="tel:+123">t</a>'},
        {"headers": unsubscribe("<mailto:u@x.example>, <https://x.example/u>")},
        {"headers": unsubscribe("<http://127.0.0.1:4566/unsubscribe/t>")},
        {"html": None},
        {"html": "<p>a { b } { c }</p>"},
    ],
)
def test_what_is_fine_is_not_complained_about(changes) -> None:
    assert failed(**changes) == {}


@pytest.mark.parametrize("broken", [{}, {"headers": None, "html": None, "subject": None, "text": None, "from": None}])
def test_a_mail_that_lacks_everything_is_still_judged(broken) -> None:
    names = [check.name for check in mail_checks(broken) if not check.passed]
    assert names == ["Subject", "From", "Text part", "List-Unsubscribe", "One-click unsubscribe"]
