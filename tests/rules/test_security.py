"""What every resource must be: encrypted, closed, refused over plain HTTP, logged for a time, watched. By the real plan of
the whole configuration (provider mocked)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from scripts.mocked_plan import Resource
from tests.rules.secret_values import secrets_in

pytestmark = pytest.mark.terraform

Json = dict[str, Any]


def of_type(planned: Iterable[Resource], kind: str) -> list[Resource]:
    found = [resource for resource in planned if resource.type == kind]
    assert found, f"no {kind} in the plan"
    return found


def statements(document: str | Json) -> list[Json]:
    policy = json.loads(document) if isinstance(document, str) else document
    return policy["Statement"]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# ---------------------------------------------------------------- secrets


def test_nothing_in_the_plan_looks_like_a_secret(planned):
    found = [f"{resource.address} {one}" for resource in planned for one in secrets_in(resource.values)]
    assert found == []


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"name": "kit-prod-send-messages", "kms_key_id": "arn:aws:kms:us-east-1:111122223333:key/tokens"}, []),
        ({"source_code_hash": "hV4Q2J0Cw9Yb8n1m7XoKp3sT5uZ6aR+eLdFgHiJkMNo="}, []),
        ({"id": "2f1c9e7a4b8d4c6e9f0a1b2c3d4e5f60"}, []),
        ({"environment": {"variables": {"A": "hV4Q2J0Cw9Yb8n1m7XoKp3sT5uZ6aR+eLdFgHiJkMNo="}}}, ["environment.variables.A: a long random text"]),
        ({"variables": {"DB_PASSWORD": "hunter2"}}, ["variables.DB_PASSWORD: named like a secret"]),
        ({"policy": '{"x": "AKIAABCDEFGHIJKLMNOP"}'}, ["policy.x: AWS access key id"]),
        ({"private": "eyJzY2hlbWFfdmVyc2lvbiI6IjEifQ=="}, []),
        ({"private": "eyJwYXNzd29yZCI6Imh1bnRlcjIifQ=="}, ["private.password: named like a secret"]),
        ({"rules": [{"url": "https://user:pass@example.org"}]}, ["rules[0].url: password in a URL"]),
        ({"body": "-----BEGIN RSA PRIVATE KEY-----"}, ["body: private key"]),
    ],
)  # fmt: skip
def test_the_search_for_secrets_finds_them(document, found):
    assert list(secrets_in(document)) == found


# ---------------------------------------------------------------- transport and access


def refuses_plain_http(policy: str) -> bool:
    return any(
        statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        and statement["Action"] in ("s3:*", "sqs:*")
        for statement in statements(policy)
    )


def test_buckets_and_queues_refuse_plain_http(planned):
    buckets = of_type(planned, "aws_s3_bucket")
    policies = of_type(planned, "aws_s3_bucket_policy")
    assert len(policies) == len(buckets) and all(refuses_plain_http(one.values["policy"]) for one in policies)
    for policy in policies:
        deny = next(one for one in statements(policy.values["policy"]) if one["Effect"] == "Deny")
        assert len(deny["Resource"]) == 2, "the bucket itself and what is in it"
    assert all(refuses_plain_http(one.values["policy"]) for one in of_type(planned, "aws_sqs_queue"))


def test_mail_leaves_by_tls_only(planned):
    for one in of_type(planned, "aws_sesv2_configuration_set"):
        assert one.values["delivery_options"][0]["tls_policy"] == "REQUIRE"


def test_public_access_of_buckets_is_blocked(planned):
    blocks = of_type(planned, "aws_s3_bucket_public_access_block")
    assert len(blocks) == len(of_type(planned, "aws_s3_bucket"))
    switches = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    assert all(one.values[switch] is True for one in blocks for switch in switches)


def test_no_resource_policy_lets_everybody_in(planned):
    for resource in planned:
        for name in ("policy", "assume_role_policy"):
            for statement in statements(resource.values[name]) if resource.values.get(name) else []:
                principal = statement.get("Principal")
                if statement["Effect"] == "Allow" and principal is not None:
                    assert principal != "*" and "*" not in json.dumps(principal), resource.address
                    assert set(principal) == {"Service"}, resource.address


def test_services_act_for_this_account_only(planned):
    """A service that acts for others too (all but Lambda, whose functions are ours) is bound to the account."""
    for role in of_type(planned, "aws_iam_role"):
        (statement,) = statements(role.values["assume_role_policy"])
        if statement["Principal"]["Service"] != "lambda.amazonaws.com":
            assert "111122223333" in json.dumps(statement["Condition"]), role.address
    for policy in [*of_type(planned, "aws_s3_bucket_policy"), *of_type(planned, "aws_sqs_queue")]:
        for statement in statements(policy.values["policy"]):
            if statement["Effect"] == "Allow":
                assert "111122223333" in json.dumps(statement["Condition"]), (policy.address, statement["Sid"])
    for permission in of_type(planned, "aws_lambda_permission"):
        assert permission.values["source_arn"].startswith("arn:aws:execute-api:us-east-1:111122223333:")


def test_only_the_unsubscribe_link_is_public(planned):
    public = {
        one.values["route_key"]
        for one in of_type(planned, "aws_apigatewayv2_route")
        if one.values["authorization_type"] != "AWS_IAM"
    }
    assert public == {"ANY /unsubscribe/{token}"}
    assert not [one.address for one in planned if one.type == "aws_lambda_function_url"]


# ---------------------------------------------------------------- encryption


def test_everything_is_encrypted_at_rest(planned):
    buckets = of_type(planned, "aws_s3_bucket_server_side_encryption_configuration")
    assert len(buckets) == len(of_type(planned, "aws_s3_bucket"))
    for one in buckets:
        assert one.values["rule"][0]["apply_server_side_encryption_by_default"][0]["sse_algorithm"] in (
            "AES256",
            "aws:kms",
        )
    for one in of_type(planned, "aws_sqs_queue"):
        assert one.values.get("sqs_managed_sse_enabled") is True or one.values["kms_master_key_id"]
    for one in of_type(planned, "aws_kinesis_firehose_delivery_stream"):
        assert one.values["server_side_encryption"][0]["enabled"] is True
    for one in of_type(planned, "aws_sns_topic"):
        assert one.values["kms_master_key_id"]
    # DynamoDB, Lambda's environment and CloudWatch Logs are always encrypted; nothing here can switch that off.


def test_kinds_of_resources_that_hold_data_are_those_whose_encryption_is_checked(planned):
    """A new kind of store must be added here and above."""
    holding = {
        "aws_s3_bucket", "aws_sqs_queue", "aws_kinesis_firehose_delivery_stream", "aws_dynamodb_table", "aws_cloudwatch_log_group",
        "aws_lambda_function", "aws_s3_object", "aws_sns_topic",
    }  # fmt: skip
    harmless = {
        "aws_apigatewayv2_api", "aws_budgets_budget", "aws_apigatewayv2_integration", "aws_apigatewayv2_route", "aws_apigatewayv2_stage",
        "aws_cloudwatch_dashboard", "aws_cloudwatch_log_stream", "aws_cloudwatch_metric_alarm", "aws_iam_role",
        "aws_iam_role_policy", "aws_kms_alias", "aws_kms_key", "aws_lambda_event_source_mapping", "aws_lambda_permission",
        "aws_s3_bucket_lifecycle_configuration", "aws_s3_bucket_notification", "aws_s3_bucket_policy", "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration", "aws_s3_bucket_versioning", "aws_sesv2_configuration_set",
        "aws_sesv2_configuration_set_event_destination", "aws_sesv2_email_identity", "aws_sqs_queue_redrive_policy",
        "aws_scheduler_schedule", "aws_sfn_state_machine", "aws_sns_topic_policy",
    }  # fmt: skip
    assert {one.type for one in planned} - holding - harmless == set()


def test_versions_of_objects_are_kept(planned):
    for one in of_type(planned, "aws_s3_bucket_versioning"):
        assert one.values["versioning_configuration"][0]["status"] == "Enabled"


# ---------------------------------------------------------------- logs and alarms


def test_logs_are_kept_for_a_time_and_not_for_ever(planned):
    groups = {one.values["name"]: one.values for one in of_type(planned, "aws_cloudwatch_log_group")}
    assert {name: group["retention_in_days"] for name, group in groups.items()} == dict.fromkeys(groups, 365)
    functions = {f"/aws/lambda/{one.values['function_name']}" for one in of_type(planned, "aws_lambda_function")}
    assert functions <= set(groups)


def test_the_access_log_holds_neither_paths_nor_callers(planned):
    for stage in of_type(planned, "aws_apigatewayv2_stage"):
        log = stage.values["access_log_settings"][0]["format"]
        assert not any(
            word in log for word in ("$context.path", "identity", "sourceIp", "userAgent", "domainName", "authorizer")
        )


def test_every_function_queue_and_stream_is_watched(planned):
    watched = defaultdict(set)
    for alarm in of_type(planned, "aws_cloudwatch_metric_alarm"):
        for thing in alarm.values["dimensions"].values():
            watched[thing].add(alarm.values["metric_name"])
    for function in of_type(planned, "aws_lambda_function"):
        assert watched[function.values["function_name"]] == {"Errors", "Throttles"}
    for queue in of_type(planned, "aws_sqs_queue"):
        name = queue.values["name"]
        expected = (
            "ApproximateNumberOfMessagesVisible" if name.endswith("-dead-letter") else "ApproximateAgeOfOldestMessage"
        )
        assert watched[name] == {expected}
    for stream in of_type(planned, "aws_kinesis_firehose_delivery_stream"):
        assert watched[stream.values["name"]] == {"DeliveryToS3.DataFreshness"}
    assert watched["api1"] == {"5xx"}
    assert watched["kit-prod-mail"] == {"Reputation.BounceRate", "Reputation.ComplaintRate"}


def test_the_dashboard_shows_every_alarm_and_every_function(planned):
    (dashboard,) = of_type(planned, "aws_cloudwatch_dashboard")
    widgets = json.loads(dashboard.values["dashboard_body"])["widgets"]
    shown = {arn.split(":alarm:")[1] for arn in widgets[0]["properties"]["alarms"]}
    assert shown == {one.values["alarm_name"] for one in of_type(planned, "aws_cloudwatch_metric_alarm")}
    text = json.dumps(widgets[1:])
    for kind, name in (
        ("aws_lambda_function", "function_name"),
        ("aws_sqs_queue", "name"),
        ("aws_dynamodb_table", "name"),
    ):
        assert all(f'"{one.values[name]}"' in text for one in of_type(planned, kind)), kind
    for first in widgets:
        for second in widgets:
            assert first is second or not overlap(first, second)


def overlap(first: Json, second: Json) -> bool:
    return (
        first["x"] < second["x"] + second["width"]
        and second["x"] < first["x"] + first["width"]
        and first["y"] < second["y"] + second["height"]
        and second["y"] < first["y"] + first["height"]
    )
