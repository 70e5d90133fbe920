"""The whole configuration, really applied: two environments in one account, one of them cut off in the middle.

One story in order, because an apply takes a minute: each test goes on where the one before it ended.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import urllib3

from scripts.terraform_cli import Terraform
from tests.local_aws.aws_clients import clients_of
from tests.rules.secret_values import secrets_in
from tests.terraform.account_inventory import inventory
from tests.terraform.conftest import TERRAFORM
from tests.terraform.known_local_differences import KNOWN_LOCAL_DIFFERENCES
from tests.terraform.plan_reading import differences

pytestmark = pytest.mark.deploy

Json = dict[str, Any]
VALUES = TERRAFORM / "environments" / "local.tfvars"


class CutOff(Exception):
    """Stands for Ctrl-C in the middle of an apply."""


class Site:
    """One environment on the local AWS."""

    def __init__(self, terraform: Terraform, name: str, common: Json) -> None:
        self.terraform, self.name = terraform, name
        self.variables = {"environment": name, "from_address": f"news@{name}.example.org", **common}

    def plan(self) -> Json:
        out = self.terraform.data_folder / "p.tfplan"
        self.terraform.plan(out=out, var_file=VALUES, variables=self.variables)
        return self.terraform.show_json(out)

    def apply(self, on_event: Any = None) -> None:
        self.plan()
        self.terraform.apply(self.terraform.data_folder / "p.tfplan", on_event=on_event)

    def destroy(self) -> None:
        self.terraform.destroy(var_file=VALUES, variables=self.variables)


@pytest.fixture(scope="module")
def sites(initialised, aws, package):
    common = {"local_aws_url": aws.endpoint_url, "package_path": package}
    return {name: Site(initialised(f"apply-{name}"), name, common) for name in ("local", "other")}


@pytest.fixture(scope="module")
def empty_account(aws):
    return inventory(aws)


def cut_off(event: Json) -> None:
    if event["type"] == "apply_complete" and event["hook"]["resource"]["resource_type"] == "aws_lambda_function":
        raise CutOff


def test_two_environments_are_applied_at_once_and_one_is_cut_off_and_goes_on(sites, empty_account):
    def second_apply_after_the_cut() -> None:
        with pytest.raises(CutOff):
            sites["other"].apply(cut_off)
        sites["other"].apply()

    with ThreadPoolExecutor() as pool:
        for work in [pool.submit(sites["local"].apply), pool.submit(second_apply_after_the_cut)]:
            work.result()


def test_a_second_plan_shows_the_known_local_differences_only(sites):
    with ThreadPoolExecutor() as pool:
        plans = list(pool.map(Site.plan, sites.values()))
    known = {(kind, path) for kind, paths in KNOWN_LOCAL_DIFFERENCES.items() for path in paths}
    assert [differences_by_kind(plan) for plan in plans] == [known, known]


def differences_by_kind(plan: Json) -> set[tuple[str, str]]:
    kinds = {change["address"]: change["type"] for change in plan["resource_changes"]}
    return {(kinds[address], path) for address, paths in differences(plan).items() for path in paths}


def test_no_secret_stands_in_a_state(sites):
    for site in sites.values():
        assert list(secrets_in(json.loads(site.terraform.state.read_text("utf-8")))) == []


def test_outputs_say_what_was_made(sites, aws):
    outputs = sites["local"].terraform.output()
    client = clients_of(aws)
    sqs, tables = client("sqs"), set(client("dynamodb").list_tables()["TableNames"])
    assert set(outputs["tables"].values()) <= tables
    for queue in outputs["queues"].values():
        attributes = sqs.get_queue_attributes(QueueUrl=queue["url"], AttributeNames=["All"])["Attributes"]
        assert queue["dead_letter_url"].rsplit("/", 1)[1] in attributes["RedrivePolicy"]
    for function in outputs["functions"].values():
        assert (
            client("lambda").get_function(FunctionName=function["name"])["Configuration"]["FunctionArn"]
            == function["arn"]
        )
    assert client("kms").describe_key(KeyId=outputs["token_key_id"])["KeyMetadata"]["KeyUsage"] == "GENERATE_VERIFY_MAC"
    assert client("iam").get_role(RoleName=outputs["personalize_role_arn"].rsplit("/", 1)[1])
    assert client("sesv2").get_configuration_set(ConfigurationSetName=outputs["configuration_set"])


def test_the_api_refuses_who_does_not_sign_but_not_who_follows_an_unsubscribe_link(sites):
    api = sites["local"].terraform.output()["api_url"]
    assert urllib3.request("GET", f"{api}/v1/apps").status == 403
    assert urllib3.request("GET", f"{api}/unsubscribe/no-token").status != 403


def test_environments_share_nothing(sites):
    local, other = (sites[name].terraform.output() for name in ("local", "other"))
    assert (local["name_prefix"], other["name_prefix"]) == ("kit-local", "kit-other")
    same = {name for name in local if local[name] == other[name]}
    assert same == {"account_id", "existing", "region", "templates"}
    assert local["existing"] == {}


def test_destroying_one_leaves_the_other_as_it_was(sites, aws):
    sites["other"].destroy()
    known = {(kind, path) for kind, paths in KNOWN_LOCAL_DIFFERENCES.items() for path in paths}
    assert differences_by_kind(sites["local"].plan()) == known
    assert not [name for names in inventory(aws).values() for name in names if "kit-other" in name]


def test_destroying_both_leaves_nothing(sites, aws, empty_account):
    sites["local"].destroy()
    assert inventory(aws) == empty_account
