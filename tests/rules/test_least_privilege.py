"""What tests/terraform/test_function_wiring.py cannot read from the code: where in a bucket, for whom, and which services.

That test compares each function's actions, tables and queues with the AWS calls on its code path. Keys of objects are
made at run time, so their places are pinned here, each with its reason; so are the roles of services.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from scripts.mocked_plan import Resource

pytestmark = pytest.mark.terraform

Json = dict[str, Any]
REPO = Path(__file__).parents[2]
BUCKET = "arn:aws:s3:::kit-prod-data-111122223333"

# function -> action -> places in the data bucket, each with the reason.
PLACES: dict[str, dict[str, dict[str, str]]] = {
    "import-endpoints": {
        "s3:GetObject": {"": "S3Url of an import job may name any key of the data bucket"},
        "s3:ListBucket": {"": "S3Url may name a folder; and S3 answers 404 in place of 403 only to who may list"},
        "s3:PutObject": {
            "segments/": "members of the segment that the job fills",
            "imports/": "the list of files that a job reads, fixed when it begins",
        },
    },
    "select-audience": {
        "s3:GetObject": {"segments/": "members of imported segments"},
        "s3:ListBucket": {"segments/": "a segment's members lie in one object per part"},
        "s3:PutObject": {"audiences/": "recipients of a run"},
    },
    "send-messages": {"s3:GetObject": {"audiences/": "recipients of a run"}},
    "retrain-turn": {
        "s3:GetObject": {"personalize/": "training data is checked line by line before it is imported"},
        "s3:PutObject": {"personalize/output/": "the list of people for batch inference, beside its output"},
        "s3:ListBucket": {"": "S3 answers 404 in place of 403 only to who may list; training data may be a folder"},
        "s3:GetBucketPolicy": {"": "Personalize needs the bucket's policy, and fails late where it is missing"},
    },
    "feed-back": {
        "s3:GetObject": {"ses-events/": "SES's events, as Firehose writes them"},
        "s3:PutObject": {"feedback-failed/": "lines that cannot be used, with number and reason"},
    },
    "load-batch-results": {
        "s3:GetObject": {"personalize/output/": "what batch inference writes"},
        "s3:ListBucket": {"personalize/output/": "a job may write several files, and serves when all are read"},
    },
}
TRAINED_KINDS = (
    "BatchInferenceJob", "BatchSegmentJob", "Campaign", "Dataset", "DatasetGroup", "DatasetImportJob", "EventTracker",
    "Filter", "Schema", "Solution", "SolutionVersion",
)  # fmt: skip
LOG_DELIVERY = {
    "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
}  # fmt: skip
# Actions on every resource, because AWS knows no narrower permission for them.
ON_EVERYTHING = {
    "ses:GetSuppressedDestination": "SES has one suppression list per account, without an ARN",
    "ses:ListSuppressedDestinations": "the same list",
    **dict.fromkeys(
        (f"personalize:List{kind}s" for kind in TRAINED_KINDS),
        "things are found by listing, and lists know no resource",
    ),
    "personalize:PutEvents": "Personalize's guide asks for * where a function records events",
    **dict.fromkeys(LOG_DELIVERY, "CloudWatch Logs knows no resource-level permission for log deliveries"),
    "xray:PutTraceSegments": "X-Ray knows no resource-level permission for writing",
    "xray:PutTelemetryRecords": "X-Ray knows no resource-level permission for writing",
}
# Roles that AWS services take: role -> statement -> actions, as the services' own guides ask for.
SERVICE_ROLES = {
    "deliver-events": {
        "WriteEvents": {"s3:PutObject", "s3:AbortMultipartUpload"},
        "FindBucket": {"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"},
        "LogFailures": {"logs:PutLogEvents"},
    },
    "archive-ses-events": {"PutEvents": {"firehose:PutRecordBatch"}},
    "retrain": {
        "DeliverLogs": LOG_DELIVERY,
        "SendTraces": {"xray:PutTraceSegments", "xray:PutTelemetryRecords"},
        "TakeTurns": {"lambda:InvokeFunction"},
        "TellResult": {"sns:Publish"},
    },
    "retrain-schedule": {"StartRetraining": {"states:StartExecution"}},
    "personalize": {
        "ReadTrainingData": {"s3:GetObject"},
        "WriteRecommendations": {"s3:PutObject"},
        "ListBucket": {"s3:ListBucket"},
    },
}


def policies(planned: Iterable[Resource]) -> dict[str, list[Json]]:
    """Role without its prefix -> statements of its one policy."""
    found: dict[str, list[Json]] = {}
    for resource in planned:
        if resource.type == "aws_iam_role_policy":
            name = resource.values["role"].removeprefix("kit-prod-")
            assert name not in found, f"{name} has two policies"
            found[name] = json.loads(resource.values["policy"])["Statement"]
    return found


def functions(planned: Iterable[Resource]) -> set[str]:
    names = {one.values["function_name"] for one in planned if one.type == "aws_lambda_function"}
    return {name.removeprefix("kit-prod-") for name in names}


def places(statements: list[Json]) -> dict[str, set[str]]:
    """S3 action -> prefixes of the data bucket; a condition on the prefix counts as the prefix."""
    found: dict[str, set[str]] = {}
    for statement in statements:
        for action in (action for action in statement["Action"] if action.startswith("s3:")):
            prefixes = statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix", [])
            for resource in statement["Resource"]:
                assert resource.startswith(BUCKET), f"{statement['Sid']} reaches {resource}"
                own = [resource.removeprefix(BUCKET).removeprefix("/").removesuffix("*")]
                found.setdefault(action, set()).update(prefix.removesuffix("*") for prefix in prefixes or own)
    return found


def test_each_function_reaches_its_places_in_the_bucket_and_no_others(planned):
    reached = {name: places(found) for name, found in policies(planned).items() if name in functions(planned)}
    wanted = {
        name: {action: set(where) for action, where in actions.items()}
        for name, actions in PLACES.items()
        if name in reached
    }
    assert {name: found for name, found in reached.items() if found} == wanted


@pytest.mark.parametrize("prefix", ["segments/", "imports/", "audiences/"])
def test_a_pinned_prefix_is_one_that_the_code_writes(prefix):
    source = "".join(path.read_text("utf-8") for path in (REPO / "lambda_src/engagement").rglob("*.py"))
    assert re.search(rf'f"{prefix}\{{', source), f"nothing in the engine makes a key below {prefix}"


def test_every_function_has_a_role_of_its_own_with_one_policy(planned):
    roles = {one.values["name"].removeprefix("kit-prod-") for one in planned if one.type == "aws_iam_role"}
    assert roles == set(policies(planned)) == functions(planned) | set(SERVICE_ROLES)
    assert not [one.address for one in planned if "policy_attachment" in one.type or one.type == "aws_iam_policy"]
    assert all(not one.values.get("managed_policy_arns") for one in planned if one.type == "aws_iam_role")


def test_services_may_do_what_their_guides_ask_for(planned):
    found = policies(planned)
    assert {
        role: {statement["Sid"]: set(statement["Action"]) for statement in found[role]} for role in SERVICE_ROLES
    } == SERVICE_ROLES


def test_only_actions_without_narrower_permission_reach_everything(planned):
    wide = {
        action
        for statements in policies(planned).values()
        for statement in statements
        if "*" in statement["Resource"]
        for action in statement["Action"]
    }
    assert wide == set(ON_EVERYTHING)


def test_no_action_has_a_wildcard_and_every_statement_has_a_name(planned):
    for role, statements in policies(planned).items():
        assert len({statement["Sid"] for statement in statements}) == len(statements), role
        for statement in statements:
            assert statement["Effect"] == "Allow" and not any("*" in action for action in statement["Action"]), role


def test_resources_are_of_this_account_environment_and_region(planned):
    """A part after the account is wild only where the thing's name is not known before (see the comments beside them)."""
    for role, statements in policies(planned).items():
        for resource in (one for statement in statements for one in statement["Resource"] if one != "*"):
            assert "111122223333" in resource, (role, resource)
            of_no_region = (BUCKET, "arn:aws:iam::111122223333:role/kit-prod-")
            assert ":us-east-1:" in resource or resource.startswith(of_no_region), (role, resource)


