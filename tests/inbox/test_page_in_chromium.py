"""The inbox page in a real browser: views, keyboard, and mails that try to get out of their frame."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engagement.domain.content_blocks import html_block
from scripts.inbox import render_inbox
from scripts.sample_campaign import email_parts
from tests.inbox.sample_mails import block, mail, reasons

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
ITEMS = ("GET_INVOLVED", "MEMBER_BENEFITS", "DONATE", "NEWS", "EVENTS")


class Watch:
    """What a page did beyond showing itself."""

    def __init__(self) -> None:
        self.dialogs: list[str] = []
        self.requests: list[str] = []
        self.errors: list[str] = []


@pytest.fixture
def show(chromium: Any, tmp_path: Path) -> Iterator[Open]:
    contexts = []

    def open_page(mails: list[dict], why: dict | None = None, **options: Any) -> tuple[Any, Watch]:
        file, watch = tmp_path / "inbox.html", Watch()
        file.write_text(
            render_inbox(mails, why or {}, title="Five mails", **options), encoding="utf-8", errors="replace"
        )
        context = chromium.new_context(viewport={"width": 1400, "height": 1000})
        contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: (watch.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: watch.errors.append(str(error)))
        # Only what the content policy lets through comes by here.
        context.route(re.compile("^(http|ws)"), lambda route: (watch.requests.append(route.request.url), route.abort()))
        page.goto(file.as_uri())
        return page, watch

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def three() -> tuple[list[dict], dict]:
    items = ("EVENTS", "DONATE", "NEWS")
    why: dict = {}
    for number, item in enumerate(items):
        why |= reasons(number, blocks={item: block(item)})
    return [mail(n) for n in range(3)], why


def visible_panes(page: Any) -> set[str]:
    panes = page.locator("article .pane:visible").all()
    return {name for pane in panes for name in pane.get_attribute("class").split() if name != "pane"}


def test_people_stand_side_by_side_with_their_mails(show: Open, three) -> None:
    page, watch = show(*three)
    boxes = [card.bounding_box() for card in page.locator("article").all()]
    assert len({round(box["y"]) for box in boxes}) == 1
    assert [round(box["x"]) for box in boxes] == sorted({round(box["x"]) for box in boxes})
    frame = page.frame_locator("iframe >> nth=0")
    assert frame.locator("h1").inner_text() == "Hello Ada,"
    assert frame.locator("[data-kit-personal]").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    assert watch.errors == []
    assert watch.requests == []


def test_five_people_fit_beside_each_other_on_a_laptop(show: Open) -> None:
    page, _ = show([mail(n % 3, id=f"m{n}") for n in range(5)])
    page.set_viewport_size({"width": 1440, "height": 900})
    assert len({round(card.bounding_box()["y"]) for card in page.locator("article").all()}) == 1
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


# What of a frame its reader sees: its own height, its mail's, how far it is scrolled, and the personal part in its window.
SEEN = """() => { const part = document.querySelector('[data-kit-personal]').getBoundingClientRect();
  return {frame: innerHeight, mail: document.body.getBoundingClientRect().height, scrolls: document.documentElement.scrollHeight,
    scrolled: scrollY, top: part.top, bottom: part.bottom}; }"""


@pytest.fixture
def five_of_the_sample() -> tuple[list[dict], dict]:
    """The sample's own mails, each with another block."""
    mails, why = [], {}
    for name, item in zip(["Amara", "Diego", "Ingrid", "Kofi", "Mei"], ITEMS, strict=True):
        html = email_parts()[0].replace("{{User.UserAttributes.FirstName}}", name)
        html = html.replace("{{Recommendations.FriendlyRecommendation}}", html_block(item))
        address = f"you+{name.lower()}@example.org"
        mails.append(mail(0, id=name, to=[address], html=html))
        scored = [{"item": other, "score": 0.2} for other in ITEMS]
        interactions = [{"item": other, "count": 12, "last": "2025-10-01"} for other in ITEMS]
        why[address] = {
            "name": name,
            "recommended": scored,
            "interactions": interactions,
            "blocks": {item: html_block(item)},
        }
    return mails, why


def fitted(page: Any, width: int) -> list[dict]:
    """What is seen of each frame once the page is ``width`` px wide and no frame changes any more."""
    page.set_viewport_size({"width": width, "height": 900})
    heights: list[float] = []
    for _ in range(50):
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        before, heights = heights, [frame.bounding_box()["height"] for frame in page.locator("iframe").all()]
        if heights == before:
            break
    return [frame.locator("body").evaluate(SEEN) for frame in page.frames[1:]]


