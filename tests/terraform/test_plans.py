"""Format, validation, and the plan of each environment's values with the real provider."""

from __future__ import annotations

import json
import subprocess
from collections import Counter

import pytest

from scripts.packaging import handlers
from scripts.terraform_cli import TerraformError
from tests.terraform.conftest import REPO, TERRAFORM
from tests.terraform.plan_reading import planned_output, resources

pytestmark = pytest.mark.terraform

ENVIRONMENTS = sorted(path.stem for path in (TERRAFORM / "environments").glob("*.tfvars"))


def test_files_are_formatted():
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive", "-diff", "terraform"], cwd=REPO, capture_output=True, text=True
    )
    assert done.stdout == ""


def test_the_configuration_is_valid(initialised):
    assert initialised("validate").validate() == []


def test_there_are_values_for_three_environments():
    assert ENVIRONMENTS == ["dev", "local", "prod"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_empty_account_gets_everything_new_under_one_prefix(plan_of, environment):
    plan = plan_of(environment)
    changes = [change for change in plan["resource_changes"] if change["mode"] == "managed"]
    assert {tuple(change["change"]["actions"]) for change in changes} == {("create",)}
    kinds = Counter(change["type"] for change in changes)
    assert (
        kinds["aws_lambda_function"] == len(handlers())
        and kinds["aws_sqs_queue"] == 2 * len(planned_output(plan, "queues"))  # each with its dead letters
        and kinds["aws_dynamodb_table"] == 4
    )
    for resource in resources(plan["planned_values"]["root_module"]):
        names = [resource["values"].get(key) for key in ("name", "function_name", "bucket", "alarm_name")]
        own = [name for name in names if isinstance(name, str) and resource["type"] not in UNNAMED]
        assert all(f"kit-{environment}" in name for name in own), resource["address"]


ROLES_OF_SERVICES = 3  # Firehose, SES, Personalize
UNNAMED = {"aws_apigatewayv2_stage", "aws_iam_role_policy", "aws_cloudwatch_log_stream"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_everything_that_can_be_tagged_is_tagged(plan_of, environment):
    untagged = [
        resource["address"]
        for resource in resources(plan_of(environment)["planned_values"]["root_module"])
        if "tags_all" in resource["values"]
        and resource["values"]["tags_all"] != {"project": "kit", "environment": environment, "managed_by": "terraform"}
    ]
    assert untagged == []


def test_prod_protects_its_data_and_local_lets_it_go(plan_of):
    def protections(environment):
        found = {"tables": set(), "buckets": set()}
        for resource in resources(plan_of(environment)["planned_values"]["root_module"]):
            values = resource["values"]
            if resource["type"] == "aws_dynamodb_table":
                restorable = values["point_in_time_recovery"][0]["enabled"]
                found["tables"].add((values["deletion_protection_enabled"], restorable))
            elif resource["type"] == "aws_s3_bucket":
                found["buckets"].add(values["force_destroy"])
        return found

    assert protections("prod") == {"tables": {(True, True)}, "buckets": {False}}
    assert protections("local") == {"tables": {(False, False)}, "buckets": {True}}


def test_only_the_local_environment_lets_personalize_read_the_whole_bucket(plan_of):
    def read_by_personalize(environment):
        for resource in resources(plan_of(environment)["planned_values"]["root_module"]):
            if resource["address"].endswith("aws_iam_role_policy.personalize"):
                return [
                    arn.split(":::")[1].split("/", 1)[1]
                    for arn in json.loads(resource["values"]["policy"])["Statement"][0]["Resource"]
                ]
        raise AssertionError(f"{environment} has no policy for Personalize")

    assert read_by_personalize("local") == ["*"]
    assert read_by_personalize("dev") == read_by_personalize("prod") == ["personalize/*"]


def test_no_secret_stands_in_a_plan(plan_of):
    """The key of tokens stays in KMS; nothing else here is secret, so nothing may be marked sensitive but the KMS."""
    for resource in resources(plan_of("prod")["planned_values"]["root_module"]):
        assert not any(
            word in key for key in resource["values"] for word in ("password", "secret_string", "private_key")
        )


def test_architectures_are_switched_off_by_one_map(initialised, aws, package):
    terraform = initialised("switches")
    variables = {
        "local_aws_url": aws.endpoint_url,
        "package_path": package,
        "architectures": {"audience_import": False, "campaign_sending": False, "recommendations": False},
    }
    plan = terraform.plan(
        out=terraform.data_folder / "p.tfplan", var_file=TERRAFORM / "environments/local.tfvars", variables=variables
    )
    document = terraform.show_json(plan.file)
    changes = [change for change in document["resource_changes"] if change["mode"] == "managed"]
    modules = {change["address"].split(".")[1].split("[")[0] for change in changes if change.get("module_address")}
    assert {"engagement_store", "event_stream", "email_channel", "engagement_api"} <= modules
    assert not modules & set(variables["architectures"])
    outputs = document["planned_values"]["outputs"]
    assert outputs["queues"]["value"] == {} and outputs["transformer_arn"].get("value") is None


# Refused by the root's own variables, and by those of a module: Terraform tells all of one kind at once.
REFUSED = {
    "root": {
        "architectures": ({"journeys": False}, "audience_import, campaign_sending and recommendations"),
        "encryption_key_arn": ("alias/mine", "not an alias or a bare id"),
        "environment": ("Production", "2 to 10 lower-case letters and digits"),
        "expiry_days": ({"ses-events": 0}, "with a slash at the end and whole days from 1"),
        "existing": ({"buckets": "company-data"}, "existing may name bucket, firehose_arn"),
        "local_aws_url": ("http://aws.example.org", "Leave it out for a real account"),
        "operations": ({"log_retention_days": 10}, "periods that CloudWatch Logs knows"),
        "package_path": ("no/such.zip", "run `kit package` first"),
        "personalize_prefixes": ({"read": ["training"]}, "with a slash at the end"),
        "prefix": ("a-very-long-prefix", "limits of S3 and IAM"),
        "region": ("Frankfurt", "such as us-east-1"),
        "sending": ({"maximum_concurrency": 1}, "must be 2 to 1000"),
        "templates": ({"compare": "java"}, "must be numeric or lexical"),
    },
    "modules": {
        "existing": (
            {"firehose_arn": "arn:aws:kinesis:us-east-1:000000000000:stream/clicks", "bucket": "s3://company-data"},
            "must be the ARN of a Firehose delivery stream in this environment's account and region",
        ),
        "from_address": ("News <news@example.org>", "without a display name"),
        "import_buckets": (["s3://exports/daily"], "no s3://, no path, no wildcard"),
        "safety": ({"deletion_protection": True, "force_destroy": True}, "Choose one"),
    },
}


@pytest.mark.parametrize("where", REFUSED)
def test_wrong_values_are_refused_each_by_a_sentence_and_its_line(initialised, aws, package, where, tmp_path):
    terraform = initialised(f"refused-by-{where}")
    wrong = {name: value for name, (value, _) in REFUSED[where].items()}
    variables = {"local_aws_url": aws.endpoint_url, "package_path": package, **wrong}
    with pytest.raises(TerraformError) as raised:
        terraform.plan(out=tmp_path / "p.tfplan", var_file=TERRAFORM / "environments/local.tfvars", variables=variables)
    said = [" ".join(str(diagnostic).split()) for diagnostic in raised.value.diagnostics]
    for name, (_, sentence) in REFUSED[where].items():
        assert any(sentence in text for text in said), f"{name}: {said}"
    assert all(diagnostic.file and diagnostic.line for diagnostic in raised.value.diagnostics)
