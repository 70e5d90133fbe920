"""Opens and clicks come back: mailbox, SES's events, Firehose, S3, the function, Personalize, and the next training."""

import csv
import io
import itertools
import json
import re
from urllib.parse import quote

import pytest
import urllib3

from personalize.config import DEFAULT_DECLARATION, load_declaration
from scripts.sample_campaign import audience_csv
from scripts.sample_run import import_audience, send_campaign, wait_until

pytestmark = pytest.mark.e2e
NUMBERS = itertools.count(1)


def recommended(kit, user_id):
    answer = kit.clients.client("personalize-runtime").get_recommendations(
        campaignArn=kit.recommender_arn, userId=user_id, numResults=1
    )
    return answer["itemList"][0]["itemId"]


@pytest.fixture(scope="module")
def dataset(kit):
    variables = {
        "bucket": kit.outputs["bucket"],
        "role_arn": kit.outputs["personalize_role_arn"],
        "prefix": kit.outputs["name_prefix"],
    }
    (group,) = load_declaration(DEFAULT_DECLARATION, variables).groups
    personalize = kit.clients.client("personalize")
    arn = next(
        one["datasetGroupArn"]
        for one in personalize.list_dataset_groups()["datasetGroups"]
        if one["name"] == group.name
    )
    return personalize.list_datasets(datasetGroupArn=arn)["datasets"][0]["datasetArn"]


@pytest.fixture(scope="module")
def rows(kit, dataset):
    """``rows(mode)``: what the dataset holds, PUT (events) or ALL, as (user, item, time)."""
    personalize, s3 = kit.clients.client("personalize"), kit.clients.client("s3")

    def read(mode):
        name = f"look-{next(NUMBERS)}"
        folder = f"personalize/output/looks/{name}/"
        arn = personalize.create_dataset_export_job(
            jobName=name, datasetArn=dataset, ingestionMode=mode, roleArn=kit.outputs["personalize_role_arn"],
            jobOutput={"s3DataDestination": {"path": f"s3://{kit.outputs['bucket']}/{folder}"}},
        )["datasetExportJobArn"]  # fmt: skip
        wait_until(
            lambda: personalize.describe_dataset_export_job(datasetExportJobArn=arn)["datasetExportJob"]["status"]
            == "ACTIVE",
            what="the export", seconds=30,
        )  # fmt: skip
        body = s3.get_object(Bucket=kit.outputs["bucket"], Key=f"{folder}{name}.csv")["Body"].read().decode()
        return [(one["USER_ID"], one["ITEM_ID"], int(one["TIMESTAMP"])) for one in csv.DictReader(io.StringIO(body))]

    return read


@pytest.fixture(scope="module")
def before(rows):
    return {"all": len(rows("ALL")), "put": rows("PUT")}


@pytest.fixture(scope="module")
def sent(kit, before):
    """User id -> their mail of a campaign, and the item that the recommender had for them."""
    items = {person.user_id: recommended(kit, person.user_id) for person in kit.people}
    urllib3.request("DELETE", kit.mailbox_url)
    segment = import_audience(
        kit.clients, application_id=kit.wired.application_id, bucket=kit.outputs["bucket"],
        role_arn=kit.outputs["engine_role_arn"], text=audience_csv(kit.people),
    )  # fmt: skip
    send_campaign(
        kit.clients, application_id=kit.wired.application_id, segment_id=segment,
        template=kit.wired.template_name, name="feedback",
    )  # fmt: skip
    mails = urllib3.request("GET", kit.mailbox_url).json()
    by_address = {mail["to"][0]: mail for mail in mails}
    found = {
        person.user_id: {"mail": by_address[person.address], "item": items[person.user_id]}
        for person in kit.people
        if person.address in by_address
    }
    assert len(found) >= 4, "one of the five may have unsubscribed in another test"
    return found


@pytest.fixture(scope="module")
def reacted(kit, sent):
    """Everybody opens their mail twice and clicks in it."""
    base = kit.mailbox_url.rsplit("/", 1)[0]
    for one in sent.values():
        link = re.search(r'href="(https?://[^"]+)"', one["mail"]["html"])[1]
        for page in (
            f"open/{one['mail']['id']}",
            f"open/{one['mail']['id']}",
            f"click/{one['mail']['id']}?link={quote(link, '')}",
        ):
            answer = urllib3.request("GET", f"{base}/{page}", redirect=False)
            assert answer.status in (200, 302), answer.data
    return sent


def test_a_mail_names_the_item_that_it_recommends(sent):
    for one in sent.values():
        assert one["mail"]["tags"]["recommended_item"] == one["item"]
        assert one["mail"]["tags"]["recommender_id"]


def test_opens_and_clicks_join_the_interactions_once_each(reacted, before, rows):
    wanted = sorted((user, one["item"]) for user, one in reacted.items() for _ in ("open", "click"))

    def new():
        found = sorted((user, item) for user, item, _ in rows("PUT")[len(before["put"]) :])
        return found if len(found) >= len(wanted) else None

    assert wait_until(new, what="the opens and clicks", seconds=60, pause=1) == wanted
    assert len(rows("ALL")) == before["all"] + len(wanted), "the next version is trained on more"


def test_bad_lines_are_written_down_and_the_good_ones_go_through(kit, reacted, rows):
    """Events as SES writes them, one of another item, between lines that are none."""
    events = urllib3.request("GET", kit.mailbox_url.rsplit("/", 1)[0] + "/events").json()
    opened = [one for one in events if one["eventType"] == "Open" and "recommended_item" in one["mail"]["tags"]][-1]
    opened["mail"]["messageId"] += "-other"
    opened["mail"]["tags"]["recommended_item"] = ["PUT_BY_A_TEST"]
    gone = {**opened, "mail": {**opened["mail"], "tags": {**opened["mail"]["tags"], "endpoint_ref": ["nobody"]}}}
    s3, bucket = kit.clients.client("s3"), kit.outputs["bucket"]
    lines = ["{jane@example.org", json.dumps(opened), json.dumps(gone), json.dumps({**opened, "open": {}})]
    s3.put_object(Bucket=bucket, Key="ses-events/by hand", Body="\n".join(lines).encode())
    wait_until(lambda: [1 for _, item, _ in rows("PUT") if item == "PUT_BY_A_TEST"], what="the good line", seconds=60)
    key = "feedback-failed/ses-events_by hand@1.jsonl"
    found = wait_until(
        lambda: s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents"), what="the bad lines", seconds=30
    )
    text = s3.get_object(Bucket=bucket, Key=found[0]["Key"])["Body"].read().decode()
    assert [json.loads(line)["line"] for line in text.splitlines()] == [1, 4] and "@example" not in text


def test_enough_of_them_are_reason_to_train(kit, reacted):
    states = kit.clients.client("stepfunctions")

    def run():
        arn = states.start_execution(stateMachineArn=kit.outputs["retraining"]["state_machine_arn"], input="{}")
        arn = arn["executionArn"]

        def ended():
            found = states.describe_execution(executionArn=arn)
            return found if found["status"] != "RUNNING" else None

        return json.loads(wait_until(ended, what="the retraining", seconds=180)["output"])

    first = run()
    assert first["outcome"] in ("TRAINED", "REFUSED"), first
    assert "opens and clicks for messaging/elements" in first["message"]
    assert run()["outcome"] == ("UNCHANGED" if first["outcome"] == "TRAINED" else "REFUSED")
