"""An environment on a bucket and streams that are there already: it works, and leaves them as they were.

One story in order: deployed on a company's bucket, its Kinesis stream for the engine's events and its Firehose for SES's; a
mail is sent; destroyed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.client_environment import Clients
from scripts.sample_run import wait_until
from tests.deploy.account import Account
from tests.deploy.workbench import Ended, Workbench, refuses
from tests.e2e.conftest import run_campaign

pytestmark = pytest.mark.deploy

Json = dict[str, Any]
VALUES = "terraform/environments/dev.tfvars"
BUCKET, OF_THE_OWNER = "company-data", {"reports/2025.csv": b"theirs", "packages/lambda.zip": b"their zip"}
FIREHOSE = "arn:aws:firehose:us-east-1:000000000000:deliverystream/company-mails"
KINESIS = "arn:aws:kinesis:us-east-1:000000000000:stream/company-clicks"
ROLE = "arn:aws:iam::000000000000:role/company"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{
        "Sid": "Auditors", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
        "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/reports/*",
    }],
}  # fmt: skip
LIFECYCLE = {"Rules": [{"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}}]}


def existing(**given: str) -> str:
    """A line of a value file."""
    values = ", ".join(f'{name} = "{value}"' for name, value in given.items())
    return f"existing = {{ {values} }}\n"


@pytest.fixture(scope="module")
def owner(account: Account) -> Iterator[None]:
    """Bucket, streams and queue of a company that knows nothing of the kit."""
    s3, queue = account.client("s3"), account.client("sqs").create_queue(QueueName="company-reports")["QueueUrl"]
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(POLICY))
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration=LIFECYCLE)
    told = {
        "QueueArn": f"arn:aws:sqs:us-east-1:000000000000:{queue.rpartition('/')[2]}",
        "Events": ["s3:ObjectCreated:*"],
    }
    reports = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "reports/"}]}}
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [{"Id": "theirs", "Filter": reports, **told}]}
    )
    for key, body in OF_THE_OWNER.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    account.client("kinesis").create_stream(StreamName="company-clicks", ShardCount=1)
    account.client("firehose").create_delivery_stream(
        DeliveryStreamName="company-mails",
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{BUCKET}",
            "Prefix": "mails/",
        },
    )
    yield


def settings(account: Account) -> Json:
    """What is set on the bucket: everything that a kit could overwrite."""
    s3 = account.client("s3")
    read = (
        "get_bucket_policy", "get_bucket_lifecycle_configuration", "get_bucket_notification_configuration",
        "get_bucket_versioning", "get_bucket_encryption", "get_public_access_block", "get_bucket_tagging",
    )  # fmt: skip
    return {name: _answer(getattr(s3, name)) for name in read}


def _answer(call: Any) -> Any:
    try:
        return {name: value for name, value in call(Bucket=BUCKET).items() if name != "ResponseMetadata"}
    except ClientError as error:
        return error.response["Error"]["Code"]


def versions(account: Account) -> list[tuple[str, str]]:
    """Every version of every object."""
    answer = account.client("s3").list_object_versions(Bucket=BUCKET)
    assert not answer.get("DeleteMarkers"), "something was deleted"
    return sorted((item["Key"], item["VersionId"]) for item in answer["Versions"])


def records(account: Account, prefix: str) -> list[Json]:
    """The engine's events below a prefix of the bucket."""
    s3 = account.client("s3")
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    bodies = [s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read().decode() for item in found]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


@pytest.fixture(scope="module")
def before(owner: None, account: Account) -> Json:
    return {"settings": settings(account), "versions": versions(account)}


@pytest.fixture(scope="module")
def deployed(bench: Workbench, before: Json) -> Ended:
    """On the company's bucket and streams."""
    given = existing(bucket=BUCKET, kinesis_arn=KINESIS, ses_firehose_arn=FIREHOSE)
    bench.edit(VALUES, 'environment  = "dev"', given + 'environment  = "dev"')
    return bench.kit("deploy", "--env", "dev", "--yes", "--json")


def send(bench: Workbench, facts: Json) -> str:
    """One mail by a campaign, to somebody who was imported; answers the campaign's id."""
    clients = Clients(
        api_url=facts["api_url"],
        data_folder=bench.folder / "build" / "data",
        endpoint_url=bench.environment["AWS_ENDPOINT_URL"],
    )
    pinpoint = clients.pinpoint()
    application = pinpoint.create_app(CreateApplicationRequest={"Name": "company"})["ApplicationResponse"]["Id"]
    channel = {
        "Enabled": True,
        "FromAddress": "updates@example.org",
        "Identity": "arn:aws:ses:us-east-1:000000000000:identity/updates@example.org",
    }
    pinpoint.update_email_channel(ApplicationId=application, EmailChannelRequest=channel)
    clients.client("s3").put_object(
        Bucket=BUCKET, Key="people.csv", Body=b"ChannelType,Address\nEMAIL,one@example.net\n"
    )
    job = pinpoint.create_import_job(
        ApplicationId=application,
        ImportJobRequest={"Format": "CSV", "S3Url": f"s3://{BUCKET}/people.csv", "RoleArn": facts["engine_role_arn"],
                          "DefineSegment": True, "RegisterEndpoints": True, "SegmentName": "people"},
    )["ImportJobResponse"]  # fmt: skip
    name = f"hello-{application[:8]}"
    pinpoint.create_email_template(
        TemplateName=name, EmailTemplateRequest={"Subject": "Hello", "HtmlPart": "<p>Hello</p>", "TextPart": "Hello"}
    )
    campaign, activity = run_campaign(
        pinpoint, application,
        SegmentId=job["Definition"]["SegmentId"], TemplateConfiguration={"EmailTemplate": {"Name": name}},
    )  # fmt: skip
    assert activity["SuccessfulEndpointCount"] == 1, activity
    return campaign