def uses_data(statement: Json) -> bool:
    """Contents of tables or files; listing a bucket needs no key."""
    return any(
        action.startswith("dynamodb:") or action in ("s3:GetObject", "s3:PutObject") for action in statement["Action"]
    )


def test_with_an_own_key_who_may_use_the_data_may_use_the_key_and_nobody_else(planned_runs):
    key = "arn:aws:kms:us-east-1:111122223333:key/own"
    found = policies(planned_runs["own_key"])
    with_key = {role for role, statements in found.items() if any(key in one["Resource"] for one in statements)}
    assert with_key == {role for role, statements in found.items() if any(map(uses_data, statements))}
    for role in with_key:
        (statement,) = (one for one in found[role] if key in one["Resource"])
        assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
        (services,) = statement["Condition"]["StringLike"].values()
        assert all(service.startswith(("s3.us-east-1.", "dynamodb.us-east-1.")) for service in services)
    assert not any(
        one["Sid"] == "UseDataKey" for statements in policies(planned_runs["everything"]).values() for one in statements
    )


# ---------------------------------------------------------------- what exists already

STREAM, FIREHOSE = "arn:aws:kinesis:us-east-1:111122223333:stream/company-clicks", "firehose:PutRecordBatch"
RECORDING = {"send-messages", "unsubscribe"}