@pytest.mark.parametrize("width", [1920, 1400, 1024, 400, 320])
def test_every_mail_of_the_sample_is_seen_whole_without_scrolling_its_frame(
    show: Open, five_of_the_sample, width: int
) -> None:
    page, watch = show(*five_of_the_sample)
    frames = fitted(page, width)
    assert len(frames) == 5
    for seen in frames:
        assert 0 < seen["top"] < seen["bottom"] < seen["frame"]
        assert seen["scrolled"] == 0
        assert seen["scrolls"] <= seen["frame"]
        assert seen["frame"] < 1.2 * seen["mail"] + 30, "a gap below the mail"
    assert watch.errors == []


def test_the_five_blocks_of_the_sample_stand_beside_each_other(show: Open, five_of_the_sample) -> None:
    page, _ = show(*five_of_the_sample)
    fitted(page, 1400)
    blocks = [page.frame_locator(f"iframe >> nth={n}").locator("[data-kit-personal]").bounding_box() for n in range(5)]
    assert max(b["y"] + b["height"] for b in blocks) - min(b["y"] for b in blocks) < 900 - 60, "more than a screen"


@pytest.mark.parametrize("marked", [True, False])
def test_a_mail_higher_than_any_frame_is_scrolled_to_its_block_and_the_page_is_not(show: Open, marked: bool) -> None:
    long = "<p>A line of the letter.</p>" * 300
    page, _ = show([mail(0, html=long + block("EVENTS") + long)], reasons(0, blocks={"EVENTS": block("EVENTS")}))
    if not marked:
        with page.expect_event("framenavigated"):
            page.keyboard.press("m")
        page.frame_locator("iframe").locator(".offer").wait_for()
    (seen,) = fitted(page, 1400)
    assert seen["frame"] <= 2400
    assert 0 <= seen["top"] < seen["bottom"] <= seen["frame"]
    assert page.evaluate("() => scrollY") == 0


def test_a_short_mail_has_a_low_frame(show: Open, three) -> None:
    page, _ = show(*three)
    assert all(seen["frame"] < 400 for seen in fitted(page, 1400))


def test_a_frame_keeps_its_height_while_another_view_is_shown(show: Open, five_of_the_sample) -> None:
    page, _ = show(*five_of_the_sample)
    before = fitted(page, 1400)
    page.keyboard.press("2")
    page.keyboard.press("1")
    assert [seen["frame"] for seen in fitted(page, 1400)] == [seen["frame"] for seen in before]


@pytest.mark.parametrize(
    ("view", "words"), [("Text", "Hello Ada, Spring"), ("Source", "From: Fund"), ("Headers", "One-Click")]
)
def test_the_views_switch_by_mouse(show: Open, three, view: str, words: str) -> None:
    page, _ = show(*three)
    assert visible_panes(page) == {"html"}
    page.get_by_role("radio", name=view, exact=True).click()
    assert visible_panes(page) == {view.lower()}
    assert words in page.locator("article >> nth=0").inner_text()


def test_the_views_switch_by_keyboard(show: Open, three) -> None:
    page, _ = show(*three)
    for key, view in (("2", "text"), ("3", "source"), ("4", "headers"), ("1", "html")):
        page.keyboard.press(key)
        assert visible_panes(page) == {view}
    page.get_by_role("radio", name="HTML").focus()
    page.keyboard.press("ArrowRight")
    assert visible_panes(page) == {"text"}


def test_j_and_k_go_from_mail_to_mail(show: Open, three) -> None:
    page, _ = show(*three)
    focused = "() => [...document.querySelectorAll('article')].indexOf(document.activeElement)"
    places = []
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
        places.append(page.evaluate(focused))
    assert places == [0, 1, 2, 1]


def test_everything_is_reached_by_tab_and_named(show: Open, three) -> None:
    page, _ = show(*three)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "skip"
    assert page.get_by_role("group", name="Show the mails as").count() == 1
    assert page.get_by_role("article", name=re.compile("Ada Example")).count() == 1
    unnamed = page.evaluate("() => [...document.querySelectorAll('iframe')].filter(f => !f.title).length")
    assert unnamed == 0


def test_the_marks_can_be_taken_away(show: Open, three) -> None:
    page, _ = show(*three)
    page.keyboard.press("m")
    element = page.frame_locator("iframe >> nth=0").locator(".offer")
    element.wait_for()
    page.wait_for_function("() => !document.getElementById('marks').checked")
    assert element.evaluate("e => getComputedStyle(e).outlineStyle") == "none"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(chromium: Any, tmp_path: Path, three, scheme: str) -> None:
    file = tmp_path / "inbox.html"
    file.write_text(render_inbox(*three, title="x"), encoding="utf-8")
    page = chromium.new_page(color_scheme=scheme)
    page.goto(file.as_uri())
    weak = page.evaluate(CONTRAST)
    page.close()
    assert weak == []


CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d');
  const rgb = (css) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * x + .7152 * y + .0722 * z; };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (rgb(c)[3] > 200) return c; }
    return 'white'; };
  const weak = [];
  for (const e of document.querySelectorAll('h1,h2,h3,p,span,td,th,summary,label,small,b')) {
    if (!e.offsetParent || !e.textContent.trim() || e.children.length || e.closest('.views')) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(rgb(behind(e)))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) weak.push([e.className, e.textContent.trim(), (a + .05) / (b + .05)]);
  }
  return weak;
}"""

ATTACKS = {
    "script": "<script>alert(1);top.document.title='taken'</script>",
    "end of script": "</script><script>alert(1)</script>",
    "attribute": '"></iframe><script>alert(1)</script><iframe srcdoc="',
    "event": '<img src=x onerror="alert(1)"><svg onload="alert(1)"><body onload=alert(1)>',
    "frame": '<iframe src="javascript:parent.parent.alert(1)"></iframe><object data="javascript:alert(1)"></object>',
    "refresh": '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
    "network": '<img src="https://spy.example/x.gif"><link rel=stylesheet href="https://spy.example/x.css">'
    "<style>@import url(https://spy.example/y.css);body{background:url(https://spy.example/z)}</style>",
    "form": '<form action="https://spy.example/"><input name=a><button id=send>send</button></form>',
    "base": '<base href="https://spy.example/"><a href="x">x</a>',
    "template": "{{ 7 * 7 }}{% for x in y %}${alert(1)}",
    "layout": '<div style="position:fixed;inset:0;visibility:visible;height:1e9px;width:1e9px;margin-top:-1e9px;'
    'background:url(https://spy.example/b);font-family:url(https://spy.example/f)">over</div>' + "<div>" * 3000,
    "broken": "<div><table><tr><td><<<>>><p <a href='",
}


def test_the_watch_sees_what_it_should_see(show: Open, tmp_path: Path) -> None:
    """The attacks below do work on a page that has no such frames: else their absence would prove nothing."""
    page, watch = show([mail(0)])
    bare = tmp_path / "bare.html"
    bare.write_text(ATTACKS["script"] + ATTACKS["network"], encoding="utf-8")
    page.goto(bare.as_uri())
    page.wait_for_timeout(150)
    assert page.title() == "taken"
    assert watch.dialogs == ["1"]
    assert watch.requests


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_mail_stays_in_its_frame(show: Open, attack: str) -> None:
    code = ATTACKS[attack]
    bad = mail(0, html=f"<p>kept</p>{code}", text=code, subject=code, source=code, headers={code: code})
    page, watch = show([bad, mail(1)], {"ada@example.org": {"name": code, "recommended": [{"item": code, "score": 1}]}})
    page.keyboard.press("m")
    for key in "2341":
        page.keyboard.press(key)
    page.wait_for_timeout(150)
    assert page.title() == "Five mails"
    assert watch.dialogs == []
    assert watch.requests == []
    assert page.locator("article").count() == 2
    assert page.frame_locator("iframe >> nth=0").locator("p >> nth=0").inner_text() == "kept"


def test_a_script_link_does_nothing_when_it_is_clicked(show: Open) -> None:
    page, watch = show([mail(0, html='<a id="x" href="javascript:alert(1)">x</a>')])
    page.frame_locator("iframe").locator("#x").click()
    page.wait_for_timeout(300)
    assert watch.dialogs == []
    for other in page.context.pages:
        assert not other.url.startswith("javascript:")


def test_a_mail_without_a_text_part_and_one_without_html_say_so(show: Open) -> None:
    page, _ = show([mail(0, text=None), mail(1, html=None)])
    assert "This mail has no HTML part." in page.locator("article").all_inner_texts()[0]
    page.keyboard.press("2")
    assert "This mail has no text part." in page.locator("article").all_inner_texts()[1]


def test_a_mail_of_a_megabyte_is_shown(show: Open) -> None:
    long = "<p>word</p>" * 95_000
    page, watch = show([mail(0, html=f"<h1>Long</h1>{long}", text="word " * 200_000, source="x" * 1_000_000)])
    assert page.frame_locator("iframe").locator("h1").inner_text() == "Long"
    page.keyboard.press("3")
    assert "Cut here" in page.locator("article").inner_text()
    assert "102 KiB" in page.locator("article").inner_text()
    assert watch.errors == []


def test_it_fits_a_phone(chromium: Any, tmp_path: Path, three) -> None:
    file = tmp_path / "inbox.html"
    file.write_text(render_inbox(*three, title="A title that is rather long"), encoding="utf-8")
    page = chromium.new_page(viewport={"width": 360, "height": 700})
    page.goto(file.as_uri())
    for key in "1234":
        page.keyboard.press(key)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    page.close()
