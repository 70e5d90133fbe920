"""The whole kit on the local AWS, with the real Terraform really applied: once for all end-to-end tests."""

import json

import pytest
import urllib3
from rich.console import Console

from personalize.sample_data import SampleSize
from scripts.local_aws.process import LocalAws
from scripts.local_kit import bring_up
from scripts.sample_run import wait_until
from scripts.steps import StepLog


@pytest.fixture(scope="session")
def kit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kit")
    with LocalAws.start(folder) as aws:
        yield bring_up(aws, StepLog(Console(stderr=True)), folder, email="tests@example.org", size=SampleSize())


@pytest.fixture(scope="session")
def first_mails(kit):
    """What was in the mailbox when the kit came up."""
    return urllib3.request("GET", kit.mailbox_url).json()


@pytest.fixture
def mails(kit, first_mails):
    """Reads the mailbox: ``mails()`` all mails, ``mails(to)`` those to one address; starts empty for each test."""
    urllib3.request("DELETE", kit.mailbox_url)

    def read(to=None):
        found = urllib3.request("GET", kit.mailbox_url).json()
        return [mail for mail in found if to is None or to in mail["to"]]

    return read


@pytest.fixture
def pinpoint(kit):
    return kit.clients.pinpoint()


@pytest.fixture
def project(kit, pinpoint, request):
    """A project of this test's own, with its email channel."""
    name = request.node.name[:60]
    application = pinpoint.create_app(CreateApplicationRequest={"Name": name})["ApplicationResponse"]["Id"]
    pinpoint.update_email_channel(
        ApplicationId=application,
        EmailChannelRequest={
            "Enabled": True,
            "FromAddress": kit.outputs["from_address"],
            "Identity": kit.outputs["identity_arn"],
            "RoleArn": kit.outputs["engine_role_arn"],
        },
    )
    return application


@pytest.fixture
def import_csv(kit, pinpoint, project):
    """``import_csv(text or bytes)`` imports a file and answers the finished job."""

    def run(body, **more):
        body = body.encode() if isinstance(body, str) else body
        key = f"imports/tests/{project}-{abs(hash(body))}.csv"
        kit.clients.client("s3").put_object(Bucket=kit.outputs["bucket"], Key=key, Body=body)
        request = {
            "Format": "CSV", "S3Url": f"s3://{kit.outputs['bucket']}/{key}", "RoleArn": kit.outputs["engine_role_arn"],
            "DefineSegment": True, "RegisterEndpoints": True, "SegmentName": "people", **more,
        }  # fmt: skip
        job = pinpoint.create_import_job(ApplicationId=project, ImportJobRequest=request)["ImportJobResponse"]

        def ended():
            now = pinpoint.get_import_job(ApplicationId=project, JobId=job["Id"])["ImportJobResponse"]
            return now if now["JobStatus"] in ("COMPLETED", "FAILED") else None

        return wait_until(ended, what="the import", seconds=60)

    return run


@pytest.fixture
def events(kit):
    """``events(**attributes)``: records on the event stream whose attributes hold these values."""

    def read(**attributes):
        s3 = kit.clients.client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=kit.outputs["bucket"], Prefix="events/")
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        bodies = [s3.get_object(Bucket=kit.outputs["bucket"], Key=key)["Body"].read().decode() for key in keys]
        records = [json.loads(line) for body in bodies for line in body.splitlines() if line.strip()]
        return [
            record
            for record in records
            if all(record["attributes"].get(name) == value for name, value in attributes.items())
        ]

    return read


def run_campaign(pinpoint, application, *, wait=True, **request):
    """Create a campaign that starts at once; answers its id and its finished activity."""
    request = {"Name": "campaign", "Schedule": {"StartTime": "IMMEDIATE"}, **request}
    campaign = pinpoint.create_campaign(ApplicationId=application, WriteCampaignRequest=request)["CampaignResponse"]

    def ended():
        answer = pinpoint.get_campaign_activities(ApplicationId=application, CampaignId=campaign["Id"])
        items = answer["ActivitiesResponse"]["Item"]
        return next((item for item in items if item["State"] in ("COMPLETED", "CANCELLED")), None)

    return campaign["Id"], wait_until(ended, what="the campaign", seconds=90) if wait else None
