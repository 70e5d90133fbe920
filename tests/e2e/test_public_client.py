"""A client written against Pinpoint, with the odd habits of the public sample, works unmodified: dotted attribute names,
flat default keys, the segment's id from the job's creation, a campaign before the import has ended.
"""

import pytest

from tests.e2e.conftest import run_campaign

pytestmark = pytest.mark.e2e

PEOPLE = """ChannelType,Address,Location.Country,Demographic.Platform,Demographic.Make,User.UserId,User.UserAttributes.FirstName
EMAIL,box+user_7@example.net,US,iOS,Apple,user_7,Zo\u00eb
EMAIL,box+user_8@example.net,DE,Android,LG,user_8,"O'Neil & Co <b>"
EMAIL,box+nobody@example.net,DE,Android,LG,never_seen,Nobody
"""
HTML = "<p>Hi {{User.UserAttributes.FirstName}}! </p><p>{{Recommendations.FriendlyRecommendation}}</p>"


@pytest.fixture
def template(kit, pinpoint, request):
    recommender = pinpoint.create_recommender_configuration(
        CreateRecommenderConfiguration={
            "Attributes": {
                "Recommendations.RecommendedItems": "RECOMMENDED_ITEM",
                "Recommendations.FriendlyRecommendation": "FRIENDLY_RECOMMENDATION",
            },
            "Name": "public-client",
            "RecommendationProviderIdType": "PINPOINT_USER_ID",
            "RecommendationProviderRoleArn": kit.outputs["engine_role_arn"],
            "RecommendationProviderUri": getattr(request, "param", None) or kit.recommender_arn,
            "RecommendationTransformerUri": kit.outputs["transformer_arn"],
            "RecommendationsPerMessage": 1,
        }
    )["RecommenderConfigurationResponse"]
    name = f"public-client-{recommender['Id'][:8]}"
    pinpoint.create_email_template(
        TemplateName=name,
        EmailTemplateRequest={
            "Subject": "Latest updates",
            "HtmlPart": HTML,
            "TextPart": "Hi {{User.UserAttributes.FirstName}}! {{Recommendations.FriendlyRecommendation}}",
            "DefaultSubstitutions": '{"Recommendations.FriendlyRecommendation": ""}',
            "RecommenderId": recommender["Id"],
        },
    )
    return name


def start_at_once(kit, pinpoint, project, template):
    """Import and, without waiting, a campaign on the segment that the job's creation named."""
    s3 = kit.clients.client("s3")
    s3.put_object(Bucket=kit.outputs["bucket"], Key="pinpoint/pinpoint-users.csv", Body=PEOPLE.encode())
    job = pinpoint.create_import_job(
        ApplicationId=project,
        ImportJobRequest={
            "DefineSegment": True,
            "Format": "CSV",
            "RegisterEndpoints": True,
            "RoleArn": kit.outputs["engine_role_arn"],
            "S3Url": f"s3://{kit.outputs['bucket']}/pinpoint/pinpoint-users.csv",
            "SegmentName": "all_users",
        },
    )
    return run_campaign(
        pinpoint,
        project,
        Name="public_campaign",
        SegmentId=job["ImportJobResponse"]["Definition"]["SegmentId"],
        TemplateConfiguration={"EmailTemplate": {"Name": template}},
        HoldoutPercent=0,
        Schedule={"IsLocalTime": False, "Timezone": "UTC-07", "StartTime": "IMMEDIATE"},
    )


def test_the_whole_script(kit, pinpoint, project, template, mails):
    _, activity = start_at_once(kit, pinpoint, project, template)
    assert activity["SuccessfulEndpointCount"] == 3
    (first,) = mails("box+user_7@example.net")
    assert first["subject"] == "Latest updates"
    assert "<p>Hi Zo\u00eb! </p>" in first["html"]
    assert "<p><" in first["html"] and "&lt;p&gt;" not in first["html"], "the block shows as markup"
    (second,) = mails("box+user_8@example.net")
    assert "O&#x27;Neil &amp; Co &lt;b&gt;" in second["html"], "what people typed is escaped"
    assert "O'Neil & Co <b>" in second["text"]
    assert len(mails("box+nobody@example.net")) == 1, "somebody unknown gets what is popular"


@pytest.mark.parametrize(
    "template", ["arn:aws:personalize:us-east-1:000000000000:campaign/there-is-none"], indirect=True
)
def test_a_recommender_that_fails_costs_nobody_the_mail(kit, pinpoint, project, template, mails, events):
    campaign, activity = start_at_once(kit, pinpoint, project, template)
    assert activity["SuccessfulEndpointCount"] == 3
    assert mails("box+user_7@example.net")[0]["html"].rstrip().endswith("<p></p>"), "the template's default block"
    told = {record["attributes"].get("recommendation_status") for record in events(campaign_id=campaign)}
    assert told == {"FALLBACK"}


def test_a_template_that_does_not_compile_is_refused_when_it_is_saved(pinpoint):
    with pytest.raises(pinpoint.exceptions.BadRequestException) as refused:
        pinpoint.create_email_template(
            TemplateName="broken", EmailTemplateRequest={"Subject": "s", "HtmlPart": "line one\n{{#if x}}never closed"}
        )
    assert "HtmlPart" in str(refused.value) and "line 2" in str(refused.value)
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_email_template(TemplateName="broken")


def test_what_is_not_served_yet_says_so(pinpoint, project):
    with pytest.raises(pinpoint.exceptions.MethodNotAllowedException, match="CreateJourney"):
        pinpoint.create_journey(ApplicationId=project, WriteJourneyRequest={"Name": "later"})


def test_an_unsigned_call_is_refused(kit):
    import urllib3

    assert urllib3.request("GET", f"{kit.outputs['api_url']}/v1/apps").status == 403
