"""API Gateway's event in, its answer out, one line in the log."""

from __future__ import annotations

import base64
import json
import time

import pytest

from engagement.api import dispatch
from engagement.api.request_shapes import MAX_BODY_BYTES
from engagement.errors import TooManyRequests
from handlers.engagement_api import serve_request
from tests.api.engine_server import http_event
from tests.fakes import FakeApp


@pytest.fixture
def app(monkeypatch):
    app = FakeApp()
    monkeypatch.setattr(serve_request, "app", lambda: app)
    return app


def ask(method, path, **event):
    answer = serve_request.handle(http_event(method, path, **event), None)
    return answer["statusCode"], answer["headers"], json.loads(answer["body"]) if answer["body"] else None


def make_app(body=b'{"Name":"spring"}', **event):
    return ask("POST", "/v1/apps", body=body, **event)


def test_a_request_is_served_with_its_id(app):
    status, headers, body = make_app(request_id="abc=")
    assert (status, body["Name"]) == (201, "spring")
    assert headers == {"Content-Type": "application/json", "x-amzn-RequestId": "abc="}


def test_one_log_line_with_ids_and_no_content(app, capsys):
    make_app(b'{"Name":"a secret name"}', request_id="r1")
    ask("GET", "/v1/apps/ann@example.org")
    ask("POST", "/v1/apps", body=b'{"Name":["a secret name"]}')
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one.get("operation"), one["status"], one.get("error")) for one in lines] == [
        ("CreateApp", 201, None),
        ("GetApp", 404, "NotFoundException"),
        ("CreateApp", 400, "BadRequestException"),
    ]
    assert lines[0]["request_id"] == "r1"
    assert all(0 <= one["ms"] < 10_000 for one in lines)
    assert "secret" not in json.dumps(lines)
    assert "ann@" not in json.dumps(lines)


def test_an_unexpected_failure_is_a_500_whose_id_is_in_the_log(app, monkeypatch, capsys):
    def broken(app, request):
        raise KeyError("ann@example.org")

    monkeypatch.setattr(dispatch, "served_operations", lambda: {"CreateApp": broken})
    status, headers, body = make_app(request_id="r-500")
    assert (status, headers["x-amzn-ErrorType"], body["RequestID"]) == (500, "InternalServerErrorException", "r-500")
    assert "KeyError" not in body["Message"]
    line = json.loads(capsys.readouterr().out)
    assert line["request_id"] == "r-500"
    assert "KeyError" in line["fault"]
    assert "broken" in line["fault"]
    assert "ann@" not in line["fault"]


def test_throttling_says_when_to_come_back(app):
    app.documents.failures.append(TooManyRequests("DynamoDB: slow down"))
    status, headers, _ = make_app()
    assert (status, headers["x-amzn-ErrorType"], headers["Retry-After"]) == (429, "TooManyRequestsException", "1")


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("/v1/apps", "$default"),
        ("/v1/apps", "live"),
        ("/live/v1/apps", "live"),
        ("/v1/apps", "v1"),
        ("/v1/v1/apps", "v1"),
    ],
)
def test_a_stage_in_the_path_is_taken_off(app, path, stage):
    assert ask("POST", path, body=b'{"Name":"a"}', stage=stage)[0] == 201


def test_another_stages_name_is_not_taken_off(app):
    assert ask("POST", "/live/v1/apps", body=b'{"Name":"a"}', stage="$default")[0] == 404


def test_a_base64_body_is_decoded(app):
    event = http_event("POST", "/v1/apps")
    event |= {"body": base64.b64encode('{"Name":"grün"}'.encode()).decode(), "isBase64Encoded": True}
    assert json.loads(serve_request.handle(event, None)["body"])["Name"] == "grün"


def test_invalid_utf8_and_half_characters_are_refused(app):
    assert make_app(b'{"Name":"\xff"}')[0] == 400
    event = http_event("POST", "/v1/apps")
    assert serve_request.handle({**event, "body": '{"Name":"\ud800"}'}, None)["statusCode"] == 400


def test_a_body_over_the_limit_is_413(app):
    status, headers, _ = make_app(b'{"Name":"' + b"x" * MAX_BODY_BYTES + b'"}')
    assert (status, headers["x-amzn-ErrorType"]) == (413, "PayloadTooLargeException")


def test_an_operation_that_is_not_served_says_so(app):
    status, headers, body = ask("POST", "/v1/phone/number/validate", body=b"{}")
    assert (status, headers["x-amzn-ErrorType"]) == (405, "MethodNotAllowedException")
    assert body["Message"] == (
        "PhoneNumberValidate is not provided by this engine: it is not served yet. "
        "See docs/operations.md#PhoneNumberValidate"
    )


def test_wrong_method_and_unknown_path(app):
    assert ask("PATCH", "/v1/apps")[:2][0] == 405
    assert ask("GET", "/nothing")[0] == 404
    assert ask("GET", "/nothing")[1]["x-amzn-ErrorType"] == "NotFoundException"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/apps/gone/campaigns"),
        ("GET", "/v1/apps/gone/endpoints/x"),
        ("PUT", "/v1/apps/gone/endpoints/x"),
        ("GET", "/v1/apps/gone/settings"),
        ("GET", "/v1/apps/gone/channels/adm"),
    ],
)
def test_everything_below_an_application_that_is_not_there_is_404(app, method, path):
    status, _, body = ask(method, path, body=b"{}" if method == "PUT" else b"")
    assert status == 404
    assert "application gone does not exist" in body["Message"]


def test_a_lambda_context_gives_the_id_when_the_gateway_has_none(app):
    class Context:
        aws_request_id = "from-lambda"

    event = http_event("GET", "/v1/apps")
    del event["requestContext"]["requestId"]
    assert serve_request.handle(event, Context())["headers"]["x-amzn-RequestId"] == "from-lambda"


def test_importing_the_wire_is_quick():
    import subprocess
    import sys

    code = "import handlers.engagement_api.serve_request as s; from engagement.api.service_model import service_model; service_model(); import sys; print('boto3' in sys.modules)"
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert done.stdout.strip() == "False", done.stderr
    assert time.perf_counter() - started < 10
