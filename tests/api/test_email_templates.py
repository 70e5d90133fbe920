"""Email templates, their versions and the active one, as an unmodified boto3 client meets them."""

from __future__ import annotations

import json

import pytest

from engagement.ports import Document
from engagement.usecases.find_template import find_template
from handlers.engagement_api import serve_request
from tests.api.engine_server import engine_server, pinpoint_client
from tests.api.test_small_resources import DATE, PLAIN, refused
from tests.fakes import FakeApp

PARTS = {
    "Subject": "Hi {{User.UserAttributes.FirstName}}",
    "HtmlPart": "<p>{{Attributes.A}}</p>",
    "TextPart": "{{Attributes.A}}",
}


class Templates:
    """The calls about one template, short."""

    def __init__(self, client, name="t"):
        self.client, self.name = client, name

    def create(self, **request):
        answer = self.client.create_email_template(TemplateName=self.name, EmailTemplateRequest={**PARTS, **request})
        return answer["CreateTemplateMessageBody"]

    def get(self, **version):
        return self.client.get_email_template(TemplateName=self.name, **version)["EmailTemplateResponse"]

    def update(self, request=PARTS, **how):
        return self.client.update_email_template(TemplateName=self.name, EmailTemplateRequest=request, **how)[
            "MessageBody"
        ]

    def delete(self, **version):
        return self.client.delete_email_template(TemplateName=self.name, **version)["MessageBody"]

    def activate(self, version):
        request = {"Version": version}
        return self.client.update_template_active_version(
            TemplateName=self.name, TemplateType="EMAIL", TemplateActiveVersionRequest=request
        )["MessageBody"]

    def versions(self, **page):
        return self.client.list_template_versions(TemplateName=self.name, TemplateType="EMAIL", **page)[
            "TemplateVersionsResponse"
        ]

    def subjects(self):
        """Subject by version number, through the API."""
        numbers = [one["Version"] for one in self.versions()["Item"]]
        return {number: self.get(Version=number).get("Subject") for number in numbers}


@pytest.fixture
def app(monkeypatch):
    app = FakeApp()
    monkeypatch.setattr(serve_request, "app", lambda: app)
    return app


@pytest.fixture
def client(app):
    with engine_server(serve_request.handle) as url:
        yield pinpoint_client(url)


@pytest.fixture
def t(client):
    return Templates(client)


def test_created_and_read(t):
    defaults = json.dumps({"User.UserAttributes.FirstName": "friend"})
    more = {
        "DefaultSubstitutions": defaults,
        "TemplateDescription": "d",
        "Headers": [{"Name": "X-A", "Value": "{{Id}}"}],
    }
    made = t.create(**more, tags={"a": "b"})
    assert made["Arn"] == "arn:aws:mobiletargeting:us-east-1:000000000000:templates/t/EMAIL"
    assert made["RequestID"] == "request-1"
    found = t.get()
    expected = {
        **PARTS,
        **more,
        "Arn": made["Arn"],
        "Version": "1",
        "TemplateType": "EMAIL",
        "TemplateName": "t",
        "tags": {"a": "b"},
    }
    assert found.items() >= expected.items()
    assert DATE.match(found["CreationDate"])
    assert found["LastModifiedDate"] == found["CreationDate"]
    assert set(found) == {*expected, "CreationDate", "LastModifiedDate"}


def test_a_name_is_taken_once_and_is_case_sensitive(t, client):
    t.create()
    assert "exists already" in refused(t.create)
    Templates(client, "T").create(Subject="other")
    assert t.get()["Subject"] == PARTS["Subject"]


@pytest.mark.parametrize("name", ["-a", "_a", "a b", "a.b", "a" * 129, "ä"])
def test_names_that_are_not_allowed(client, name):
    assert "TemplateName" in refused(Templates(client, name).create)


@pytest.mark.parametrize("name", ["a", "1", "a-b_C", "a" * 128, "email", "versions"])
def test_names_that_are_allowed(client, name):
    Templates(client, name).create()
    assert Templates(client, name).get()["TemplateName"] == name


