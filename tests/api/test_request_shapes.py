"""Bad requests: each refused with the place, the value and the rule."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement.api.request_shapes import MAX_BODY_BYTES, parse_request
from engagement.api.service_model import service_model
from engagement.errors import BadRequest, PayloadTooLarge


def parse(operation, body=b"{}", labels=None, **query):
    known = {
        "application-id": "a",
        "endpoint-id": "e",
        "template-name": "t",
        "resource-arn": "r",
        "campaign-id": "c",
        "journey-id": "j",
        "kpi-name": "k",
    }
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    query = {name.replace("_", "-"): value for name, value in query.items()}
    return parse_request(service_model().operations[operation], {**known, **(labels or {})}, query, content)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ["EndpointRequest", "no body"]),
        (b"  \n", ["no body"]),
        (b"{", ["not JSON", "line 1, column 2"]),
        (b'{"Address": "x",}', ["not JSON"]),
        (b"\xff{}", ["not UTF-8 at byte 0"]),
        (b"\xef\xbb\xbf{}", ["not JSON"]),
        (b"[]", ["is a list", "JSON object"]),
        (b"null", ["is null"]),
        (b'"x"', ["is a string"]),
        (b"7", ["is a number"]),
        (b"[" * 200_000, ["nested too deeply"]),
        (b'{"Metrics":{"a":NaN}}', ["NaN is not a number"]),
        (b'{"Metrics":{"a":1e999}}', ["EndpointRequest.Metrics.a", "too large"]),
        (b'{"Metrics":{"a":' + b"9" * 400 + b"}}", ["EndpointRequest.Metrics.a", "too large"]),
        (b'{"Metrics":{"a":' + b"9" * 5000 + b"}}", ["not JSON"]),
        ({"Address": 5}, ["EndpointRequest.Address", "is a number", "must be a string"]),
        ({"Address": ["x"]}, ["EndpointRequest.Address", "is a list"]),
        ({"ChannelType": "FAX"}, ["EndpointRequest.ChannelType", "'FAX'", "not one of", "EMAIL"]),
        ({"ChannelType": ""}, ["EndpointRequest.ChannelType", "not one of"]),
        ({"Attributes": {"a": "scalar"}}, ["EndpointRequest.Attributes.a", "'scalar'", "must be a list"]),
        ({"Attributes": {"a": ["x", 1]}}, ["EndpointRequest.Attributes.a[1]", "'1'", "must be a string"]),
        ({"Attributes": {"a": [None]}}, ["EndpointRequest.Attributes.a[0]", "null"]),
        ({"Attributes": []}, ["EndpointRequest.Attributes", "must be an object"]),
        ({"User": "ann"}, ["EndpointRequest.User", "must be an object"]),
        ({"Metrics": {"a": "1"}}, ["EndpointRequest.Metrics.a", "must be a number"]),
        ({"Metrics": {"a": True}}, ["EndpointRequest.Metrics.a", "is a boolean"]),
        (b'{"Address":"\\ud800"}', ["EndpointRequest.Address", "surrogate"]),
    ],
)  # fmt: skip
def test_a_bad_body_is_refused_with_its_place(body, words):
    with pytest.raises(BadRequest) as caught:
        parse("UpdateEndpoint", body)
    for word in words:
        assert word in caught.value.message


@pytest.mark.parametrize(
    ("operation", "body", "message"),
    [
        ("CreateApp", {}, "CreateApplicationRequest.Name: is missing, and it is required"),
        ("CreateApp", {"Name": None}, "CreateApplicationRequest.Name: is missing, and it is required"),
        ("UpdateEmailChannel", {"FromAddress": "a@example.org"}, "EmailChannelRequest.Identity: is missing, and it is required"),
        ("UpdateEmailChannel", {"Enabled": "true"}, "EmailChannelRequest.Enabled: value 'true' is a string, it must be true or false"),
        ("CreateCampaign", {"HoldoutPercent": 1.5}, "WriteCampaignRequest.HoldoutPercent: value '1.5' is a number, it must be a whole number"),
        ("CreateCampaign", {"HoldoutPercent": 2**31}, "WriteCampaignRequest.HoldoutPercent: the number does not fit into 32 bits"),
        ("CreateCampaign", {"AdditionalTreatments": [{"SizePercent": 5}, {}]}, "WriteCampaignRequest.AdditionalTreatments[1].SizePercent: is missing, and it is required"),
        ("CreateJourney", {"Name": "j", "Schedule": {"StartTime": "soon"}}, "WriteJourneyRequest.Schedule.StartTime: value 'soon' is not a date such as 2027-01-31T09:30:00Z"),
        ("SendMessages", {"MessageConfiguration": {"EmailMessage": {"RawEmail": {"Data": "!"}}}}, "MessageRequest.MessageConfiguration.EmailMessage.RawEmail.Data: is not base64"),
    ],
)  # fmt: skip
def test_the_message_is_path_value_and_rule(operation, body, message):
    with pytest.raises(BadRequest) as caught:
        parse(operation, body)
    assert caught.value.message == message


def test_no_message_shows_an_address():
    for body in (
        {"ChannelType": "ann@example.org"},
        {"Address": ["ann@example.org"]},
        {"Attributes": {"ann@example.org": "ann@example.org"}},
    ):
        with pytest.raises(BadRequest) as caught:
            parse("UpdateEndpoint", body)
        assert "ann@" not in caught.value.message


def test_unknown_members_are_ignored_and_null_is_absent():
    body = {
        "Address": "a",
        "Later": {"x": 1},
        "Metrics": None,
        "Attributes": {"gone": None, "kept": []},
        "User": {"UserId": "u", "New": 1},
    }
    assert parse("UpdateEndpoint", body)["EndpointRequest"] == {
        "Address": "a",
        "Attributes": {"kept": []},
        "User": {"UserId": "u"},
    }


def test_numbers_keep_their_value():
    body = b'{"Metrics":{"a":3,"b":2.5,"c":-0.0,"d":1e3}}'
    assert parse("UpdateEndpoint", body)["EndpointRequest"]["Metrics"] == {"a": 3, "b": 2.5, "c": 0.0, "d": 1000.0}
    assert parse("CreateCampaign", b'{"HoldoutPercent":10.0}')["WriteCampaignRequest"]["HoldoutPercent"] == 10


def test_renamed_members_have_the_models_names():
    condition = {"segmentDimensions": {"Attributes": {}}}
    activity = {"ConditionalSplit": {"Condition": {"Conditions": [condition]}}}
    parsed = parse("CreateJourney", {"Name": "j", "Activities": {"a": activity}})["WriteJourneyRequest"]
    conditions = parsed["Activities"]["a"]["ConditionalSplit"]["Condition"]["Conditions"]
    assert conditions == [{"SegmentDimensions": {"Attributes": {}}}]


@pytest.mark.parametrize(
    ("operation", "query", "expected"),
    [
        ("GetApps", {"page_size": ["5"], "token": ["t"]}, {"PageSize": "5", "Token": "t"}),
        ("GetApps", {"page_size": ["5", "6"], "unknown": ["x"]}, {"PageSize": "6"}),
        ("GetApps", {"page_size": [""]}, {"PageSize": ""}),
        ("UntagResource", {"tagKeys": ["a", "b", ""]}, {"ResourceArn": "r", "TagKeys": ["a", "b", ""]}),
        ("UpdateEmailTemplate", {"create_new_version": ["true"], "version": ["3"]}, {"TemplateName": "t", "CreateNewVersion": True, "Version": "3", "EmailTemplateRequest": {}}),
        ("GetApplicationDateRangeKpi", {"start_time": ["2026-01-01T00:00:00Z"], "end_time": ["2026-01-02T01:00:00+02:00"]},
         {"ApplicationId": "a", "KpiName": "k", "StartTime": "2026-01-01T00:00:00.000Z", "EndTime": "2026-01-01T23:00:00.000Z"}),
    ],
)  # fmt: skip
def test_query_strings(operation, query, expected):
    assert parse(operation, **query) == expected


@pytest.mark.parametrize(
    ("operation", "query", "word"),
    [
        ("UntagResource", {}, "TagKeys: is missing"),
        ("UpdateEmailTemplate", {"create_new_version": ["yes"]}, "CreateNewVersion: value 'yes' is not true or false"),
        ("GetApplicationDateRangeKpi", {"start_time": ["yesterday"]}, "StartTime: value 'yesterday' is not a date"),
    ],
)
def test_bad_query_strings(operation, query, word):
    with pytest.raises(BadRequest, match=word):
        parse(operation, **query)


def test_a_body_over_the_limit_is_refused_before_it_is_read():
    with pytest.raises(PayloadTooLarge, match="split"):
        parse("UpdateEndpointsBatch", b"{" * (MAX_BODY_BYTES + 1))
    assert parse("UpdateEndpoint", b"{}" + b" " * (MAX_BODY_BYTES - 2))["EndpointRequest"] == {}


def test_a_body_where_none_belongs_is_ignored():
    assert parse("GetApp", b"not json") == {"ApplicationId": "a"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Address", "Attributes", "User", "Metrics", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(["Address", "Attributes", "ChannelType", "Metrics", "Location", "User", "OptOut"]), JSON
    )
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_sent_is_parsed_or_refused(body):
    try:
        parse("UpdateEndpoint", body)
    except BadRequest as refused:
        assert refused.message.startswith("EndpointRequest")
