"""Applications, channels, recommenders and tags as an unmodified boto3 client meets them."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError

from engagement.errors import Unavailable
from handlers.engagement_api import serve_request
from tests.api.engine_server import engine_server, pinpoint_client
from tests.fakes import FakeApp

ROLE = "arn:aws:iam::123456789012:role/engine"
PROVIDER = "arn:aws:personalize:us-east-1:123456789012:campaign/demo"
TRANSFORMER = "arn:aws:lambda:us-east-1:123456789012:function:transform"
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")
PLAIN = {
    "RecommendationProviderUri": PROVIDER,
    "RecommendationProviderRoleArn": ROLE,
    "RecommendationsDisplayName": "Items",
}
EMAIL = {
    "Enabled": True,
    "FromAddress": "News <news@example.org>",
    "Identity": "arn:aws:ses:us-east-1:123456789012:identity/news@example.org",
    "RoleArn": ROLE,
}


@pytest.fixture
def app(monkeypatch):
    app = FakeApp()
    monkeypatch.setattr(serve_request, "app", lambda: app)
    return app


@pytest.fixture
def client(app):
    with engine_server(serve_request.handle) as url:
        yield pinpoint_client(url)


def make_app(client, name="spring", **more):
    return client.create_app(CreateApplicationRequest={"Name": name, **more})["ApplicationResponse"]


def refused(call, error="BadRequestException", **parameters):
    with pytest.raises(Exception, match=error) as caught:
        call(**parameters)
    return caught.value.response["Message"]


class TestApplications:
    def test_created_found_listed_deleted(self, client):
        made = make_app(client, tags={"team": "blue"})
        assert re.fullmatch("[0-9a-f]{32}", made["Id"])
        assert made["Arn"] == f"arn:aws:mobiletargeting:us-east-1:000000000000:apps/{made['Id']}"
        assert DATE.match(made["CreationDate"])
        assert (made["Name"], made["tags"]) == ("spring", {"team": "blue"})
        assert client.get_app(ApplicationId=made["Id"])["ApplicationResponse"] == made
        assert client.get_apps()["ApplicationsResponse"] == {"Item": [made]}
        assert client.delete_app(ApplicationId=made["Id"])["ApplicationResponse"] == made
        assert client.get_apps()["ApplicationsResponse"] == {"Item": []}
        for call in (client.get_app, client.delete_app, client.get_application_settings, client.get_email_channel):
            assert made["Id"] in refused(call, "NotFoundException", ApplicationId=made["Id"])

    def test_a_half_done_deletion_can_be_repeated(self, client, app):
        made = make_app(client)
        app.imports_queue.failures.append(Unavailable("SQS does not answer"))
        with pytest.raises(ClientError):
            client.delete_app(ApplicationId=made["Id"])
        assert client.get_app(ApplicationId=made["Id"])["ApplicationResponse"] == made
        client.delete_app(ApplicationId=made["Id"])
        refused(client.get_app, "NotFoundException", ApplicationId=made["Id"])

    @pytest.mark.parametrize("name", ["", "  ", "x" * 65])
    def test_bad_names(self, client, name):
        assert "CreateApplicationRequest.Name" in refused(client.create_app, CreateApplicationRequest={"Name": name})

    def test_pages(self, client):
        ids = sorted(make_app(client, f"n{number}")["Id"] for number in range(5))
        seen, page = [], {}
        while True:
            answer = client.get_apps(PageSize="2", **page)["ApplicationsResponse"]
            seen += [one["Id"] for one in answer["Item"]]
            if "NextToken" not in answer:
                break
            page = {"Token": answer["NextToken"]}
        assert seen == ids
        for bad in ("x", page["Token"][:-1] + ("A" if page["Token"][-1] != "A" else "B"), "a" * 5000):
            refused(client.get_apps, Token=bad)
        refused(client.get_recommender_configurations, Token=page["Token"])
        for bad in ("0", "-1", "two", "1.5", "٣", "9" * 30):
            assert "PageSize" in refused(client.get_apps, PageSize=bad)
        assert len(client.get_apps(PageSize="100000")["ApplicationsResponse"]["Item"]) == 5


class TestSettings:
    def test_empty_then_changed_member_by_member(self, client, app):
        made = make_app(client)
        settings = client.get_application_settings(ApplicationId=made["Id"])["ApplicationSettingsResource"]
        assert settings == {
            "ApplicationId": made["Id"],
            "CampaignHook": {},
            "LastModifiedDate": made["CreationDate"],
            "Limits": {},
            "QuietTime": {},
        }
        app.clock.move(seconds=1)
        change = client.update_application_settings
        hours = {"Start": "21:00", "End": "07:30"}
        change(
            ApplicationId=made["Id"], WriteApplicationSettingsRequest={"QuietTime": hours, "EventTaggingEnabled": True}
        )
        answer = change(ApplicationId=made["Id"], WriteApplicationSettingsRequest={"Limits": {"Daily": 3}})
        changed = client.get_application_settings(ApplicationId=made["Id"])["ApplicationSettingsResource"]
        assert answer["ApplicationSettingsResource"] == changed
        assert (changed["QuietTime"], changed["Limits"]) == (hours, {"Daily": 3})
        assert changed["LastModifiedDate"] > made["CreationDate"]

    @pytest.mark.parametrize(
        ("request_", "path"),
        [
            ({"Limits": {"Daily": 101}}, "Limits.Daily"),
            ({"Limits": {"Total": -1}}, "Limits.Total"),
            ({"Limits": {"MaximumDuration": 59}}, "Limits.MaximumDuration"),
            ({"Limits": {"MessagesPerSecond": 20_001}}, "Limits.MessagesPerSecond"),
            ({"JourneyLimits": {"TimeframeCap": {"Cap": 101, "Days": 1}}}, "JourneyLimits.TimeframeCap.Cap"),
            ({"QuietTime": {"Start": "21:00"}}, "QuietTime.End"),
            ({"QuietTime": {"Start": "24:00", "End": "07:00"}}, "QuietTime.Start"),
            ({"QuietTime": {"Start": "9:00", "End": "07:00"}}, "QuietTime.Start"),
            ({"CampaignHook": {"Mode": "DELIVERY"}}, "CampaignHook.Mode"),
        ],
    )
    def test_what_could_not_be_kept_to_is_refused(self, client, request_, path):
        made = make_app(client)
        parameters = {"ApplicationId": made["Id"], "WriteApplicationSettingsRequest": request_}
        assert f"WriteApplicationSettingsRequest.{path}" in refused(client.update_application_settings, **parameters)

    def test_quiet_time_can_be_taken_away(self, client):
        app_id = make_app(client)["Id"]
        for hours in ({"Start": "21:00", "End": "07:00"}, {"Start": "", "End": ""}, {}):
            client.update_application_settings(
                ApplicationId=app_id, WriteApplicationSettingsRequest={"QuietTime": hours}
            )
            settings = client.get_application_settings(ApplicationId=app_id)["ApplicationSettingsResource"]
            assert settings["QuietTime"] == hours


class TestEmailChannel:
    def test_from_nothing_to_set_to_changed_to_nothing(self, client, app):
        app_id = make_app(client)["Id"]
        assert "UpdateEmailChannel" in refused(client.get_email_channel, "NotFoundException", ApplicationId=app_id)
        refused(client.delete_email_channel, "NotFoundException", ApplicationId=app_id)
        assert client.get_channels(ApplicationId=app_id)["ChannelsResponse"] == {"Channels": {}}
        made = client.update_email_channel(ApplicationId=app_id, EmailChannelRequest=EMAIL)["EmailChannelResponse"]
        assert made.items() >= {**EMAIL, "Platform": "EMAIL", "ApplicationId": app_id, "Version": 1}.items()
        app.clock.move(seconds=5)
        request = {**EMAIL, "FromAddress": "other@example.org"}
        del request["Enabled"], request["RoleArn"]
        changed = client.update_email_channel(ApplicationId=app_id, EmailChannelRequest=request)["EmailChannelResponse"]
        assert (changed["FromAddress"], changed["Enabled"], changed["RoleArn"]) == ("other@example.org", True, ROLE)
        assert (changed["Version"], changed["CreationDate"]) == (2, made["CreationDate"])
        assert changed["LastModifiedDate"] > made["LastModifiedDate"]
        assert client.get_email_channel(ApplicationId=app_id)["EmailChannelResponse"] == changed
        channel = client.get_channels(ApplicationId=app_id)["ChannelsResponse"]["Channels"]["EMAIL"]
        assert (channel["Enabled"], channel["Version"]) == (True, 2)
        assert client.delete_email_channel(ApplicationId=app_id)["EmailChannelResponse"] == changed
        refused(client.get_email_channel, "NotFoundException", ApplicationId=app_id)

    def test_a_new_channel_is_enabled_unless_the_request_says_no(self, client):
        for given, enabled in (({}, True), ({"Enabled": False}, False)):
            app_id = make_app(client)["Id"]
            request = {name: EMAIL[name] for name in ("FromAddress", "Identity")} | given
            answer = client.update_email_channel(ApplicationId=app_id, EmailChannelRequest=request)
            assert answer["EmailChannelResponse"]["Enabled"] is enabled

    @pytest.mark.parametrize("member", ["FromAddress", "Identity"])
    def test_nonsense_is_refused_without_showing_it(self, client, member):
        request = {**EMAIL, member: "no address at all"}
        message = refused(
            client.update_email_channel, ApplicationId=make_app(client)["Id"], EmailChannelRequest=request
        )
        assert f"EmailChannelRequest.{member}" in message
        assert "no address at all" not in message

    def test_channels_that_nobody_provides_are_not_configured(self, client):
        app_id = make_app(client)["Id"]
        refused(client.get_baidu_channel, "NotFoundException", ApplicationId=app_id)
        refused(client.delete_baidu_channel, "MethodNotAllowedException", ApplicationId=app_id)


class TestRecommenders:
    def test_the_seeds_dotted_names_come_back_as_they_were_sent(self, client):
        request = {
            "Attributes": {
                "Recommendations.RecommendedItems": "RECOMMENDED_ITEM",
                "Recommendations.Friendly": "FRIENDLY",
            },
            "Name": "demo-recommender",
            "RecommendationProviderIdType": "PINPOINT_USER_ID",
            "RecommendationProviderRoleArn": ROLE,
            "RecommendationProviderUri": PROVIDER,
            "RecommendationTransformerUri": TRANSFORMER,
            "RecommendationsPerMessage": 1,
        }
        made = client.create_recommender_configuration(CreateRecommenderConfiguration=request)
        made = made["RecommenderConfigurationResponse"]
        assert made.items() >= request.items()
        assert made["CreationDate"] == made["LastModifiedDate"]
        found = client.get_recommender_configuration(RecommenderId=made["Id"])["RecommenderConfigurationResponse"]
        assert found == made

    def test_defaults_listing_replacing_deleting(self, client, app):
        make = client.create_recommender_configuration
        made = make(CreateRecommenderConfiguration=PLAIN)["RecommenderConfigurationResponse"]
        assert (made["RecommendationsPerMessage"], made["RecommendationProviderIdType"]) == (5, "PINPOINT_ENDPOINT_ID")
        listing = client.get_recommender_configurations()["ListRecommenderConfigurationsResponse"]
        assert listing == {"Item": [made]}
        app.clock.move(hours=1)
        request = {name: PLAIN[name] for name in PLAIN if name != "RecommendationsDisplayName"}
        request |= {"RecommendationTransformerUri": "transform", "Attributes": {"Item": "an item"}}
        update = client.update_recommender_configuration
        changed = update(RecommenderId=made["Id"], UpdateRecommenderConfiguration=request)
        changed = changed["RecommenderConfigurationResponse"]
        assert "RecommendationsDisplayName" not in changed
        assert (changed["Id"], changed["CreationDate"]) == (made["Id"], made["CreationDate"])
        assert changed["LastModifiedDate"] > made["LastModifiedDate"]
        gone = client.delete_recommender_configuration(RecommenderId=made["Id"])["RecommenderConfigurationResponse"]
        assert gone == changed
        for call in (client.get_recommender_configuration, client.delete_recommender_configuration):
            refused(call, "NotFoundException", RecommenderId=made["Id"])
        refused(update, "NotFoundException", RecommenderId=made["Id"], UpdateRecommenderConfiguration=PLAIN)

    @pytest.mark.parametrize(
        ("change", "path"),
        [
            ({"Name": "-x"}, "Name"),
            ({"Name": "x" * 129}, "Name"),
            ({"Description": "x" * 129}, "Description"),
            ({"RecommendationsPerMessage": 0}, "RecommendationsPerMessage"),
            ({"RecommendationsPerMessage": 6}, "RecommendationsPerMessage"),
            ({"RecommendationProviderIdType": "EMAIL"}, "RecommendationProviderIdType"),
            ({"RecommendationProviderUri": "personalize"}, "RecommendationProviderUri"),
            ({"RecommendationProviderUri": PROVIDER.replace("campaign", "solution")}, "RecommendationProviderUri"),
            ({"RecommendationProviderRoleArn": "role"}, "RecommendationProviderRoleArn"),
            ({"RecommendationsDisplayName": ""}, "RecommendationsDisplayName"),
            ({"RecommendationsDisplayName": "x" * 26}, "RecommendationsDisplayName"),
            ({"RecommendationTransformerUri": TRANSFORMER}, "Attributes"),
            ({"RecommendationTransformerUri": "no function!", "Attributes": {"A": "a"}}, "RecommendationTransformerUri"),
            ({"Attributes": {f"a{number}": "x" for number in range(11)}}, "Attributes"),
            ({"Attributes": {"a b": "x"}}, "Attributes"),
            ({"Attributes": {"Recommendations.": "x"}}, "Attributes"),
            ({"Attributes": {"x" * 51: "x"}}, "Attributes"),
            ({"Attributes": {"x": "y" * 26}}, "Attributes.x"),
        ],
    )  # fmt: skip
    def test_rules(self, client, change, path):
        message = refused(client.create_recommender_configuration, CreateRecommenderConfiguration={**PLAIN, **change})
        assert message.startswith(f"CreateRecommenderConfiguration.{path}")

    @pytest.mark.parametrize(
        "uri",
        [PROVIDER, PROVIDER.replace("campaign", "recommender"), "s3://bucket/batch/", "local:demo", PROVIDER.replace("aws", "aws-cn", 1)],
    )  # fmt: skip
    def test_all_providers(self, client, uri):
        request = {**PLAIN, "RecommendationProviderUri": uri, "Attributes": {"Recommendations." + "x" * 50: "y" * 25}}
        client.create_recommender_configuration(CreateRecommenderConfiguration=request)

    def test_the_101st_is_refused(self, client, app):
        for number in range(100):
            app.documents.create("recommenders", f"{number:032}", {})
        assert "100" in refused(client.create_recommender_configuration, CreateRecommenderConfiguration=PLAIN)


class TestTags:
    def test_added_replaced_removed(self, client):
        arn = make_app(client, tags={"a": "1", "b": "2"})["Arn"]
        assert (
            client.tag_resource(ResourceArn=arn, TagsModel={"tags": {"b": "3", "ü": ""}})["ResponseMetadata"][
                "HTTPStatusCode"
            ]
            == 204
        )
        assert client.list_tags_for_resource(ResourceArn=arn)["TagsModel"] == {"tags": {"a": "1", "b": "3", "ü": ""}}
        client.untag_resource(ResourceArn=arn, TagKeys=["a", "ü", "never"])
        assert client.list_tags_for_resource(ResourceArn=arn)["TagsModel"] == {"tags": {"b": "3"}}
        app_id = arn.rpartition("/")[2]
        assert client.get_app(ApplicationId=app_id)["ApplicationResponse"]["tags"] == {"b": "3"}

    def test_of_segments_campaigns_and_templates(self, client, app):
        app_id = make_app(client)["Id"]
        for collection, document_id in ((f"apps/{app_id}/segments", "s"), (f"apps/{app_id}/campaigns", "c")):
            app.documents.create(collection, document_id, {"Id": document_id, "Version": 1})
            arn = f"arn:aws:mobiletargeting:us-east-1:000000000000:{collection}/{document_id}"
            client.tag_resource(ResourceArn=arn, TagsModel={"tags": {"k": "v"}})
            assert client.list_tags_for_resource(ResourceArn=arn)["TagsModel"]["tags"] == {"k": "v"}
            assert app.documents.get(collection, document_id).version == 1
        arn = client.create_email_template(TemplateName="t", EmailTemplateRequest={"Subject": "s", "tags": {"a": "b"}})
        arn = arn["CreateTemplateMessageBody"]["Arn"]
        client.tag_resource(ResourceArn=arn, TagsModel={"tags": {"k": "v"}})
        assert client.get_email_template(TemplateName="t")["EmailTemplateResponse"]["tags"] == {"a": "b", "k": "v"}

    @pytest.mark.parametrize(
        ("arn", "error"),
        [
            ("spring", "BadRequestException"),
            ("arn:aws:s3:::bucket", "BadRequestException"),
            ("arn:aws:mobiletargeting:us-east-1:000000000000:apps/none", "NotFoundException"),
            ("arn:aws:mobiletargeting:us-east-1:000000000000:apps", "NotFoundException"),
            ("arn:aws:mobiletargeting:us-east-1:000000000000:apps/a/segments/none", "NotFoundException"),
            ("arn:aws:mobiletargeting:us-east-1:000000000000:apps/a/channels/EMAIL", "NotFoundException"),
            ("arn:aws:mobiletargeting:us-east-1:000000000000:templates/none/EMAIL", "NotFoundException"),
        ],
    )
    def test_other_arns(self, client, arn, error):
        refused(client.list_tags_for_resource, error, ResourceArn=arn)
        refused(client.tag_resource, error, ResourceArn=arn, TagsModel={"tags": {}})
        refused(client.untag_resource, error, ResourceArn=arn, TagKeys=["a"])

    @pytest.mark.parametrize(
        "tags", [{"aws:x": "y"}, {"": "x"}, {"k" * 129: "x"}, {"k": "v" * 257}, {f"k{n}": "" for n in range(51)}]
    )
    def test_limits(self, client, tags):
        arn = make_app(client, tags={"first": "1"})["Arn"]
        assert "TagsModel.tags" in refused(client.tag_resource, ResourceArn=arn, TagsModel={"tags": tags})
        assert "tags" in refused(client.create_app, CreateApplicationRequest={"Name": "x", "tags": tags})
        assert client.list_tags_for_resource(ResourceArn=arn)["TagsModel"]["tags"] == {"first": "1"}
