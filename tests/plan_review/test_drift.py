"""What counts as changed outside Terraform, and what only looks like it after an apply."""

import pytest

from scripts.plan_review.plan_json import read_plan
from scripts.plan_review.review import review_plan
from tests.plan_review.plans import allow, plan, policy, resource

ROLE = {"id": "r", "name": "r", "inline_policy": []}
OURS = resource("aws_iam_role_policy.p", ["no-op"], {"role": "r", "name": "p"}, {"role": "r", "name": "p"})
INLINE = {"name": "p", "policy": policy(allow())}


def drifted(*changes, resources=()):
    document = plan(*resources, resource_drift=list(changes))
    return review_plan(read_plan(document), environment="dev")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"tags": None}, {"tags": {}}),
        ({"layers": None}, {"layers": []}),
        ({"rule": [{"enabled": None, "kept": 1}]}, {"rule": [{"enabled": False, "kept": 1}]}),
        ({"ttl": ""}, {"ttl": None}),
        ({"last_modified": "yesterday"}, {"last_modified": "today"}),
    ],
)
def test_what_reads_back_as_empty_is_no_drift(before, after):
    assert drifted(resource("aws_lambda_function.f", ["update"], before, after)).drift == ()


@pytest.mark.parametrize(
    ("before", "after"), [({"memory": 128}, {"memory": 0}), ({"on": True}, {"on": False}), ({"a": "x"}, {"a": None})]
)
def test_what_was_taken_away_is_drift(before, after):
    review = drifted(resource("aws_lambda_function.f", ["update"], before, after))
    assert [item.address for item in review.drift] == ["aws_lambda_function.f"]
    assert "this plan leaves that as it is" in review.warnings[0]


def test_policies_of_this_configuration_are_no_drift_of_their_role():
    change = resource("aws_iam_role.r", ["update"], ROLE, {**ROLE, "inline_policy": [INLINE]})
    assert drifted(change, resources=[OURS]).drift == ()


def test_a_policy_that_somebody_added_to_a_role_needs_a_second_look():
    added = {**INLINE, "name": "by-hand"}
    change = resource("aws_iam_role.r", ["update"], ROLE, {**ROLE, "inline_policy": [INLINE, added]})
    review = drifted(change, resources=[OURS])
    assert review.verdict == 3
    assert "inline policy by-hand was added outside Terraform and stays: may sqs:SendMessage" in review.findings[0].text


def test_settings_of_a_bucket_are_told_by_the_resource_that_makes_them():
    versioning = {"id": "b", "bucket": "b", "versioning": [{"enabled": False}]}
    change = resource("aws_s3_bucket.b", ["update"], versioning, {**versioning, "versioning": [{"enabled": True}]})
    setter = resource("aws_s3_bucket_versioning.v", ["no-op"], {"bucket": "b"}, {"bucket": "b"})
    assert drifted(change, resources=[setter]).drift == ()
    assert len(drifted(change).drift) == 1


@pytest.mark.parametrize(("kind", "verdict"), [("aws_dynamodb_table", 3), ("aws_cloudwatch_metric_alarm", 2)])
def test_what_was_deleted_outside_and_held_data_needs_a_second_look(kind, verdict):
    gone = resource(f"{kind}.a", ["delete"], {"name": "a"}, None)
    review = drifted(gone, resources=[resource(f"{kind}.a", ["create"], None, {"name": "a"})])
    assert review.verdict == verdict
    assert review.drift[0].reason == "deleted; this plan makes it anew"
