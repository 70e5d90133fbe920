"""What is left of an application's people after its deletion, whatever else happens meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from engagement.domain.endpoint import EndpointUpdate
from engagement.errors import Unavailable
from engagement.settings import Settings
from engagement.usecases.create_import_job import create_import_job
from engagement.usecases.delete_application import delete_application
from engagement.usecases.import_piece import import_piece
from engagement.usecases.prepare_import import prepare_import
from engagement.usecases.remove_audience import REMOVE_SHARD, STOP_BEFORE_DEADLINE_SECONDS, remove_audience
from tests.fakes import FakeApp

APP = "a" * 32


@pytest.fixture
def app() -> FakeApp:
    app = FakeApp(DATA_BUCKET="data")
    app.documents.create("apps", APP, {"Id": APP})
    updates = [EndpointUpdate(f"e{n}", address=f"p{n}@x.example", channel_type="EMAIL") for n in range(1200)]
    app.endpoints.apply(APP, updates, app.clock.now())
    return app


def left(app: FakeApp) -> int:
    return sum(1 for shard in range(app.endpoints.shards) for _ in app.endpoints.scan(APP, shard))


def later(app: FakeApp) -> float:
    return app.clock.now().timestamp() + 300


def removals(app: FakeApp) -> list[dict[str, Any]]:
    return [message for message in app.imports_queue.take() if REMOVE_SHARD in message]


def remove_all(app: FakeApp) -> None:
    for message in removals(app):
        remove_audience(app, message, deadline=later(app))


def begun_import(app: FakeApp) -> dict[str, Any]:
    """The message of the one piece of an import of ten people."""
    rows = "".join(f"EMAIL,new{n}@x.example\n" for n in range(10))
    app.files.objects[None, "people.csv"] = f"ChannelType,Address\n{rows}".encode()
    role = "arn:aws:iam::000000000000:role/pinpoint"
    create_import_job(app, APP, {"Format": "CSV", "S3Url": "s3://data/people.csv", "RoleArn": role})
    (begin,) = app.imports_queue.take()
    prepare_import(app, begin)
    (piece,) = app.imports_queue.take()
    return piece


def test_everybody_goes_and_a_repeat_changes_nothing(app: FakeApp) -> None:
    delete_application(app, APP)
    assert left(app) == 1200 and app.imports_queue.delays[-1] > 29 + 15, "longer than a request lasts at API Gateway"
    messages = removals(app)
    assert sum(remove_audience(app, message, deadline=later(app)).removed for message in messages) == 1200
    assert left(app) == 0
    assert [remove_audience(app, message, deadline=later(app)).removed for message in messages] == [0] * 16


def test_without_a_queue_of_imports_an_application_is_deleted_all_the_same(app: FakeApp) -> None:
    values = dict(app.settings.values)
    del values["IMPORTS_QUEUE_URL"]
    app.settings = Settings(values)
    assert delete_application(app, APP) == {"Id": APP}
    assert app.documents.get("apps", APP) is None and app.imports_queue.messages == []


def test_an_application_whose_deletion_failed_keeps_its_people(app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: Any) -> None:
        raise Unavailable("the table does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(app.documents, "delete", denied)
        with pytest.raises(Unavailable):
            delete_application(app, APP)
    for message in removals(app):
        assert "exists" in (remove_audience(app, message, deadline=later(app)).why or "")
    assert left(app) == 1200
    delete_application(app, APP)
    remove_all(app)
    assert left(app) == 0


def test_what_time_does_not_allow_goes_on_in_a_message_of_its_own(app: FakeApp) -> None:
    more = [EndpointUpdate(f"more{n}") for n in range(20_000)]
    app.endpoints.apply(APP, more, app.clock.now())
    delete_application(app, APP)
    message, *_ = removals(app)
    soon = app.clock.now().timestamp() + STOP_BEFORE_DEADLINE_SECONDS - 1
    first = remove_audience(app, message, deadline=soon)
    assert (first.removed, first.why) == (500, "continued by a message of its own")
    assert app.imports_queue.take() == [message]
    assert remove_audience(app, message, deadline=later(app)).removed > 500


def test_an_import_that_runs_adds_nobody_any_more(app: FakeApp) -> None:
    piece = begun_import(app)
    delete_application(app, APP)
    report = import_piece(app, piece, deadline=later(app))
    assert (report.processed, report.why) == (0, "the application was deleted")
    assert len(removals(app)) == 16, "those of the deletion alone"


def test_what_a_worker_wrote_before_it_died_is_removed_too(app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    piece = begun_import(app)
    apply = app.endpoints.apply

    def dies_behind_the_removal(*of: Any, **more: Any) -> Any:
        delete_application(app, APP)
        remove_all(app)
        apply(*of, **more)
        raise MemoryError

    with monkeypatch.context() as dying:
        dying.setattr(app.endpoints, "apply", dies_behind_the_removal)
        with pytest.raises(MemoryError):
            import_piece(app, piece, deadline=later(app))
    assert left(app) == 10
    assert import_piece(app, piece, deadline=later(app)).why == "the application was deleted"
    remove_all(app)
    assert left(app) == 0


def test_what_an_import_writes_behind_the_removal_is_removed_too(app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    piece = begun_import(app)
    apply = app.endpoints.apply

    def after_the_removal(*of: Any, **more: Any) -> Any:
        delete_application(app, APP)
        remove_all(app)
        return apply(*of, **more)

    with monkeypatch.context() as slow:
        slow.setattr(app.endpoints, "apply", after_the_removal)
        report = import_piece(app, piece, deadline=later(app))
    assert (report.processed, report.why, left(app)) == (10, "the application was deleted", 10)
    remove_all(app)
    assert left(app) == 0