def test_an_update_overwrites_the_latest_version(t, app):
    t.create(TemplateDescription="gone afterwards", tags={"a": "b"})
    before = t.get()
    app.clock.move(seconds=9)
    assert t.update({"Subject": "two", "tags": {"ignored": "x"}}) == {"Message": "Accepted", "RequestID": "request-1"}
    after = t.get()
    assert (after["Subject"], after["Version"], after["tags"]) == ("two", "1", {"a": "b"})
    assert "TemplateDescription" not in after
    assert "HtmlPart" not in after
    assert after["CreationDate"] == before["CreationDate"] < after["LastModifiedDate"]


def test_a_new_version_is_not_active_until_it_is_made_so(t):
    t.create(Subject="one")
    t.update({"Subject": "two"}, CreateNewVersion=True)
    t.update({"Subject": "three"}, CreateNewVersion=True)
    assert t.get()["Subject"] == "one"
    assert t.subjects() == {"3": "three", "2": "two", "1": "one"}
    assert t.get(Version="latest")["Version"] == "3"
    t.activate("2")
    assert (t.get()["Subject"], t.get()["Version"]) == ("two", "2")
    t.activate("latest")
    assert t.get()["Subject"] == "three"
    t.update({"Subject": "three again"})
    assert t.subjects() == {"3": "three again", "2": "two", "1": "one"}
    assert t.get()["Subject"] == "three again"


def test_the_race_guard(t):
    t.create(Subject="one")
    t.update({"Subject": "two"}, CreateNewVersion=True)
    assert "the latest version, which is 2" in refused(t.update, request={"Subject": "x"}, Version="1")
    t.update({"Subject": "zwei"}, Version="2")
    assert t.subjects() == {"2": "zwei", "1": "one"}
    assert "CreateNewVersion" in refused(t.update, request={"Subject": "x"}, Version="2", CreateNewVersion=True)
    t.update({"Subject": "zwei!"}, Version="2", CreateNewVersion=False)
    assert t.get(Version="2")["Subject"] == "zwei!"


@pytest.mark.parametrize("version", ["0", "-1", "x", "1.0", "", "٣", "9" * 20])
def test_versions_that_are_no_numbers(t, version):
    t.create()
    refused(t.activate, version=version)
    if version:
        refused(t.get, Version=version)
        refused(t.update, Version=version)
        refused(t.delete, Version=version)


def test_what_does_not_exist_is_404(t, client):
    for call in (t.get, t.update, t.delete, t.versions):
        assert "t does not exist" in refused(call, "NotFoundException")
    refused(t.activate, "NotFoundException", version="1")
    t.create()
    for call in (t.get, t.delete):
        assert "no version 2" in refused(call, "NotFoundException", Version="2")
    refused(t.activate, "NotFoundException", version="2")


def test_all_versions_go_together(t):
    t.create(Subject="one")
    t.update({"Subject": "two"}, CreateNewVersion=True)
    assert t.delete()["Message"] == "Accepted"
    refused(t.get, "NotFoundException")
    refused(t.delete, "NotFoundException")
    t.create(Subject="again")
    assert t.subjects() == {"1": "again"}


def test_one_version_goes_alone_and_its_number_is_never_used_again(t):
    t.create(Subject="one", tags={"a": "b"})
    for subject in ("two", "three"):
        t.update({"Subject": subject}, CreateNewVersion=True)
    t.delete(Version="3")
    assert t.subjects() == {"2": "two", "1": "one"}
    assert (t.get()["Subject"], t.get(Version="latest")["Subject"]) == ("one", "two")
    t.update({"Subject": "zwei"})
    t.update({"Subject": "four"}, CreateNewVersion=True)
    assert t.subjects() == {"4": "four", "2": "zwei", "1": "one"}
    t.activate("4")
    t.delete(Version="1")
    assert t.subjects() == {"4": "four", "2": "zwei"}
    assert "active version" in refused(t.delete, Version="4")
    t.delete(Version="2")
    assert t.get()["tags"] == {"a": "b"}
    t.delete(Version="4")
    refused(t.get, "NotFoundException")


