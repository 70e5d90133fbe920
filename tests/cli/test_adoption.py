"""What may be taken over that exists but is not in the state: which types, by which id, and whose."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.adoptable_types import SECOND_CREATION, TAGGED_LATER, Doubled, Refused, Repeatable
from scripts.adoption import existing, import_blocks, lost_creations, refused_imports
from scripts.plan_review.plan_json import Plan, read_plan
from scripts.terraform_cli import Diagnostic
from tests.plan_review.plans import plan, resource

TERRAFORM = Path(__file__).parents[2] / "terraform"
PREFIX = {"output_changes": {"name_prefix": {"actions": ["no-op"], "before": "kit-dev", "after": "kit-dev"}}}
ACCOUNT = "111122223333"
TAGS = {"project": "kit", "environment": "dev", "managed_by": "terraform"}


class Aws:
    """Clients that answer each operation with what is there; pages hold one answer each."""

    def __init__(self, **answers: list[Any]) -> None:
        self._answers = answers

    def __call__(self, service: str) -> Aws:
        return self

    def can_look(self, operation: str) -> list[Any]:
        if operation not in self._answers:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, operation)
        return self._answers[operation]

    def __getattr__(self, operation: str) -> Any:
        return lambda **_: self.can_look(operation)[0]

    def get_paginator(self, operation: str) -> Any:
        pages = self.can_look(operation)
        return type("Pages", (), {"paginate": lambda self, **_: pages})()


def creates(kind: str, **values: Any) -> Plan:
    return read_plan(plan(resource(f"{kind}.this", ["create"], None, values), **PREFIX))


def imported(kind: str, actions: list[str], before: Any, after: Any) -> Plan:
    return read_plan(plan(resource(f"{kind}.this", actions, before, after, importing={"id": "an id"}), **PREFIX))


def test_every_type_of_the_configuration_is_decided():
    """Who adds a type says here what its second creation does: scripts/adoptable_types.py."""
    texts = [path.read_text("utf-8") for path in TERRAFORM.rglob("*.tf") if "examples" not in path.parts]
    assert set(SECOND_CREATION) == {kind for text in texts for kind in re.findall(r'(?m)^resource "(\w+)"', text)}


THERE: list[Any] = [{}]  # AWS answers at all
ID_CASES: dict[str, tuple[dict[str, Any], Aws, str]] = {
    "aws_apigatewayv2_route": (
        {"api_id": "a1", "route_key": "GET /v1/apps"},
        Aws(get_routes=[{"Items": [{"RouteKey": "GET /", "RouteId": "r1"}]},
                        {"Items": [{"RouteKey": "GET /v1/apps", "RouteId": "r2"}]}]),
        "a1/r2",
    ),
    "aws_apigatewayv2_stage": (
        {"api_id": "a1", "name": "$default"}, Aws(get_stages=[{"Items": [{"StageName": "$default"}]}]), "a1/$default"
    ),
    "aws_budgets_budget": (
        {"name": "kit-dev-monthly"},
        Aws(get_caller_identity=[{"Account": ACCOUNT}], describe_budget=THERE),
        f"{ACCOUNT}:kit-dev-monthly",
    ),
    "aws_cloudwatch_log_group": (
        {"name": "/aws/lambda/kit-dev-send"},
        Aws(describe_log_groups=[{"logGroups": [{"logGroupName": "/aws/lambda/kit-dev-send"},
                                                {"logGroupName": "/aws/lambda/kit-dev-sender"}]}]),
        "/aws/lambda/kit-dev-send",
    ),
    "aws_cloudwatch_log_stream": (
        {"log_group_name": "/aws/kinesisfirehose/kit-dev", "name": "events"},
        Aws(describe_log_streams=[{"logStreams": [{"logStreamName": "events-2"}, {"logStreamName": "events"}]}]),
        "/aws/kinesisfirehose/kit-dev:events",
    ),
    "aws_dynamodb_table": ({"name": "kit-dev-endpoints"}, Aws(describe_table=THERE), "kit-dev-endpoints"),
    "aws_iam_role": ({"name": "kit-dev-sender"}, Aws(get_role=THERE), "kit-dev-sender"),
    "aws_kinesis_firehose_delivery_stream": (
        {"name": "kit-dev-events"},
        Aws(describe_delivery_stream=[{"DeliveryStreamDescription": {"DeliveryStreamARN": "arn:stream"}}]),
        "arn:stream",
    ),
    "aws_kms_alias": (
        {"name": "alias/kit-dev-tokens"},
        Aws(list_aliases=[{"Aliases": [{"AliasName": "alias/aws/s3"}]}, {"Aliases": [{"AliasName": "alias/kit-dev-tokens"}]}]),
        "alias/kit-dev-tokens",
    ),
    "aws_lambda_event_source_mapping": (
        {"function_name": "arn:aws:lambda:us-east-1:1:function:kit-dev-sender", "event_source_arn": "arn:queue"},
        Aws(list_event_source_mappings=[{"EventSourceMappings": [{"UUID": "u-1"}]}]),
        "u-1",
    ),
    "aws_lambda_function": ({"function_name": "kit-dev-sender"}, Aws(get_function_configuration=THERE), "kit-dev-sender"),
    "aws_lambda_permission": (
        {"function_name": "kit-dev-sender", "statement_id": "EngagementApi"},
        Aws(get_policy=[{"Policy": json.dumps({"Statement": [{"Sid": "EngagementApi"}]})}]),
        "kit-dev-sender/EngagementApi",
    ),
    "aws_s3_bucket": ({"bucket": f"kit-dev-data-{ACCOUNT}"}, Aws(head_bucket=THERE), f"kit-dev-data-{ACCOUNT}"),
    "aws_scheduler_schedule": (
        {"name": "kit-dev-retrain"}, Aws(get_schedule=[{"Name": "kit-dev-retrain"}]), "default/kit-dev-retrain"
    ),
    "aws_sesv2_configuration_set": (
        {"configuration_set_name": "kit-dev-mail"}, Aws(get_configuration_set=THERE), "kit-dev-mail"
    ),
    "aws_sesv2_configuration_set_event_destination": (
        {"configuration_set_name": "kit-dev-mail", "event_destination_name": "archive"},
        Aws(get_configuration_set_event_destinations=[{"EventDestinations": [{"Name": "archive"}]}]),
        "kit-dev-mail|archive",
    ),
    "aws_sesv2_email_identity": ({"email_identity": "example.org"}, Aws(get_email_identity=THERE), "example.org"),
    "aws_sfn_state_machine": (
        {"name": "kit-dev-retrain"},
        Aws(list_state_machines=[{"stateMachines": [{"name": "kit-dev-retrain", "stateMachineArn": "arn:machine"}]}]),
        "arn:machine",
    ),
    "aws_sns_topic": (
        {"name": "kit-dev-retraining"},
        Aws(list_topics=[{"Topics": [{"TopicArn": "arn:aws:sns:us-east-1:1:other"},
                                     {"TopicArn": "arn:aws:sns:us-east-1:1:kit-dev-retraining"}]}]),
        "arn:aws:sns:us-east-1:1:kit-dev-retraining",
    ),
    "aws_sqs_queue": ({"name": "kit-dev-sends"}, Aws(get_queue_url=[{"QueueUrl": "https://queue"}]), "https://queue"),
}  # fmt: skip


def test_the_table_of_ids_is_complete():
    assert set(ID_CASES) == {kind for kind, rule in SECOND_CREATION.items() if isinstance(rule, Refused)}


@pytest.mark.parametrize("kind", ID_CASES)
def test_the_import_id(kind: str):
    values, aws, wanted = ID_CASES[kind]
    assert lost_creations(creates(kind, **values), aws) == {f"{kind}.this": [wanted]}


@pytest.mark.parametrize("kind", [kind for kind in ID_CASES if SECOND_CREATION[kind].named])  # type: ignore[union-attr]
def test_a_name_without_the_prefix_is_never_taken_over(kind: str):
    values, aws, _ = ID_CASES[kind]
    foreign = {name: value.replace("kit-dev", "kit-prod") for name, value in values.items()}
    assert lost_creations(creates(kind, **foreign), aws) == {}


@pytest.mark.parametrize("kind", ID_CASES)
def test_what_is_not_there_or_may_not_be_looked_at_is_not_imported(kind: str):
    assert lost_creations(creates(kind, **ID_CASES[kind][0]), Aws()) == {}


def test_parts_of_an_api_that_is_not_made_yet_are_not_looked_for():
    stages = Aws(get_stages=[{"Items": [{"StageName": "$default"}]}])
    assert lost_creations(creates("aws_apigatewayv2_stage", name="$default"), stages) == {}


@pytest.mark.parametrize("actions", [["update"], ["no-op"], ["delete", "create"]])
def test_only_what_the_plan_creates_is_imported(actions: list[str]):
    changed = resource("aws_iam_role.this", actions, {}, {"name": "kit-dev-sender"})
    assert lost_creations(read_plan(plan(changed, **PREFIX)), Aws(get_role=THERE)) == {}


@pytest.mark.parametrize(
    ("kind", "in_state"),
    [
        ("aws_dynamodb_table", {"id": "kit-dev-endpoints"}),
        ("aws_sqs_queue", {"id": "https://queue"}),
        ("aws_apigatewayv2_route", {"api_id": "a1", "id": "r2"}),
        ("aws_lambda_permission", {"function_name": "kit-dev-sender", "id": "EngagementApi"}),
    ],
)
def test_what_the_state_holds_at_another_address_is_not_imported(kind: str, in_state: dict[str, Any]):
    """It is deleted there; taken over here as well, it would be deleted all the same."""
    values, aws, _ = ID_CASES[kind]
    both = [resource(f"{kind}.new", ["create"], None, values), resource(f"{kind}.old", ["delete"], in_state, None)]
    assert lost_creations(read_plan(plan(*both, **PREFIX)), aws) == {}
    other = [
        both[0],
        resource(f"{kind}.old", ["delete"], {"id": in_state["id"] if len(in_state) > 1 else "another"}, None),
    ]
    assert set(lost_creations(read_plan(plan(*other, **PREFIX)), aws)) == {f"{kind}.new"}


API = {"Name": "kit-dev-engagement", "Tags": TAGS}
KEY = {"Description": "kit-dev: signs", "KeyState": "Enabled"}
KEYS: dict[str, list[Any]] = {
    "list_keys": [{"Keys": [{"KeyId": "k1"}]}],
    "describe_key": [{"KeyMetadata": KEY}],
    "list_resource_tags": [{"Tags": [{"TagKey": name, "TagValue": value} for name, value in TAGS.items()]}],
}
OF_API, OF_KEY = {"name": "kit-dev-engagement", "tags_all": TAGS}, {"description": "kit-dev: signs", "tags_all": TAGS}


@pytest.mark.parametrize(
    ("kind", "values", "aws", "found"),
    [
        ("aws_apigatewayv2_api", OF_API, Aws(get_apis=[{"Items": [{**API, "ApiId": "a1"}]}]), ["a1"]),
        ("aws_apigatewayv2_api", OF_API,
         Aws(get_apis=[{"Items": [{**API, "ApiId": "a2"}]}, {"Items": [{**API, "ApiId": "a1"}]}]), ["a1", "a2"]),
        ("aws_apigatewayv2_api", OF_API,
         Aws(get_apis=[{"Items": [{**API, "ApiId": "a1", "Tags": {**TAGS, "environment": "prod"}}]}]), None),
        ("aws_apigatewayv2_api", OF_API, Aws(get_apis=[{"Items": [{**API, "ApiId": "a1", "Tags": {}}]}]), None),
        ("aws_apigatewayv2_api", OF_API, Aws(get_apis=[{"Items": [{**API, "ApiId": "a1", "Name": "other"}]}]), None),
        ("aws_apigatewayv2_api", OF_API, Aws(), None),
        ("aws_kms_key", OF_KEY, Aws(**KEYS), ["k1"]),
        ("aws_kms_key", OF_KEY, Aws(**KEYS | {"describe_key": [{"KeyMetadata": {**KEY, "KeyState": "PendingDeletion"}}]}), None),
        ("aws_kms_key", OF_KEY, Aws(**KEYS | {"describe_key": [{"KeyMetadata": {**KEY, "Description": "other"}}]}), None),
        ("aws_kms_key", OF_KEY, Aws(**KEYS | {"list_resource_tags": [{"Tags": []}]}), None),
        ("aws_lambda_permission", ID_CASES["aws_lambda_permission"][0],
         Aws(get_policy=[{"Policy": json.dumps({"Statement": [{"Sid": "Other"}]})}]), None),
        ("aws_iam_role_policy", {"name": "statements", "role": "kit-dev-sender"}, Aws(get_role_policy=THERE), None),
    ],
    ids=["api", "two apis", "api of another environment", "untagged api", "another api", "may not look", "key",
         "key that goes", "another key", "untagged key", "another permission", "written over"],
)  # fmt: skip
def test_what_would_be_made_twice_is_looked_for(kind: str, values: dict[str, Any], aws: Aws, found: list[str] | None):
    assert lost_creations(creates(kind, **values), aws) == ({f"{kind}.this": found} if found else {})


WOULD_STAY: dict[str, tuple[dict[str, Any], Aws, str]] = {
    "aws_cloudwatch_dashboard": ({"dashboard_name": "kit-dev"}, Aws(get_dashboard=THERE), "kit-dev"),
    "aws_cloudwatch_metric_alarm": (
        {"alarm_name": "kit-dev-errors"},
        Aws(describe_alarms=[{"MetricAlarms": [{"AlarmName": "kit-dev-errors"}]}]),
        "kit-dev-errors",
    ),
}


def test_the_table_of_what_would_stay_is_complete():
    assert set(WOULD_STAY) == {
        kind for kind, rule in SECOND_CREATION.items() if isinstance(rule, Repeatable) and rule.find
    }


@pytest.mark.parametrize("kind", WOULD_STAY)
def test_what_is_put_in_place_of_itself_is_looked_for_before_a_destroy_only(kind: str):
    values, aws, wanted = WOULD_STAY[kind]
    assert lost_creations(creates(kind, **values), aws) == {}
    assert lost_creations(creates(kind, **values), aws, before_destroy=True) == {f"{kind}.this": [wanted]}
    foreign = {name: value.replace("kit-dev", "kit-prod") for name, value in values.items()}
    assert lost_creations(creates(kind, **foreign), aws, before_destroy=True) == {}


def test_imports_without_this_environments_tags_are_of_others():
    own, other = {"tags_all": TAGS}, {"tags_all": {**TAGS, "environment": "prod"}}
    assert {address for address, _ in refused_imports(imported("aws_iam_role", ["update"], own, own))} == set()
    assert {address for address, _ in refused_imports(imported("aws_iam_role", ["update"], other, own))} == {
        "aws_iam_role.this"
    }


def test_every_type_that_doubles_has_a_case_above():
    assert {kind for kind, rule in SECOND_CREATION.items() if isinstance(rule, Doubled)} == {
        "aws_apigatewayv2_api", "aws_kms_key",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "actions", "there", "phrase"),
    [
        ("aws_iam_role", ["no-op"], {"tags_all": TAGS}, None),
        ("aws_iam_role", ["update"], {"tags_all": {**TAGS, "team": "mail"}}, None),
        ("aws_iam_role", ["no-op"], {"tags_all": {**TAGS, "environment": "prod"}}, "somebody else's"),
        ("aws_cloudwatch_log_group", ["update"], {"tags_all": {}}, "somebody else's"),
        ("aws_cloudwatch_log_group", ["update"], {"tags_all": None}, "somebody else's"),
        ("aws_sesv2_email_identity", ["update"], {"tags_all": {}}, "somebody else's"),
        ("aws_s3_bucket", ["update"], {"tags_all": {}}, None),
        ("aws_s3_bucket", ["update"], {"tags_all": {"project": "other"}}, "somebody else's"),
        ("aws_dynamodb_table", ["delete", "create"], {"tags_all": TAGS}, "every item of the table"),
        ("aws_lambda_permission", ["delete", "create"], {}, None),
    ],
)
def test_what_is_not_taken_over(kind: str, actions: list[str], there: dict[str, Any], phrase: str | None):
    wanted = {"tags_all": TAGS} if "tags_all" in there else {}
    said = [sentence for _, sentence in refused_imports(imported(kind, actions, there, wanted))]
    assert (said == []) if phrase is None else (len(said) == 1 and phrase in said[0])


def test_only_refused_types_are_tagged_later():
    assert all(isinstance(SECOND_CREATION[kind], Refused) for kind in TAGGED_LATER)


@pytest.mark.parametrize(
    ("said", "is_there"),
    [
        ("ResourceAlreadyExistsException: The specified log group already exists", True),
        ("EntityAlreadyExists: Role with name kit-dev-sender already exists.", True),
        ("BucketAlreadyExists", True),
        ("BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded", True),
        ("ResourceInUseException: Table already exists: kit-dev-endpoints", True),
        ("ResourceConflictException: Function already exist: kit-dev-sender", True),
        ("AlreadyExistsException: Email identity updates@example.org already exist.", True),
        ("ConflictException: Route with key GET / already exists for this API", True),
        ("QueueAlreadyExists: A queue already exists with the same name and a different value for attribute X", True),
        ("DuplicateRecordException: the budget kit-dev-monthly is there", True),
        ("AccessDenied: not authorized to perform iam:CreateRole", False),
        ("ConflictException: a concurrent update is in progress", False),
        ("RequestCanceled: request context canceled", False),
    ],
)
def test_which_refusals_say_that_it_exists(said: str, is_there: bool):
    found = existing([Diagnostic("error", f"creating: {said}", address="aws_iam_role.this")])
    assert found == (["aws_iam_role.this"] if is_there else [])


def test_blocks_are_terraforms():
    text = import_blocks({'module.x["b"].aws_iam_role.this': 'a"${b}'})
    assert text == 'import {\n  to = module.x["b"].aws_iam_role.this\n  id = "a\\"$${b}"\n}\n'