def role_of(account: Account) -> str:
    return account.client("lambda").get_function(FunctionName="kit-dev-serve-request")["Configuration"]["Role"]


def test_it_is_deployed_on_the_companys_bucket_and_streams(deployed: Ended, account: Account):
    assert deployed.code == 0, str(deployed)
    assert deployed.json["bucket"] == BUCKET and deployed.json["smoke_test"]["state"] == "passed"
    assert account.of("dev")["streams"] == ["kit-dev-events"] and "buckets" not in account.of("dev")


def test_the_engines_events_go_through_kinesis_into_the_lake_and_those_of_ses_to_the_firehose(
    deployed: Ended, account: Account, bench: Workbench
):
    campaign = send(bench, {**deployed.json, "engine_role_arn": role_of(account)})

    def arrived() -> bool:
        return campaign in [record["attributes"].get("campaign_id") for record in records(account, "events/")]

    assert wait_until(arrived, what="the event in the lake", seconds=60)
    kinesis = account.client("kinesis")
    (shard,) = kinesis.list_shards(StreamName="company-clicks")["Shards"]
    start = kinesis.get_shard_iterator(
        StreamName="company-clicks", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    found = kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]
    assert campaign in [json.loads(one["Data"])["attributes"]["campaign_id"] for one in found]
    assert [one["PartitionKey"] for one in found] == [json.loads(one["Data"])["client"]["client_id"] for one in found]
    assert {"Send", "Delivery"} <= {record["eventType"] for record in records(account, "mails/")}
    assert not records(account, "ses-events/")


def test_a_second_plan_finds_nothing_to_do(deployed: Ended, bench: Workbench):
    again = bench.kit("plan", "--env", "dev")
    assert again.code == 0, str(again)


def test_the_owner_is_asked_for_what_is_missing_and_the_doctor_sees_that_it_was_done(
    deployed: Ended, account: Account, bench: Workbench, before: Json
):
    assert settings(account) == before["settings"]
    asked = json.loads((bench.folder / "build/dev.bucket-owner.json").read_text("utf-8"))
    missing = checks(bench)
    assert {name for name, check in missing.items() if check["health"] == "warn" and name.startswith("data bucket")} == {
        "data bucket's policy", "data bucket's public access", "data bucket's notices of results",
        "data bucket's notices of opens and clicks",
    }  # fmt: skip
    s3 = account.client("s3")
    statements = POLICY["Statement"] + asked["policy_statements"]
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({**POLICY, "Statement": statements}))
    notices = (
        s3.get_bucket_notification_configuration(Bucket=BUCKET)["QueueConfigurations"] + asked["queue_configurations"]
    )
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": notices})
    rules = LIFECYCLE["Rules"] + asked["lifecycle_rules"]
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": rules})
    done = checks(bench)
    assert done["data bucket's policy"]["health"] == done["data bucket's notices of results"]["health"] == "ok", done
    assert done["ses_firehose_arn"]["health"] == done["kinesis_arn"]["health"] == "ok", done
    before["settings"] = settings(account)


def checks(bench: Workbench) -> dict[str, Json]:
    return {check["name"]: check for check in bench.kit("doctor", "--env", "dev", "--json").json}


def test_a_second_environment_with_the_same_address_is_refused_before_anything_is_made(
    deployed: Ended, account: Account, bench: Workbench
):
    prod = "terraform/environments/prod.tfvars"
    with bench.edited(prod, 'identity     = "example.org"', ""):
        refuses(
            bench.kit("plan", "--env", "prod"),
            "made by the environment dev",
            "create_identity = false in prod.tfvars",
            code=1,
        )
        doctor = bench.kit("doctor", "--env", "prod", "--json")
        assert doctor.code == 1 and "create_identity = false" in doctor.out
    with bench.edited(prod, 'identity     = "example.org"', "create_identity = false"):
        assert "SES identity" not in bench.kit("doctor", "--env", "prod", "--json").out
    assert account.identities() == ["updates@example.org"]


def test_destroyed_it_leaves_the_bucket_and_the_streams_as_they_were(
    deployed: Ended, account: Account, bench: Workbench, before: Json
):
    kept = [version for version in versions(account) if not version[0].startswith("packages/kit-dev/")]
    gone = bench.kit("destroy", "--env", "dev", "--confirm", "dev", "--lose-data")
    assert gone.code == 0, str(gone)
    assert f"bucket {BUCKET}" not in gone.err, "what stays is no loss"
    assert account.of("dev") == {}
    assert settings(account) == before["settings"]
    left = versions(account)
    assert set(kept) <= set(left) and set(before["versions"]) <= set(left)
    assert not [key for key, _ in left if key.startswith("packages/kit-dev/")], "its own zip goes with it"
    assert account.everything()["streams"] == ["company-mails"]
    assert account.client("kinesis").describe_stream_summary(StreamName="company-clicks")
