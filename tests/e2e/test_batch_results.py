"""A campaign from results of batch inference: no live model is asked, the unknown get what everybody likes."""

import json

import pytest

from engagement.domain.batch_results import UNKNOWN_USER
from scripts.sample_run import blocks_of_items, recommendations_now, wait_until
from scripts.stored_results import ask_to_load, declared_provider, newest_generation, results_of, serve_newest
from tests.e2e.conftest import run_campaign

pytestmark = pytest.mark.e2e
HEAD = "ChannelType,Address,User.UserId\n"


@pytest.fixture(scope="module")
def provider(kit):
    """The provider, loaded. It was trained beside the first apply, before anybody heard of new files."""
    uri = declared_provider(kit.outputs)
    serve_newest(kit.clients, kit.outputs, uri, seconds=60)
    return uri


@pytest.fixture
def template(kit, pinpoint, request):
    """``template(uri)``: a template with a recommender of its own."""

    def make(uri):
        name = f"batch-{abs(hash((uri, request.node.name))) % 10**8}"
        made = pinpoint.create_recommender_configuration(
            CreateRecommenderConfiguration={
                "Name": name,
                "RecommendationProviderIdType": "PINPOINT_USER_ID",
                "RecommendationProviderRoleArn": kit.outputs["engine_role_arn"],
                "RecommendationProviderUri": uri,
                "RecommendationTransformerUri": kit.outputs["transformer_arn"],
                "RecommendationsPerMessage": 1,
                "Attributes": {"FriendlyRecommendation": "Block"},
            }
        )["RecommenderConfigurationResponse"]["Id"]
        pinpoint.create_email_template(
            TemplateName=name,
            EmailTemplateRequest={
                "Subject": "From the batch",
                "HtmlPart": "<div>{{Recommendations.FriendlyRecommendation}}</div>",
                "TextPart": "Items: {{RecommendationItems.[0]}}",
                "RecommenderId": made,
                "DefaultSubstitutions": '{"Recommendations.FriendlyRecommendation": "nothing", "RecommendationItems": "-"}',
            },
        )
        return {"EmailTemplate": {"Name": name}}

    return make


def send(pinpoint, project, import_csv, template, users):
    rows = "".join(f"EMAIL,box+{user}@example.net,{user}\n" for user in users)
    segment = import_csv(HEAD + rows)["Definition"]["SegmentId"]
    return run_campaign(pinpoint, project, SegmentId=segment, TemplateConfiguration=template)


def html(mails, user):
    (mail,) = mails(f"box+{user}@example.net")
    return mail["html"]


def test_everybody_gets_the_block_of_the_batch(kit, provider, template, pinpoint, project, import_csv, mails, events):
    known = [person.user_id for person in kit.people]
    campaign, activity = send(pinpoint, project, import_csv, template(provider), [*known, "somebody-new"])
    assert activity["SuccessfulEndpointCount"] == len(known) + 1
    stored = results_of(kit.clients, kit.outputs).items_of(provider, [*known, UNKNOWN_USER])
    blocks = blocks_of_items(kit.clients, kit.outputs["transformer_arn"], sorted({one[0] for one in stored.values()}))
    for user in known:
        live = recommendations_now(kit.clients, campaign_arn=kit.recommender_arn, user_id=user)
        assert stored[user][0] == live[0]["item"], "batch and live are the same model"
        assert blocks[stored[user][0]].strip() in html(mails, user)
    assert blocks[stored[UNKNOWN_USER][0]].strip() in html(mails, "somebody-new")
    reasons = [record["attributes"].get("recommendation_reason") for record in events(campaign_id=campaign)]
    assert sorted(filter(None, reasons)) == ["POPULAR_ITEMS"]


def test_a_new_file_is_heard_of_loaded_and_takes_over_and_bad_lines_do_no_harm(
    kit, provider, template, pinpoint, project, import_csv, mails
):
    s3, mine = kit.clients.client("s3"), "personalize/output/by-hand"
    uri = f"s3://{kit.outputs['bucket']}/{mine}/"
    results = results_of(kit.clients, kit.outputs)

    def line(user, item):
        return json.dumps({"input": {"userId": user}, "output": {"recommendedItems": [item]}, "error": None}) + "\n"

    for job, item in (("job-1", "A"), ("job-2", "B")):
        body = line("u1", item) + "{broken\n" + line(UNKNOWN_USER, "P")
        s3.put_object(Bucket=kit.outputs["bucket"], Key=f"{mine}/{job}/users.jsonl.out", Body=body.encode())
        served = wait_until(
            lambda job=job: (now := results.served(uri)) and now.current == job and now, what=job, seconds=30
        )
    assert served.previous == "job-1"
    assert results.items_of(uri, ["u1", UNKNOWN_USER, "u2"]) == {"u1": ("B",), UNKNOWN_USER: ("P",)}
    before = results.served(uri)
    ask_to_load(
        kit.clients.client("sqs"),
        kit.outputs["queues"]["batch-results"]["url"],
        newest_generation(s3, uri).files,
    )
    s3.put_object(Bucket=kit.outputs["bucket"], Key=f"{mine}/job-0/users.jsonl.errors", Body=b"{}\n")
    send(pinpoint, project, import_csv, template(uri), ["u1"])
    assert results.served(uri) == before, "asked for twice, loaded once"
    assert "B" in mails("box+u1@example.net")[0]["text"]


def test_without_results_the_mail_has_its_defaults(kit, template, pinpoint, project, import_csv, mails):
    uri = f"s3://{kit.outputs['bucket']}/personalize/output/nothing-there/"
    _, activity = send(pinpoint, project, import_csv, template(uri), ["u1"])
    assert activity["SuccessfulEndpointCount"] == 1
    assert html(mails, "u1").strip() == "<div>nothing</div>"


def test_a_job_of_several_files_serves_when_all_of_them_are_loaded(kit, provider):
    s3, personalize = kit.clients.client("s3"), kit.clients.client("personalize")
    bucket, people = kit.outputs["bucket"], [person.user_id for person in kit.people]
    done = personalize.describe_batch_inference_job(
        batchInferenceJobArn=personalize.list_batch_inference_jobs()["batchInferenceJobs"][0]["batchInferenceJobArn"]
    )["batchInferenceJob"]
    for user in people:
        s3.put_object(
            Bucket=bucket,
            Key=f"personalize/output/parts-input/{user}.jsonl",
            Body=json.dumps({"userId": user}).encode(),
        )
    job, uri = f"{kit.outputs['name_prefix']}-parts", f"s3://{bucket}/personalize/output/parts/"
    personalize.create_batch_inference_job(
        jobName=job, solutionVersionArn=done["solutionVersionArn"], roleArn=done["roleArn"],
        jobInput={"s3DataSource": {"path": f"s3://{bucket}/personalize/output/parts-input/"}},
        jobOutput={"s3DataDestination": {"path": f"{uri}{job}/"}},
    )  # fmt: skip
    results = results_of(kit.clients, kit.outputs)
    served = wait_until(lambda: results.served(uri), what="the loading", seconds=90)
    assert served.current == job
    assert set(results.items_of(uri, people)) == set(people), "from the first moment on"
    assert len(newest_generation(s3, uri).files) == len(people)