@pytest.mark.parametrize(
    ("part", "source", "place"),
    [
        ("Subject", "Hi {{#if a}}", "line 1"),
        ("HtmlPart", "<p>\n  {{/if}}</p>", "line 2, column 3"),
        ("TextPart", "one\ntwo {{ }}", "line 2, column 5"),
        ("HtmlPart", "{{#each x}}{{/if}}", "line 1"),
        ("HtmlPart", "{{nohelper a b}}", "line 1"),
    ],
)
def test_a_part_that_does_not_compile_is_refused_at_its_place(t, part, source, place):
    request = {**PARTS, part: source}
    for call, parameters in ((t.create, request), (t.update, {"request": request})):
        if call == t.update:
            t.create()
        message = refused(call, **parameters)
        assert f"EmailTemplateRequest.{part}: " in message
        assert place in message
    assert t.get()["Version"] == "1"


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"DefaultSubstitutions": "{"}, "DefaultSubstitutions: is not a JSON object"),
        ({"DefaultSubstitutions": "[]"}, "not an object"),
        ({"DefaultSubstitutions": '"x"'}, "not an object"),
        ({"DefaultSubstitutions": '{"User": {"UserId": "x"}}'}, "'User' must be a string"),
        ({"DefaultSubstitutions": '{"a": null}'}, "'a' must be a string"),
        ({"DefaultSubstitutions": "[" * 100_000}, "DefaultSubstitutions"),
        ({"HtmlPart": "x" * 600_000}, "the limit is 600000"),
        ({"Headers": [{"Name": "X", "Value": "v"}] * 16}, "the limit is 15"),
        ({"Headers": [{"Name": "X" * 127, "Value": "v"}]}, "Headers[0]"),
        ({"Headers": [{"Name": "Subject", "Value": "v"}]}, "Headers[0]"),
        ({"Headers": [{"Name": "X-A", "Value": "v"}, {"Name": "X-B", "Value": "{{#if}}"}]}, "Headers[1].Value"),
        ({"RecommenderId": "none"}, "RecommenderId: there is no recommender configuration none"),
        ({"tags": {"escape-policy": "maybe"}}, "escape-policy"),
        ({"tags": {"aws:x": "y"}}, "EmailTemplateRequest.tags"),
    ],
)  # fmt: skip
def test_rules(t, request_, words):
    assert words in refused(t.create, **request_)
    refused(t.get, "NotFoundException")


def test_the_largest_template_is_kept(t):
    size = 600_000 - sum(len(PARTS[part]) for part in ("Subject", "TextPart"))
    t.create(HtmlPart="ü" * size)
    assert t.get()["HtmlPart"] == "ü" * size


def test_the_seeds_template_with_its_recommender(t, client):
    recommender = client.create_recommender_configuration(CreateRecommenderConfiguration=PLAIN)
    recommender_id = recommender["RecommenderConfigurationResponse"]["Id"]
    request = {
        "DefaultSubstitutions": '{"Recommendations.FriendlyRecommendation": ""}',
        "HtmlPart": "<p>Hi {{User.UserAttributes.FirstName}}!</p>{{Recommendations.FriendlyRecommendation}}",
        "RecommenderId": recommender_id,
    }
    t.create(**request)
    assert t.get().items() >= request.items()


@pytest.mark.parametrize("policy", ["trusted", "pinpoint", "STRICT"])
def test_an_escape_policy_is_a_tag(t, policy):
    t.create(tags={"escape-policy": policy})


