"""The import worker's handler: events in, partial batch response out, one log line per message without addresses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engagement.errors import Unavailable
from engagement.usecases.create_import_job import create_import_job
from engagement.usecases.delete_application import delete_application
from engagement.usecases.read_import_jobs import find_import_job
from handlers.audience_import import import_endpoints
from tests.fakes import FakeApp

APP = "a" * 32


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> FakeApp:
    app = FakeApp(DATA_BUCKET="data")
    app.documents.create("apps", APP, {"Id": APP})
    monkeypatch.setattr(import_endpoints, "app", lambda: app)
    return app


def event(*messages: Any) -> dict[str, Any]:
    bodies = [message if isinstance(message, str) else json.dumps(message) for message in messages]
    return {
        "Records": [
            {"messageId": f"m{n}", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
            for n, body in enumerate(bodies)
        ]
    }


def handle(*messages: Any) -> list[str]:
    answer = import_endpoints.handle(event(*messages), Context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def job_of(app: FakeApp, body: str) -> str:
    app.files.objects[None, "people.csv"] = body.encode()
    request = {
        "Format": "CSV",
        "S3Url": "s3://data/people.csv",
        "RoleArn": "arn:aws:iam::1:role/x",
        "DefineSegment": True,
    }
    return create_import_job(app, APP, request)["Id"]


def test_messages_become_endpoints(app: FakeApp, capsys: pytest.CaptureFixture[str]) -> None:
    job_id = job_of(app, "ChannelType,Address\nEMAIL,ana@x.example\nEMAIL,broken\n")
    assert handle(*app.imports_queue.take()) == []
    assert handle(*app.imports_queue.take()) == []
    job = find_import_job(app, APP, job_id)
    assert (job["JobStatus"], job["TotalProcessed"], job["TotalFailures"]) == ("COMPLETED", 1, 1)
    printed = capsys.readouterr().out
    lines = [json.loads(line) for line in printed.splitlines()]
    assert len(lines) == 2
    assert {line["job_id"] for line in lines} == {job_id}
    assert (lines[1]["processed"], lines[1]["failed"], lines[1]["status"]) == (1, 1, "COMPLETED")
    assert "ana@" not in printed


def test_the_audience_of_a_deleted_application_is_removed(app: FakeApp, capsys: pytest.CaptureFixture[str]) -> None:
    job_of(app, "ChannelType,Address\nEMAIL,ana@x.example\nEMAIL,bob@x.example\n")
    while messages := app.imports_queue.take():
        handle(*messages)
    delete_application(app, APP)
    capsys.readouterr()
    assert handle(*app.imports_queue.take()) == []
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sum(line["removed"] for line in lines) == 2 and {line["app_id"] for line in lines} == {APP}
    assert handle({"app_id": APP, "remove_shard": -1}, {"app_id": APP, "remove_shard": "1"}, {"app_id": APP}) == [
        "m0", "m1", "m2",
    ]  # fmt: skip


def test_only_what_failed_comes_back(app: FakeApp) -> None:
    job_id = job_of(app, "ChannelType,Address\nEMAIL,ana@x.example\n")
    handle(*app.imports_queue.take())
    (message,) = app.imports_queue.take()
    app.endpoints.before_apply.append(Unavailable("the table is throttled"))
    gone = {**message, "job_id": "0" * 32}
    assert handle("not json", message, gone, {**message, "piece": "one"}) == ["m0", "m1", "m3"]
    assert find_import_job(app, APP, job_id)["JobStatus"] == "PROCESSING"
    assert handle(message) == []
    assert find_import_job(app, APP, job_id)["TotalProcessed"] == 1
