"""Two environments of one account, deployed at the same time: their whole life with the real Terraform and provider.

The tests of this file run in their order, on the same two environments.
"""

from __future__ import annotations

import json
import os

import pytest

from scripts.plan_review.rendering import marker
from tests.deploy.account import Account
from tests.deploy.workbench import Ended, Workbench, ended, refuses
from tests.plan_review.real_plans import EXAMPLES, stable

pytestmark = pytest.mark.deploy
BOTH = ("dev", "prod")


@pytest.fixture(scope="module")
def deployed(bench: Workbench, account: Account) -> dict[str, Ended]:
    """Both environments, deployed at once."""
    assert account.everything()["tables"] == [], "the local AWS is not new"
    running = {name: bench.start("deploy", "--env", name, "--yes", "--json") for name in BOTH}
    return {name: ended(process) for name, process in running.items()}


@pytest.mark.parametrize("name", BOTH)
def test_both_are_applied_and_their_smoke_tests_see_the_event(deployed: dict[str, Ended], name: str):
    result = deployed[name]
    assert result.code == 0, str(result)
    facts = result.json
    assert facts["environment"] == name and facts["bucket"].startswith(f"kit-{name}-")
    assert facts["smoke_test"]["state"] == "passed" and facts["smoke_test"]["event_seconds"] > 0
    assert "created module.engagement_store" in result.err, "no progress was shown"


def test_nothing_of_the_two_meets(deployed: dict[str, Ended], account: Account):
    assert deployed["dev"].json["api_url"] != deployed["prod"].json["api_url"]
    assert deployed["dev"].json["smoke_test"]["message_id"] != deployed["prod"].json["smoke_test"]["message_id"]
    dev, prod = account.of("dev"), account.of("prod")
    assert {"tables", "queues", "buckets", "functions", "roles", "streams", "apis", "alarms"} <= set(dev)
    for kind in dev:
        renamed = sorted(name.replace("kit-dev", "kit-prod") for name in dev[kind])
        assert renamed == sorted(prod[kind]), kind


def test_each_sends_with_its_own_configuration_set(deployed: dict[str, Ended], account: Account):
    for name in BOTH:
        bucket = deployed[name].json["bucket"]
        objects = account.client("s3").list_objects_v2(Bucket=bucket, Prefix="ses-events/")["Contents"]
        bodies = [
            account.client("s3").get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode() for item in objects
        ]
        assert deployed[name].json["smoke_test"]["message_id"] in "".join(bodies)
        other = deployed["prod" if name == "dev" else "dev"].json["smoke_test"]["message_id"]
        assert other not in "".join(bodies)


def test_a_second_plan_finds_nothing_to_do(deployed: dict[str, Ended], bench: Workbench):
    for name in BOTH:
        result = bench.kit("plan", "--env", name)
        assert result.code == 0, str(result)
        assert "no changes: the account matches the configuration" in result.out


def test_a_second_deploy_changes_nothing(deployed: dict[str, Ended], bench: Workbench):
    result = bench.kit("deploy", "--env", "dev", "--yes", "--json", "--skip-smoke-test")
    assert result.code == 0, str(result)
    assert "Nothing to apply" in result.err
    assert result.json["api_url"] == deployed["dev"].json["api_url"]


@pytest.mark.parametrize(
    ("example", "path", "old", "new", "code", "phrases"),
    [
        (
            "kit-architecture-off", "terraform/environments/dev.tfvars", 'environment  = "dev"',
            'architectures = { recommendations = false }\nenvironment  = "dev"', 3,
            ["module.recommendations[0]", "goes away: what it delivered is no longer processed", "to delete"],
        ),
        (
            "kit-tags", "terraform/environments/dev.tfvars", 'environment  = "dev"',
            'tags = { team = "shop" }\nenvironment  = "dev"', 2, ["Nothing but tags changes on"],
        ),
        (
            "kit-code", "lambda_src/engagement/__init__.py", "", "RELEASE = 2\n", 2,
            ["The shared zip changed: new code for ", " functions, nothing else about them changes."],
        ),
    ],
    ids=["architecture off", "tags", "code"],
)  # fmt: skip
def test_exit_codes_and_words_of_a_change(
    deployed: dict[str, Ended], bench: Workbench,
    example: str, path: str, old: str, new: str, code: int, phrases: list[str],
):  # fmt: skip
    file = bench.folder / path
    before = file.read_text("utf-8")
    file.write_text(before.replace(old, new, 1) if old else before + new, encoding="utf-8")
    try:
        result = bench.kit("plan", "--env", "dev", "--markdown")
    finally:
        file.write_text(before, encoding="utf-8")
    assert result.code == code, str(result)
    assert result.out.startswith(marker("dev"))
    assert [phrase for phrase in phrases if phrase not in result.out] == [], result.out
    keep_example(example, result.out)


