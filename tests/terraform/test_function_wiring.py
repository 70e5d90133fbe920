"""Each function is given what its code reads, and may do what its code calls: no more, no less."""

from __future__ import annotations

import pytest

from engagement.settings import ENVIRONMENT_NAMES
from tests.rules.code_paths import Needs, needs_of
from tests.terraform.conftest import REPO
from tests.terraform.plan_reading import planned_output
from tests.terraform.training_actions import training_actions

pytestmark = pytest.mark.terraform

HANDLERS = sorted(
    f"{path.parent.name}/{path.stem}"
    for path in (REPO / "lambda_src" / "handlers").glob("*/*.py")
    if "\ndef handle(" in path.read_text("utf-8")
)
# Written by the brick for every function, not by its code.
OF_THE_BRICK = {"WriteOwnLogs", "TakeFromQueue", "SendTraces"}
# Where events are recorded on a Kinesis stream that was given, these take the place of Firehose's, in each function that
# records (tests/rules/test_least_privilege.py compares the two). The environments here have the kit's own Firehose.
WITH_A_GIVEN_STREAM = {"settings": {"EVENT_DATA_STREAM"}, "actions": {("kinesis:PutRecords", None)}}


@pytest.fixture(scope="module")
def given(plan_of) -> dict[str, set[str]]:
    """Handler -> names of its environment variables."""
    functions = planned_output(plan_of("local"), "functions")
    return {handler: set(function["environment_names"]) for handler, function in functions.items()}


@pytest.fixture(scope="module")
def permissions(plan_of):
    return planned_output(plan_of("local"), "permissions")


def needs(handler: str) -> Needs:
    return needs_of(f"handlers.{handler.replace('/', '.')}")


def test_every_handler_is_a_function(given, permissions):
    assert sorted(given) == sorted(permissions) == HANDLERS and len(HANDLERS) >= 7


@pytest.mark.parametrize("handler", HANDLERS)
def test_every_setting_on_the_code_path_is_given(given, handler):
    read = {ENVIRONMENT_NAMES[name] for name in needs(handler).settings} - {"AWS_REGION"}  # Lambda's own
    read -= WITH_A_GIVEN_STREAM["settings"]
    assert read - given[handler] == set()


@pytest.mark.parametrize("handler", HANDLERS)
def test_every_variable_is_read_on_the_code_path(given, handler):
    of_the_brick = {"ACCOUNT_ID"}
    assert given[handler] - {ENVIRONMENT_NAMES[name] for name in needs(handler).settings} - of_the_brick == set()


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_function_may_do_what_its_code_calls_and_nothing_else(permissions, handler):
    allowed = {
        (action, place(action, resource))
        for name, statement in permissions[handler].items()
        if name not in OF_THE_BRICK
        for action in statement["actions"]
        for resource in statement["resources"] or [None]  # the ARN of a key is known after the apply
    }
    called = needs(handler).actions - WITH_A_GIVEN_STREAM["actions"]
    if handler == "recommendations/retrain_turn":  # the same driver as `kit train`
        called = called | {(action, None) for action in training_actions()}
    assert sorted(allowed, key=str) == sorted(called, key=str)


def place(action: str, resource: str | None) -> str | None:
    """The setting that names a table or queue: arn:...:table/kit-local-endpoints -> endpoints_table."""
    thing = (resource or "").rsplit("/", 1)[-1].rsplit(":", 1)[-1].removeprefix("kit-local-").replace("-", "_")
    return {"dynamodb": f"{thing}_table", "sqs": f"{thing}_queue_url"}.get(action.split(":")[0])


def test_the_reading_of_code_paths_sees_calls_behind_imports_aliases_and_ports():
    """Known facts of this engine, so that an empty reading can't pass for a small one."""
    sender = needs("campaign_sending/send_messages")
    assert {("ses:SendRawEmail", None), ("sqs:SendMessage", "sends_dead_letter_queue_url")} <= sender.actions
    assert {"public_url", "token_key_id", "data_bucket", "event_data_stream"} <= sender.settings
    assert {("firehose:PutRecordBatch", None), ("kinesis:PutRecords", None)} <= sender.actions
    api = needs("engagement_api/serve_request")
    assert {("sqs:SendMessage", "imports_queue_url"), ("dynamodb:Query", "engagement_table")} <= api.actions
    assert needs("recommendations/transform_recommendations") == Needs()
    assert not any(action.startswith("ses:") for action, _ in needs("campaign_sending/start_run").actions)