def changed(before: list[Json], after: list[Json]) -> tuple[dict[str, Json], dict[str, Json]]:
    """Statements that only the first, and that only the second has; Sid -> statement."""
    gone = {one["Sid"]: one for one in before if one not in after}
    return gone, {one["Sid"]: one for one in after if one not in before}


def by_role(planned_runs: dict[str, list[Resource]], run: str, *, bucket: str = BUCKET) -> dict[str, list[Json]]:
    """Policies of a run, with the name of the kit's own bucket in place of the one that was given; traces left out."""
    found = policies(planned_runs[run])
    plain = json.loads(json.dumps(found).replace(bucket, BUCKET))
    return {role: [one for one in statements if one["Sid"] != "SendTraces"] for role, statements in plain.items()}


def test_a_given_kinesis_stream_takes_the_place_of_firehose_and_nothing_else_changes(planned_runs):
    own = by_role(planned_runs, "everything")
    given = by_role(planned_runs, "existing_stream_and_bucket", bucket="arn:aws:s3:::company-data")
    differing = {
        role: changed(own[role], given[role]) for role in own.keys() & given.keys() if own[role] != given[role]
    }
    assert set(differing) == {*RECORDING, "deliver-events"}
    for role in RECORDING:
        gone, new = differing[role]
        assert {sid: one["Action"] for sid, one in gone.items()} == {"RecordEvents": [FIREHOSE]}
        assert {sid: (one["Action"], one["Resource"]) for sid, one in new.items()} == {
            "RecordEvents": (["kinesis:PutRecords"], [STREAM]),
            "UseStreamKey": (["kms:GenerateDataKey"], ["arn:aws:kms:us-east-1:111122223333:key/company"]),
        }
    gone, new = differing["deliver-events"]
    assert gone == {} and {sid: set(one["Action"]) for sid, one in new.items()} == {
        "ReadStream": {
            "kinesis:DescribeStream",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        },
        "UseStreamKey": {"kms:Decrypt"},
    }


def test_given_firehoses_are_recorded_on_and_need_no_role_to_deliver(planned_runs):
    own, given = by_role(planned_runs, "everything"), by_role(planned_runs, "existing_firehoses")
    assert own.keys() - given.keys() == {"deliver-events", "retrain-schedule"}  # no schedule in that run
    differing = {
        role: changed(own[role], given[role]) for role in own.keys() & given.keys() if own[role] != given[role]
    }
    assert {role: set(new) for role, (_, new) in differing.items()} == {
        **{role: {"RecordEvents"} for role in RECORDING}, "archive-ses-events": {"PutEvents"},
    }  # fmt: skip
    assert all(
        resource.startswith("arn:aws:firehose:us-east-1:111122223333:deliverystream/company-")
        for _, new in differing.values()
        for statement in new.values()
        for resource in statement["Resource"]
    )


@pytest.mark.parametrize("run", ["existing_stream_and_bucket", "existing_firehoses"])
def test_functions_are_told_where_to_record_once(planned_runs, run):
    told = {
        resource.values["function_name"].removeprefix("kit-prod-"): {
            name: value
            for name, value in resource.values["environment"][0]["variables"].items()
            if name in ("EVENT_DATA_STREAM", "EVENT_DELIVERY_STREAM")
        }
        for resource in planned_runs[run]
        if resource.type == "aws_lambda_function"
    }
    name = "EVENT_DELIVERY_STREAM" if run == "existing_firehoses" else "EVENT_DATA_STREAM"
    assert {function: one for function, one in told.items() if one} == {
        function: {name: "company-clicks"} for function in RECORDING
    }


def test_a_given_bucket_gets_the_zip_and_nothing_about_it_is_managed(planned_runs):
    managed = [one for one in planned_runs["existing_stream_and_bucket"] if one.type.startswith("aws_s3_")]
    assert [(one.type, one.values["bucket"], one.values["key"]) for one in managed] == [
        ("aws_s3_object", "company-data", "packages/kit-prod/lambda.zip")
    ]
