from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from scripts.inbox import Tracking, render_inbox
from tests.inbox.sample_mails import BLOCKS, block, mail, reasons

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Reader(HTMLParser):
    """What a browser would see: elements with their attributes, and the words outside of them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(mails, why=None, **options) -> Reader:
    return Reader(render_inbox(mails, why or {}, title="Test", now=NOW, **options))


def test_it_is_one_file_that_loads_nothing() -> None:
    seen = page([mail(0)])
    assert not [tag for tag, attributes in seen.elements if tag in ("link", "base") or attributes.get("src")]
    policy = next(m["content"] for m in seen.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "img-src data:;" in policy


def test_each_reader_has_a_card_in_the_order_of_the_reasons() -> None:
    why = {**reasons(2), **reasons(0), **reasons(1)}
    seen = page([mail(0), mail(1), mail(2)], why)
    names = [word for word in seen.words if word.endswith(" Example")]
    assert names == ["Mary Example", "Ada Example", "Grace Example"]
    assert [frame["title"] for frame in seen.all("iframe")] == [f"Mail to {name}" for name in names]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("mary@example.org", "mary<wbr>@example.<wbr>org"),
        ("you+demo-1@my.example", "you+<wbr>demo-<wbr>1<wbr>@my.<wbr>example"),
        ("a..b_@x", "a..<wbr>b_<wbr>@x"),
        ("@x", "@x"),
        ("<b>@x.y", "&lt;b&gt;<wbr>@x.<wbr>y"),
    ],
)
def test_an_address_may_break_between_its_parts_alone(address: str, shown: str) -> None:
    assert f'<p class="address">{shown}</p>' in render_inbox([mail(0, to=[address])], {}, title="Test")


def test_the_block_and_its_item_are_marked() -> None:
    seen = page([mail(0)], reasons(0, blocks={item: block(item) for item in BLOCKS}))
    [frame] = seen.all("iframe")
    assert '<div data-kit-personal class="offer">' in (frame["srcdoc"] or "")
    assert "in this mail" in seen.words
    widths = [i["style"] for i in seen.all("i")]
    assert widths == ["width:100.0%", "width:50.0%", "width:20.0%"]
    assert {"0.500", "0.250", "0.100", "2026-11-18"} <= set(seen.words)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ((), "None of these blocks is in this mail."),
        (("DONATE",), None),
        (("DONATE", "NEWS"), None),
        (("OTHER",), "Also in this mail: OTHER"),
    ],
)
def test_what_is_in_the_mail_is_read_from_the_mail_whatever_is_recommended(shown, said) -> None:
    """EVENTS is recommended first; the mail holds what ``shown`` says, or the default block alone."""
    blocks = {**{item: block(item) for item in BLOCKS}, "OTHER": "<p>Another block</p>"}
    html = "<h1>Hello Ada,</h1>" + ("".join(blocks[item] for item in shown) or "<p>Thank you for reading.</p>")
    text = render_inbox([mail(0, html=html)], reasons(0, blocks=blocks), title="Test")
    got = [word.split("<")[0] for word in text.split('<li class="got"><span class="item">')[1:]]
    assert got == [item for item in shown if item in BLOCKS]
    assert text.count("in this mail</span>") == len(got)
    for words in ("None of these blocks is in this mail.", "Also in this mail: OTHER"):
        assert (words in text) is (words == said)
    assert ("data-kit-personal class=&#34;offer&#34;" in text) is bool(got)


def test_frames_are_locked() -> None:
    for frame in page([mail(0), mail(1)]).all("iframe"):
        assert frame["sandbox"] == "allow-popups allow-popups-to-escape-sandbox"


def test_checks_that_fail_are_listed() -> None:
    words = page([mail(0, text="")]).words
    assert "1 of 8 checks failed" in words
    assert "there is no text part; spam filters and screen readers miss it" in words


def test_the_verification_mail_stands_apart() -> None:
    notice = mail(1, **{"from": "Amazon Web Services <no-reply-aws@amazon.com>", "html": None, "text": "confirmed"})
    seen = page([notice, mail(0)])
    assert len(seen.all("article")) == 1
    assert {"From AWS itself", "confirmed"} <= set(seen.words)


def test_an_empty_inbox_says_so() -> None:
    assert any(word.startswith("No mail yet") for word in page([]).words)


def test_with_tracking_links_and_opens_are_counted_and_only_that_origin_may_give_pictures() -> None:
    seen = page([mail(0)], tracking=Tracking("http://127.0.0.1:99/_kit"))
    document = seen.all("iframe")[0]["srcdoc"] or ""
    assert "http://127.0.0.1:99/_kit/click/id-0?link=" in document
    assert "http://127.0.0.1:99/_kit/open/id-0.gif" in document
    policy = next(m["content"] or "" for m in seen.all("meta") if m.get("http-equiv"))
    assert "img-src data: http://127.0.0.1:99;" in policy


def test_many_mails_do_not_make_an_endless_page() -> None:
    seen = page([mail(0, id=str(n), time=f"2026-11-21T10:00:00.{n:03d}Z") for n in range(100)])
    assert len(seen.all("article")) == 60
    assert any(word.startswith("40 older mails are not shown") for word in seen.words)
    assert any(word.startswith("The newest 60 of 100 mails") for word in seen.words)


HOSTILE = "</script></style><script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}{% raw %}\ud800"


def test_nothing_hostile_becomes_an_element_of_the_page() -> None:
    bad = mail(
        0,
        **{"subject": HOSTILE, "text": HOSTILE, "source": HOSTILE, "to": [HOSTILE], "from": HOSTILE, "html": HOSTILE},
        headers={HOSTILE: HOSTILE},
        tags={HOSTILE: HOSTILE},
        configuration_set=HOSTILE,
    )
    facts = {"item": HOSTILE, "score": 1, "count": 2, "last": HOSTILE}
    why = {HOSTILE: {"name": HOSTILE, "user_id": HOSTILE, "recommended": [facts], "interactions": [facts],
                     "blocks": {HOSTILE: HOSTILE}}}  # fmt: skip
    seen = page([bad, mail(1)], why)
    assert len(seen.all("script")) == 1
    assert not seen.all("img")
    assert len(seen.all("iframe")) == 2
    assert not [a for _, attributes in seen.elements for a in attributes if a.startswith("on")]


@pytest.mark.parametrize(
    "facts",
    [
        {"recommended": None, "interactions": None},
        {"recommended": ["x", 5, {"item": None, "score": "high"}], "interactions": [{}, 3]},
        {"recommended": [{"item": "A", "score": float("nan")}, {"item": "B", "score": -1}]},
        {"interactions": [{"item": "A", "count": True, "last": 1e300}]},
        {"blocks": ["A"], "recommended": [{"item": "A"}]},
        {"blocks": {"A": None, 5: 6}},
        {"interactions": [{"item": "A", "count": 2, "last": 1_795_000_000}]},
        "not even a mapping",
    ],
)
def test_odd_reasons_do_not_break_the_page(facts) -> None:
    assert len(page([mail(0)], {"ada@example.org": facts}).all("article")) == 1


def test_a_mail_that_lacks_everything_is_shown() -> None:
    assert len(page([{}]).all("article")) == 1