def test_losing_a_table_needs_a_second_look(deployed: dict[str, Ended], bench: Workbench):
    """The table of endpoints gets another key: Terraform would replace it, and everybody in it would be lost."""
    path = bench.folder / "terraform/modules/engagement_store/tables.json"
    before = path.read_text("utf-8")
    tables = json.loads(before)
    tables["endpoints"]["range_key"] = "renamed"
    path.write_text(json.dumps(tables))
    try:
        result = bench.kit("plan", "--env", "dev", "--json")
        markdown = (bench.folder / "build/plan/dev/review.md").read_text("utf-8")
    finally:
        path.write_text(before)
    assert result.code == 3, str(result)
    review = result.json
    assert (review["verdict"], review["exit_code"]) == ("second_look", 3)
    lost = [item for item in review["findings"] if "is replaced: loses every item of the table" in item["text"]]
    assert [item["address"] for item in lost] == [
        'module.engagement_store.module.table["endpoints"].aws_dynamodb_table.this'
    ]
    assert lost[0]["second_look"] and review["changes"][0]["address"] == lost[0]["address"], "it has to stand first"
    keep_example("kit-table-replaced", markdown)


def test_asked_and_refused_nothing_is_applied(deployed: dict[str, Ended], bench: Workbench, account: Account):
    before = account.everything()
    with bench.edited(
        "terraform/environments/dev.tfvars", 'environment  = "dev"', 'environment  = "dev"\nprefix = "own"'
    ):
        result = bench.kit("deploy", "--env", "dev")
    assert result.code == 1 and "Traceback" not in result.err
    assert account.everything() == before


def test_destroy_refuses_without_the_right_name(deployed: dict[str, Ended], bench: Workbench, account: Account):
    before = account.everything()
    refuses(bench.kit("destroy", "--env", "dev", "--lose-data", "--confirm", "prod"), "'prod' is not 'dev'", code=1)
    assert bench.kit("destroy", "--env", "dev", "--lose-data").code == 1, "nobody typed the name"
    assert account.everything() == before


def test_destroy_refuses_while_people_are_held(deployed: dict[str, Ended], bench: Workbench, account: Account):
    table = "kit-dev-endpoints"
    keys = account.client("dynamodb").describe_table(TableName=table)["Table"]["KeySchema"]
    item = {key["AttributeName"]: {"S": "somebody"} for key in keys}
    account.client("dynamodb").put_item(TableName=table, Item=item)
    result = bench.kit("destroy", "--env", "dev", "--confirm", "dev")
    refuses(result, f"table {table}: 1 items", "data would be lost", "--lose-data", code=1)
    assert account.of("dev")["tables"]


def test_destroy_refuses_the_protected_and_names_the_way_on(
    deployed: dict[str, Ended], bench: Workbench, account: Account
):
    before = account.of("prod")
    result = bench.kit("destroy", "--env", "prod", "--lose-data", "--confirm", "prod")
    refuses(result, "deletion protection", "safety.deletion_protection = false", "prod.tfvars", code=1)
    assert account.of("prod") == before


def test_destroying_dev_leaves_nothing_of_it_and_prod_as_it_was(
    deployed: dict[str, Ended], bench: Workbench, account: Account
):
    prod = account.of("prod")
    result = bench.kit("destroy", "--env", "dev", "--lose-data", "--confirm", "dev", "--json")
    assert result.code == 0, str(result)
    assert result.json["destroyed"] > 100
    assert account.of("dev") == {}
    assert account.of("prod") == prod
    again = bench.kit("destroy", "--env", "dev", "--lose-data", "--confirm", "dev")
    assert again.code == 0 and "Nothing of dev is there" in again.err


def test_the_way_on_takes_prod_down(deployed: dict[str, Ended], bench: Workbench, account: Account):
    """What the refusal said: switch the protection off, deploy that, destroy. Nothing is left in the account."""
    values = "terraform/environments/prod.tfvars"
    bench.edit(values, "deletion_protection    = true", "deletion_protection    = false")
    bench.edit(values, "force_destroy          = false", "force_destroy          = true")
    unprotected = bench.kit("deploy", "--env", "prod", "--yes", "--skip-smoke-test")
    assert unprotected.code == 0, str(unprotected)
    assert "deletion protection gets weaker: on -> off" in unprotected.err
    gone = bench.kit("destroy", "--env", "prod", "--lose-data", "--confirm", "prod")
    assert gone.code == 0, str(gone)
    assert [name for names in account.everything().values() for name in names if "kit-" in name] == []
    assert account.enabled_keys() == []
    assert account.identities() == []


def keep_example(name: str, markdown: str) -> None:
    """The example has the same parts as the review; with WRITE_PLAN_EXAMPLES set it is written anew instead."""
    example = EXAMPLES / f"{name}.md"
    if os.environ.get("WRITE_PLAN_EXAMPLES"):
        example.write_text(stable(markdown).rstrip("\n") + "\n", encoding="utf-8")
    assert parts_of(example.read_text("utf-8")) == parts_of(markdown)


def parts_of(markdown: str) -> list[str]:
    """Headings and the verdict, without numbers: the kit's own resources change more often than the review."""
    return [line.partition(":")[0] for line in markdown.splitlines() if line.startswith(("#", "**"))]
