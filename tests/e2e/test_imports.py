"""Bad files, on the really applied Terraform: good rows are in, bad ones are named, totals add up, the file stays."""

import gzip

import pytest

from scripts.sample_run import wait_until

pytestmark = pytest.mark.e2e
HEAD = "ChannelType,Address,Id,Attributes.team,User.UserId\n"


def row(number, address=None, team="red"):
    return f"EMAIL,{address or f'p{number}@example.net'},e{number},{team},u{number}\n"


def test_bad_rows_are_named_and_good_rows_are_in(kit, import_csv, pinpoint, project):
    text = HEAD + row(1) + "EMAIL,,e2,red,u2\n" + row(3, team="x" * 101) + "PIGEON,p4@example.net,e4,red,u4\n" + row(5)
    job = import_csv(text)
    assert (job["JobStatus"], job["TotalProcessed"], job["TotalFailures"]) == ("COMPLETED", 2, 3)
    failures = " | ".join(job["Failures"])
    for line, column in ((3, "Address"), (4, "Attributes.team"), (5, "ChannelType")):
        assert f"line {line}" in failures and column in failures
    assert "@example.net" not in failures, "addresses stay out of messages"
    assert (
        pinpoint.get_endpoint(ApplicationId=project, EndpointId="e5")["EndpointResponse"]["Address"] == "p5@example.net"
    )
    segment = pinpoint.get_segment(ApplicationId=project, SegmentId=job["Definition"]["SegmentId"])["SegmentResponse"]
    assert segment["ImportDefinition"]["Size"] == 2
    key = job["Definition"]["S3Url"].split("/", 3)[3]
    assert kit.clients.client("s3").get_object(Bucket=kit.outputs["bucket"], Key=key)["Body"].read().decode() == text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("ChannelType,Adress,Id\nEMAIL,a@example.net,1\n", "Adress"),
        ("Address,Id\na@example.net,1\n", "ChannelType"),
        (HEAD.encode() + "EMAIL,a@example.net,1,r\u00e9d,u\n".encode("latin-1"), "UTF-8"),
        ("", "empty"),
    ],
)
def test_what_cannot_be_read_says_why(import_csv, body, words):
    job = import_csv(body)
    assert job.get("TotalProcessed", 0) == 0
    assert words in " ".join(job["Failures"])


def test_a_gzip_is_read_and_the_same_file_twice_changes_nothing(import_csv, pinpoint, project):
    body = gzip.compress((HEAD + row(1) + row(2)).encode())
    for _ in range(2):
        assert import_csv(body)["TotalProcessed"] == 2
    endpoints = pinpoint.get_user_endpoints(ApplicationId=project, UserId="u1")["EndpointsResponse"]["Item"]
    assert len(endpoints) == 1


def test_an_opt_out_survives_a_later_import(import_csv, pinpoint, project):
    import_csv(HEAD + row(1))
    pinpoint.update_endpoint(ApplicationId=project, EndpointId="e1", EndpointRequest={"OptOut": "ALL"})
    import_csv(HEAD + row(1, team="blue"))
    endpoint = pinpoint.get_endpoint(ApplicationId=project, EndpointId="e1")["EndpointResponse"]
    assert (endpoint["OptOut"], endpoint["Attributes"]) == ("ALL", {"team": ["blue"]})


def test_nobody_is_left_of_a_deleted_application(kit, import_csv, pinpoint, project):
    assert import_csv(HEAD + row(1) + row(2) + row(3))["TotalProcessed"] == 3
    dynamodb, table = kit.clients.client("dynamodb"), f"{kit.outputs['name_prefix']}-endpoints"

    def stored():
        pages = dynamodb.get_paginator("scan").paginate(TableName=table, ProjectionExpression="pk")
        return [item for page in pages for item in page["Items"] if item["pk"]["S"].startswith(project)]

    assert len(stored()) == 3 * 3 + 1, "endpoints, their addresses, their users, and the names of attributes"
    pinpoint.delete_app(ApplicationId=project)
    wait_until(lambda: not stored(), what="the removal of the audience", seconds=180)
