"""What a plan asks of its reviewer: nothing (0), a look (2), a second look (3), and why."""

import pytest

from scripts.plan_review.plan_json import PlanFormatError, read_plan
from scripts.plan_review.review import review_plan
from tests.plan_review.plans import allow, plan, policy, resource

BLOCK = {"block_public_acls": True, "block_public_policy": True, "ignore_public_acls": True}
ROLE = {"role": "kit-dev-sender"}
MAPPING = "aws_lambda_event_source_mapping.sends"

CASES = {
    "nothing": ([resource("aws_sqs_queue.a", ["no-op"], {"name": "a"}, {"name": "a"})], 0, ""),
    "create a queue": ([resource("aws_sqs_queue.a", ["create"], None, {"name": "a"})], 2, ""),
    "read only": ([resource("data.aws_iam_policy_document.a", ["read"], None, {})], 2, ""),
    "delete a queue": ([resource("aws_sqs_queue.a", ["delete"], {"name": "a"}, None)], 3, "loses messages"),
    "replace a table": ([resource("aws_dynamodb_table.a", ["delete", "create"], {}, {})], 3, "every item"),
    "replace a table, create first": ([resource("aws_dynamodb_table.a", ["create", "delete"], {}, {})], 3, "every item"),
    "forget a bucket": ([resource("aws_s3_bucket.a", ["forget"], {"bucket": "a"}, None)], 2, "leaves Terraform's care"),
    "delete a role": ([resource("aws_iam_role.a", ["delete"], {"name": "a"}, None)], 2, ""),
    "move": ([resource("aws_sqs_queue.b", ["no-op"], {}, {}, previous_address="aws_sqs_queue.a")], 2, ""),
    "protection off": (
        [resource("aws_dynamodb_table.a", ["update"], {"deletion_protection_enabled": True},
                  {"deletion_protection_enabled": False})],
        3, "deletion protection gets weaker",
    ),
    "logs kept shorter": (
        [resource("aws_cloudwatch_log_group.a", ["update"], {"retention_in_days": 0}, {"retention_in_days": 30})],
        3, "log retention gets weaker",
    ),
    "logs kept longer": (
        [resource("aws_cloudwatch_log_group.a", ["update"], {"retention_in_days": 30}, {"retention_in_days": 0})], 2, "",
    ),
    "recovery off": (
        [resource("aws_dynamodb_table.a", ["update"], {"point_in_time_recovery": [{"enabled": True}]},
                  {"point_in_time_recovery": [{"enabled": False}]})],
        3, "point-in-time recovery gets weaker",
    ),
    "narrow policy of a new role": (
        [resource("aws_iam_role.r", ["create"], None, {"name": "r", "assume_role_policy": policy(
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}})}),
         resource("aws_iam_role_policy.p", ["create"], None, {"role": "r", "policy": policy(allow())})],
        2, "+ may sqs:SendMessage on arn:aws:sqs:eu-west-1:1:sends",
    ),
    "policy for a role that exists": (
        [resource("aws_iam_role_policy.p", ["create"], None, {**ROLE, "policy": policy(allow())})],
        3, "a role that exists may do more",
    ),
    "policy gets wider": (
        [resource("aws_iam_role_policy.p", ["update"], {**ROLE, "policy": policy(allow())},
                  {**ROLE, "policy": policy(allow(["sqs:SendMessage", "sqs:PurgeQueue"]))})],
        3, "wider than before",
    ),
    "policy gets narrower": (
        [resource("aws_iam_role_policy.p", ["update"], {**ROLE, "policy": policy(allow("sqs:*"))},
                  {**ROLE, "policy": policy(allow())})],
        2, "+ may sqs:SendMessage",
    ),
    "deny removed": (
        [resource("aws_s3_bucket_policy.p", ["update"], {"policy": policy({**allow("s3:*"), "Effect": "Deny"}, allow())},
                  {"policy": policy(allow())})],
        3, "no longer forbidden",
    ),
    "policy not known": (
        [resource("aws_iam_role_policy.p", ["update"], {**ROLE, "policy": policy(allow())}, ROLE,
                  after_unknown={"policy": True})],
        3, "not known before the apply",
    ),
    "trust of another account": (
        [resource("aws_iam_role.r", ["update"], {"name": "r", "assume_role_policy": policy()},
                  {"name": "r", "assume_role_policy": policy(
                      {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::9:root"}})})],
        3, "may be assumed by arn:aws:iam::9:root",
    ),
    "admin attached": (
        [resource("aws_iam_role_policy_attachment.a", ["create"], None,
                  {**ROLE, "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"})],
        3, "AdministratorAccess",
    ),
    "anybody may invoke": (
        [resource("aws_lambda_permission.p", ["create"], None, {"principal": "*", "action": "lambda:InvokeFunction"})],
        3, "anybody on the internet",
    ),
    "service without source": (
        [resource("aws_lambda_permission.p", ["create"], None, {"principal": "s3.amazonaws.com"})], 3, "any account",
    ),
    "service with source": (
        [resource("aws_lambda_permission.p", ["create"], None,
                  {"principal": "s3.amazonaws.com", "source_arn": "arn:aws:s3:::b"})],
        2, "+ s3.amazonaws.com may",
    ),
    "public bucket": (
        [resource("aws_s3_bucket_public_access_block.b", ["update"], BLOCK, {**BLOCK, "block_public_policy": False})],
        3, "block_public_policy off",
    ),
    "public access block deleted": ([resource("aws_s3_bucket_public_access_block.b", ["delete"], BLOCK)], 3, "goes away"),
    "route without authorisation": (
        [resource("aws_apigatewayv2_route.r", ["update"], {"authorization_type": "AWS_IAM"},
                  {"authorization_type": "NONE", "route_key": "GET /x"})],
        3, "without authorisation: GET /x",
    ),
    "open port": (
        [resource("aws_security_group.g", ["update"], {"ingress": []}, {"ingress": [{"cidr_blocks": ["0.0.0.0/0"]}]})],
        3, "lets in 0.0.0.0/0",
    ),
    "encryption removed": (
        [resource("aws_sqs_queue.a", ["update"], {"kms_master_key_id": "k"}, {"kms_master_key_id": None})],
        3, "kms_master_key_id: k -> off",
    ),
    "event source gone": ([resource(MAPPING, ["delete"], {"enabled": True})], 3, "no longer processed"),
    "event source off": ([resource(MAPPING, ["update"], {"enabled": True}, {"enabled": False})], 3, "switched off"),
    "alarm removed": ([resource("aws_cloudwatch_metric_alarm.a", ["delete"], {"alarm_name": "x"})], 2, "alarm removed"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_verdict_and_reason(name):
    resources, verdict, text = CASES[name]
    review = review_plan(read_plan(plan(*resources)), environment="dev")
    assert review.verdict == verdict
    assert text in " | ".join(finding.text for finding in review.findings)


def test_an_errored_plan_is_a_failed_one():
    review = review_plan(read_plan(plan(errored=True, complete=False)), environment="dev")
    assert review.verdict == 1 and review.label == "the plan failed"
    assert "ended with an error" in review.warnings[0]


def test_an_output_change_alone_is_a_change():
    outputs = {"api": {"actions": ["update"], "before": "a", "after": "b", "after_unknown": False}}
    assert review_plan(read_plan(plan(output_changes=outputs)), environment="dev").verdict == 2


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "not a plan"),
        ({}, "not a plan"),
        ({"format_version": "1.0", "values": {}}, "this is a state"),
        ({"format_version": "2.0"}, "not understood"),
        (plan(resource("aws_sqs_queue.a", ["explode"])), "explode"),
    ],
)
def test_what_is_no_plan_is_refused_with_the_way_on(document, message):
    with pytest.raises(PlanFormatError, match=message):
        read_plan(document)


def test_data_loss_is_read_first():
    review = review_plan(
        read_plan(
            plan(
                resource("aws_sqs_queue.new", ["create"], None, {"name": "n"}),
                resource("aws_iam_role.gone", ["delete"], {"name": "g"}),
                resource("aws_dynamodb_table.endpoints", ["delete", "create"], {}, {}, replace_paths=[["hash_key"]]),
            )
        ),
        environment="dev",
    )
    assert [item.address for item in review.items] == [
        "aws_dynamodb_table.endpoints",
        "aws_iam_role.gone",
        "aws_sqs_queue.new",
    ]
    assert review.counts == {"create": 1, "update": 0, "replace": 1, "delete": 1}


DENY = policy({"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Principal": "*"})
BUCKET = {"id": "b", "bucket": "b", "arn": "arn:aws:s3:::b"}


def areas(*resources):
    review = review_plan(read_plan(plan(*resources)), environment="dev")
    return [(item.area, item.address) for item in review.findings]


def test_who_might_use_what_goes_is_no_news():
    """A queue's own Deny is not lifted when the queue goes; a bucket's settings go with it."""
    assert areas(resource("aws_sqs_queue.q", ["delete"], {"id": "q", "policy": DENY}, None)) == [
        ("data", "aws_sqs_queue.q")
    ]
    settings = [
        resource("aws_s3_bucket_public_access_block.b", ["delete"], {"id": "b", "bucket": "b", **BLOCK}, None),
        resource("aws_s3_bucket_policy.b", ["delete"], {"id": "b", "bucket": "b", "policy": DENY}, None),
        resource("aws_s3_bucket_server_side_encryption_configuration.b", ["delete"], {"id": "b", "bucket": "b"}, None),
    ]
    whole = resource("aws_s3_bucket.b", ["delete"], BUCKET, None)
    assert areas(whole, *settings) == [("data", "aws_s3_bucket.b")]
    assert [area for area, _ in areas(*settings)] == ["access", "exposure", "encryption"]


def test_a_policy_that_leaves_a_role_that_stays_is_told():
    leaves = resource("aws_iam_role_policy.p", ["delete"], {"id": "r:p", "role": "r", "policy": policy(allow())}, None)
    goes = resource("aws_iam_role.r", ["delete"], {"id": "r", "name": "r"}, None)
    assert areas(leaves) == [("access", "aws_iam_role_policy.p")]
    assert areas(leaves, goes) == []


def test_new_tags_of_an_event_source_change_nothing_about_events():
    assert areas(resource(MAPPING, ["update"], {"tags": {"a": "1"}}, {"tags": {"a": "2"}})) == []
    assert areas(resource(MAPPING, ["update"], {"batch_size": 1}, {"batch_size": 2})) == [("events", MAPPING)]