class TestListing:
    def test_templates_by_name_with_their_active_version(self, client):
        for name in ("b", "a", "ab", "A", "a-1", "a_1", "z"):
            Templates(client, name).create(TemplateDescription=f"about {name}")
        Templates(client, "b").update(CreateNewVersion=True)
        items = client.list_templates()["TemplatesResponse"]["Item"]
        assert [one["TemplateName"] for one in items] == ["A", "a", "a-1", "a_1", "ab", "b", "z"]
        b = items[5]
        assert (b["Version"], b["TemplateType"], b["TemplateDescription"]) == ("1", "EMAIL", "about b")
        assert set(b) == {
            "TemplateName",
            "TemplateType",
            "TemplateDescription",
            "Version",
            "CreationDate",
            "LastModifiedDate",
        }
        Templates(client, "b").activate("latest")
        assert client.list_templates()["TemplatesResponse"]["Item"][5]["Version"] == "2"

    @pytest.mark.parametrize(
        ("prefix", "names"),
        [
            ("a", ["a", "a-1", "a_1", "ab"]),
            ("a-", ["a-1"]),
            ("ab", ["ab"]),
            ("abc", []),
            ("z", ["z"]),
            ("A", ["A"]),
            ("é", []),
        ],
    )
    def test_by_prefix_and_in_pages(self, client, prefix, names):
        for name in ("b", "a", "ab", "A", "a-1", "a_1", "z"):
            Templates(client, name).create()
        for size in ("1", "2", "100"):
            seen, page = [], {}
            while True:
                answer = client.list_templates(Prefix=prefix, PageSize=size, **page)["TemplatesResponse"]
                seen += [one["TemplateName"] for one in answer["Item"]]
                assert len(answer["Item"]) <= int(size)
                if "NextToken" not in answer:
                    break
                page = {"NextToken": answer["NextToken"]}
            assert seen == names

    def test_by_type(self, client):
        Templates(client).create()
        assert len(client.list_templates(TemplateType="EMAIL")["TemplatesResponse"]["Item"]) == 1
        assert client.list_templates(TemplateType="SMS")["TemplatesResponse"]["Item"] == []
        assert "TemplateType" in refused(client.list_templates, TemplateType="FAX")

    def test_a_token_is_good_for_its_own_listing(self, client, t):
        for name in ("a", "b", "c"):
            Templates(client, name).create()
        token = client.list_templates(PageSize="1")["TemplatesResponse"]["NextToken"]
        refused(client.list_templates, NextToken=token, Prefix="a")
        refused(client.list_templates, NextToken=token, TemplateType="EMAIL")
        refused(client.list_template_versions, TemplateName="a", TemplateType="EMAIL", NextToken=token)

    def test_versions_in_pages_newest_first(self, t, app):
        t.create(TemplateDescription="v1", DefaultSubstitutions='{"a":"b"}')
        first = t.versions()["Item"][0]
        for number in range(2, 8):
            app.clock.move(minutes=1)
            t.update({"TemplateDescription": f"v{number}"}, CreateNewVersion=True)
        seen, page = [], {}
        while True:
            answer = t.versions(PageSize="3", **page)
            seen += answer["Item"]
            if "NextToken" not in answer:
                break
            page = {"NextToken": answer["NextToken"]}
        assert [one["Version"] for one in seen] == ["7", "6", "5", "4", "3", "2", "1"]
        assert [one["TemplateDescription"] for one in seen] == [f"v{n}" for n in range(7, 0, -1)]
        assert (seen[-1], seen[-1]["DefaultSubstitutions"]) == (first, '{"a":"b"}')
        assert len({one["CreationDate"] for one in seen}) == 7

    def test_versions_of_a_type_that_has_no_such_template(self, client, t):
        t.create()
        refused(client.list_template_versions, "NotFoundException", TemplateName="t", TemplateType="SMS")
        assert "TemplateType" in refused(client.list_template_versions, TemplateName="t", TemplateType="FAX")
        assert client.list_template_versions(TemplateName="t", TemplateType="email")["TemplateVersionsResponse"]["Item"]


def losing_races(app, times):
    """Somebody else changes the template just before each of the next writes."""
    put, left = app.documents.put, [times]

    def contested(collection, document, **more):
        if left[0]:
            left[0] -= 1
            current = app.documents.get(collection, document.id)
            put(
                collection,
                Document(current.id, {**current.body, "_touched": left[0]}, current.version, current.revision),
            )
        return put(collection, document, **more)

    app.documents.put = contested


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.update({"Subject": "mine"}),
        lambda t: t.update({"Subject": "mine"}, CreateNewVersion=True),
        lambda t: t.activate("latest"),
    ],
)
def test_lost_races_are_run_again_a_few_times(t, app, change):
    t.create()
    losing_races(app, 3)
    change(t)
    losing_races(app, 30)
    with pytest.raises(Exception, match="TooManyRequestsException"):
        change(t)


def test_find_template_is_what_senders_use(t, app):
    t.create(Subject="one")
    t.update({"Subject": "two"}, CreateNewVersion=True)
    for version, number, subject in ((None, 1, "one"), ("2", 2, "two"), ("latest", 2, "two")):
        found = find_template(app.documents, "EMAIL", "t", version)
        assert (found.version, found.body["Version"], found.body["Subject"]) == (number, str(number), subject)
