"""Small rules of sending: cohorts, endpoint references, counters, activities, events, plain text, unsubscribe links."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as some

from engagement.domain.campaign_activity import activities
from engagement.domain.content_blocks import BLOCKS, transformed
from engagement.domain.dead_letter import dead_letter
from engagement.domain.delivery import DROPPED, FAILED, RESERVED, SENT, UNKNOWN, Delivery
from engagement.domain.endpoint_ref import endpoint_id_of, tag_of
from engagement.domain.execution_metrics import counters
from engagement.domain.holdout_and_treatments import positions, treatment_for
from engagement.domain.message_event import campaign_send
from engagement.domain.plain_text import text_of_html
from engagement.domain.run import Plan, Run, Treatment, activity_id_for, run_id_for
from engagement.domain.unsubscribe_link import UnsubscribeLink
from engagement.errors import BadRequest

TAG = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def test_every_cohort_has_a_place_of_its_own_and_campaigns_order_them_differently():
    assert sorted(positions("c1")) == list(range(100)) and positions("c1") == positions("c1")
    assert positions("c1") != positions("c2")


@pytest.mark.parametrize(
    ("holdout", "sizes", "expected"),
    [
        (0, [], {"0": 100}),
        (100, [], {None: 100}),
        (10, [("1", 20), ("2", 30)], {None: 10, "1": 20, "2": 30, "0": 40}),
        (50, [("1", 50)], {None: 50, "1": 50}),
    ],
)
def test_shares_are_exact_over_the_cohorts(holdout, sizes, expected):
    assert Counter(treatment_for("c", cohort, holdout, sizes) for cohort in range(100)) == expected


def test_the_same_people_are_not_held_out_of_everything():
    held = [{c for c in range(100) if treatment_for(f"campaign{n}", c, 10, []) is None} for n in range(20)]
    assert len(set().union(*held)) > 60


@pytest.mark.parametrize(
    ("endpoint_id", "tag"), [("abc-DEF_1", "abc-DEF_1"), ("a/b", "b32-mexwe"), ("b32-x", "b32-miztelly")]
)
def test_a_reference_is_the_id_or_its_base32(endpoint_id, tag):
    assert tag_of(endpoint_id) == tag and endpoint_id_of(tag) == endpoint_id


@given(some.text(min_size=1, max_size=39))
def test_every_usual_id_travels_as_a_tag_and_back(endpoint_id):
    try:
        endpoint_id.encode()
    except UnicodeEncodeError:
        return
    tag = tag_of(endpoint_id)
    assert set(tag) <= TAG and 0 < len(tag) <= 256 and endpoint_id_of(tag) == endpoint_id


def test_a_very_long_id_still_fits_but_cannot_be_turned_back():
    tag = tag_of("ü" * 100)
    assert len(tag) <= 256 and set(tag) <= TAG and endpoint_id_of(tag) is None
    assert endpoint_id_of("b32-!!") is None and endpoint_id_of("b32-77777") is None


def test_counters_count_by_treatment_and_refuse_what_is_open():
    outcomes = [
        Delivery("1", "0", SENT, 1),
        Delivery("2", "1", SENT, 1, fallback="F"),
        Delivery("3", "0", DROPPED, 1, code="SUPPRESSED", fallback="F"),
        Delivery("4", "0", UNKNOWN, 1),
    ]
    assert counters(outcomes) == {
        "0:SEND_SUCCESS": 1, "1:SEND_SUCCESS": 1, "1:RECOMMENDATION_FALLBACK": 1, "0:SUPPRESSED": 1, "0:SEND_UNKNOWN": 1,
    }  # fmt: skip
    with pytest.raises(ValueError, match="no outcome"):
        counters([Delivery("5", "0", RESERVED, 1)])


BATCH = {"app_id": "a", "campaign_id": "c", "run_id": "r", "file": "f", "first": 0, "count": 100}


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (Delivery("1", "0", SENT, 1, message_id="m"), False),
        (Delivery("1", "0", DROPPED, 1, code="SUPPRESSED"), False),
        (Delivery("1", "0", DROPPED, 1, code="ENDED", reason="over"), False),
        (Delivery("1", "0", DROPPED, 1, code="RENDERING_FAILURE", reason="line 1: for p@x.example"), True),
        (Delivery("1", "0", DROPPED, 1, code="RECOMMENDATION_FAILURE"), True),
        (Delivery("1", "0", FAILED, 1, code="MessageRejected", reason="no"), True),
        (Delivery("1", "0", RESERVED, 1).settled_as_unknown(), True),
    ],
)
def test_who_should_have_got_a_mail_and_did_not_is_a_dead_letter(outcome, told):
    letter = dead_letter(BATCH, outcome)
    assert (letter is not None) is told
    if letter is not None:
        assert "@" not in str(letter) and letter["code"] == outcome.code
        assert [letter[name] for name in ("app_id", "campaign_id", "run_id")] == ["a", "c", "r"]
        assert (letter["endpoint_id"], letter["treatment_id"], "file" in letter) == ("1", "0", False)


def test_ids_of_runs_and_activities_are_the_same_each_time():
    run_id = run_id_for("c", "2026-11-21T12:00:00.000Z")
    assert run_id == run_id_for("c", "2026-11-21T12:00:00.000Z") != run_id_for("c", "2026-11-22T12:00:00.000Z")
    assert len(run_id) == 32 and activity_id_for(run_id, "0") == run_id
    assert len({activity_id_for(run_id, str(n)) for n in range(5)}) == 5


PLAN = Plan(
    "a", "c", "r", 1, "s", 1, 0, "2026-11-21T12:00:00.000Z",
    (Treatment("0", 100, "r"), Treatment("1", 10, "r1")), shards=1,
)  # fmt: skip


def test_a_plan_comes_back_from_json():
    assert Plan.from_json(PLAN.to_json()) == PLAN


@pytest.mark.parametrize(
    ("counted", "state", "result"),
    [
        ({}, "COMPLETED", "SUCCESS"),
        ({"0:SEND_SUCCESS": 1, "0:SEND_FAILURE_PERMANENT": 9}, "COMPLETED", "SUCCESS"),
        ({"0:SEND_FAILURE_PERMANENT": 2, "0:SEND_UNKNOWN": 1}, "COMPLETED", "FAIL"),
        ({"0:SEND_SUCCESS": 1}, "RUNNING", None),
    ],
)
def test_an_activity_says_how_the_run_ended(counted, state, result):
    first, second = activities(Run(PLAN, state=state, ended="e", counters=counted))
    assert first.get("Result") == result and first["Id"] == "r" and second["Id"] == "r1"
    assert first["TotalEndpointCount"] == sum(counted.values()) and second["TotalEndpointCount"] == 0
    assert all(isinstance(value, str) for value in first["ExecutionMetrics"].values())


def test_an_event_has_pinpoint_s_envelope():
    endpoint = {"Id": "e", "Address": "p@example.org", "User": {"UserAttributes": {"Name": ["Zoë"]}}}
    event = campaign_send(
        PLAN, Delivery("e", "1", SENT, 1_700_000_000_123, message_id="m", fallback="F"), endpoint,
        now_ms=1_700_000_001_000, account_id="000000000000",
    )  # fmt: skip
    assert set(event) == {
        "event_type", "event_timestamp", "arrival_timestamp", "event_version", "application", "client", "device",
        "session", "attributes", "client_context", "awsAccountId",
    }  # fmt: skip
    assert (event["event_type"], event["event_version"]) == ("_campaign.send", "3.1")
    assert event["event_timestamp"] == 1_700_000_000_123 and event["client"] == {"client_id": "e"}
    assert event["application"] == {"app_id": "a", "sdk": {}}
    assert json.loads(event["client_context"]["custom"]["endpoint"]) == endpoint
    assert event["attributes"] == {
        "campaign_id": "c", "campaign_activity_id": "r1", "treatment_id": "1", "delivery_type": "EMAIL",
        "campaign_send_status": "SUCCESS", "message_id": "m", "recommendation_status": "FALLBACK",
        "recommendation_reason": "F",
    }  # fmt: skip


HTML = [
    ("<p>one</p><p>two</p>", "one\n\ntwo"),
    ("a<br>b<br/>c", "a\nb\nc"),
    ("<ul><li>x</li><li>y</li></ul>", "- x\n- y"),
    ("<head><title>t</title><style>p{}</style></head><body>b</body>", "b"),
    ("<head><title>t</title><body>unclosed head", "unclosed head"),
    ("<script>alert(1)</script>x<!-- c -->", "x"),
    ("Tom &amp; J&eacute;r&#xF4;me", "Tom & Jérôme"),
    ('<a href="https://x.example/?a=1&amp;b=2">go</a>', "go (https://x.example/?a=1&b=2)"),
    ('<a href="https://x.example">https://x.example</a>', "https://x.example"),
    ('<a href="#top">up</a>', "up"),
    ('<img src="x" alt="a school">', "a school"),
    ("  lots \n\n of\tspace ", "lots of space"),
    ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n3"),
    ("", ""),
    ("a < b", "a < b"),
]


@pytest.mark.parametrize(("html", "text"), HTML)
def test_html_reads_as_text(html, text):
    assert text_of_html(html) == text


@given(some.text(max_size=300))
def test_any_html_gives_some_text(html):
    assert isinstance(text_of_html(html), str)


def test_an_unsubscribe_link_says_whom_and_comes_back():
    link = UnsubscribeLink("a", 'e"/ü', "c")
    assert UnsubscribeLink.of(link.payload()) == link
    for odd in ("", "[]", "{}", "[1]", "null", "[1,2,3,4]"):
        with pytest.raises(BadRequest):
            UnsubscribeLink.of(odd)


def test_each_sample_item_has_blocks_of_its_own():
    event = {"Endpoints": {item: {"Id": item, "RecommendationItems": [item]} for item in BLOCKS}}
    answer = transformed(event)
    assert set(answer) == set(BLOCKS) == {"GET_INVOLVED", "EVENTS", "DONATE", "MEMBER_BENEFITS", "NEWS"}
    for part in ("FriendlyRecommendation", "PlainRecommendation"):
        texts = [answer[item]["Recommendations"][part] for item in BLOCKS]
        assert all(len(one) == 1 and one[0].strip() for one in texts) and len({one[0] for one in texts}) == 5
    assert all("<" not in answer[item]["Recommendations"]["PlainRecommendation"][0] for item in BLOCKS)


def test_several_items_are_several_blocks_in_order():
    answer = transformed({"Endpoints": {"e": {"RecommendationItems": ["NEWS", "DONATE"]}}})["e"]["Recommendations"]
    assert answer["RecommendedItems"] == ["NEWS", "DONATE"] and len(answer["FriendlyRecommendation"]) == 2
    assert "tin" in answer["FriendlyRecommendation"][1]


def test_an_unknown_item_is_named_in_title_case_and_escaped():
    items = ["SUMMER_CAMP", "<script>x</script>"]
    answer = transformed({"Endpoints": {"e": {"RecommendationItems": items}}})["e"]["Recommendations"]
    assert "Summer Camp" in answer["FriendlyRecommendation"][0] and "Summer Camp" in answer["PlainRecommendation"][0]
    assert "<script>" not in answer["FriendlyRecommendation"][1].lower()


@pytest.mark.parametrize(
    "event",
    [None, 1, "x", [], {}, {"Endpoints": None}, {"Endpoints": []}, {"Endpoints": {"e": None}}, {"Endpoints": {"e": {}}}]
    + [{"Endpoints": {"e": {"RecommendationItems": odd}}} for odd in (None, 5, {}, [None], [""], [[1]], "")],
)
def test_odd_events_give_empty_answers(event):
    answer = transformed(event)
    assert all(one["Recommendations"]["FriendlyRecommendation"] == [] for one in answer.values())
