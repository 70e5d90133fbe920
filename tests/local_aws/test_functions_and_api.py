"""What the engine relies on: functions see this endpoint, and the engine API is called by an unmodified client."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import pytest

from scripts.local_aws.process import LocalAws
from tests.local_aws.aws_clients import Clients, clients_of, create_function

pytestmark = pytest.mark.local_aws

ECHO = """
import json, os, sys
import boto3
def handle(event, context):
    print(json.dumps({"path": event.get("rawPath")}))
    seen = {"rawPath": event.get("rawPath"), "routeKey": event.get("routeKey"), "sys_path": sys.path,
            "endpoint": os.environ["AWS_ENDPOINT_URL"], "queues": boto3.client("sqs").list_queues().get("QueueUrls")}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(seen)}
"""


@pytest.fixture(scope="module")
def api_url(aws: LocalAws) -> str:
    clients = clients_of(aws)
    function = create_function(clients, "echo", ECHO)
    gateway = clients("apigatewayv2")
    api = gateway.create_api(Name="engine", ProtocolType="HTTP")["ApiId"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    for route, authorization in (("$default", "AWS_IAM"), ("ANY /unsubscribe/{token}", "NONE")):
        target = f"integrations/{integration}"
        gateway.create_route(ApiId=api, RouteKey=route, AuthorizationType=authorization, Target=target)
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return f"{aws.endpoint_url}/_aws/execute-api/{api}/$default"


@pytest.fixture
def pinpoint_calls(api_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An unmodified ``pinpoint`` client that signs for the API, and the bodies it was answered."""
    folder = tmp_path / "pinpoint" / "2016-12-01"
    folder.mkdir(parents=True)
    extras = {"version": 1.0, "merge": {"metadata": {"signingName": "execute-api"}}}
    (folder / "service-2.sdk-extras.json").write_text(json.dumps(extras))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    client = session.client("pinpoint", endpoint_url=api_url)
    bodies: list[dict] = []
    client.meta.events.register(
        "before-parse.pinpoint", lambda response_dict, **_: bodies.append(json.loads(response_dict["body"]))
    )
    return client, bodies


def test_an_unsigned_call_of_the_engine_is_refused_and_a_public_route_is_open(api_url: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{api_url}/v1/apps")
    seen = json.load(urllib.request.urlopen(f"{api_url}/unsubscribe/abc"))
    assert seen["routeKey"] == "ANY /unsubscribe/{token}"


@pytest.mark.parametrize(
    ("endpoint_id", "raw_path"),
    [
        ("plain", "/v1/apps/a1/endpoints/plain"),
        ("with/slash", "/v1/apps/a1/endpoints/with/slash"),
        ("50% off", "/v1/apps/a1/endpoints/50%25 off"),
        ("a%2Fb", "/v1/apps/a1/endpoints/a%252Fb"),
        ("zoë@x+y", "/v1/apps/a1/endpoints/zoë@x+y"),
    ],
)
def test_the_path_reaches_the_function_decoded_but_for_the_percent_sign(
    pinpoint_calls, endpoint_id: str, raw_path: str
) -> None:
    client, bodies = pinpoint_calls
    client.get_endpoint(ApplicationId="a1", EndpointId=endpoint_id)
    assert bodies[-1]["rawPath"] == raw_path


def test_a_function_reaches_the_same_local_aws_and_not_the_repository(
    aws: LocalAws, clients: Clients, pinpoint_calls
) -> None:
    clients("sqs").create_queue(QueueName="seen-from-inside")
    client, bodies = pinpoint_calls
    client.get_apps()
    assert bodies[-1]["endpoint"] == aws.endpoint_url
    assert f"{aws.endpoint_url}/000000000000/seen-from-inside" in bodies[-1]["queues"]
    repository = str(Path(__file__).resolve().parents[2])
    assert repository not in bodies[-1]["sys_path"]
