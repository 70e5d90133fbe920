"""State and reviewed plans in S3, as teams have them: bootstrap, plan and save, apply exactly that, in another checkout.

The tests of this file run in their order.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil

import pytest

from tests.deploy.account import Account
from tests.deploy.workbench import Ended, Workbench, refuses

pytestmark = pytest.mark.deploy
VALUES = "terraform/environments/dev.tfvars"
BUCKET = "kit-terraform-state-000000000000-us-east-1"
STATE = "targeted-messaging-kit/dev.tfstate"


@pytest.fixture(scope="module")
def team(bench: Workbench) -> Workbench:
    """A team's repository with a small environment: the engine alone, no rules that the provider watches for long."""
    text = (bench.folder / VALUES).read_text("utf-8").partition("expiry_days")[0]
    off = "architectures = { audience_import = false, campaign_sending = false, recommendations = false }\n"
    (bench.folder / VALUES).write_text(text + off)
    bench.commit("a small dev")
    return bench


@pytest.fixture(scope="module")
def bootstrapped(team: Workbench) -> list[Ended]:
    return [team.kit("bootstrap", "--env", "dev", "--json"), team.kit("bootstrap", "--env", "dev", "--json")]


@pytest.fixture(scope="module")
def reviewed(team: Workbench, bootstrapped: list[Ended]) -> Ended:
    return team.kit("plan", "--env", "dev", "--save")


def test_bootstrap_makes_the_bucket_once_and_says_what_it_did(bootstrapped: list[Ended], account: Account):
    first, second = bootstrapped
    assert (first.code, second.code) == (0, 0), f"{first}\n{second}"
    assert first.json["bucket"] == BUCKET
    assert {"public access blocked", "every version of the state kept", "TLS only"} <= set(first.json["made"])
    assert second.json["made"] == []
    assert account.client("s3").get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"


def test_the_plan_is_saved_under_the_tree(team: Workbench, reviewed: Ended, account: Account):
    tree = team.git("rev-parse", "HEAD^{tree}")
    assert reviewed.code == 3, str(reviewed)
    assert f"saved as s3://{BUCKET}/plans/dev/{tree}.tfplan" in reviewed.err
    kept = account.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="plans/")["Contents"]
    assert {item["Key"].rpartition(".")[2] for item in kept} == {"tfplan", "json", "zip"}


def test_a_tree_that_was_not_reviewed_is_refused(team: Workbench, reviewed: Ended):
    with team.edited(VALUES, "log_retention_days = 14", "log_retention_days = 7"):
        result = team.kit("deploy", "--env", "dev", "--saved-plan", "--yes")
        refuses(result, "uncommitted changes", code=1)
        team.commit("another retention")
        refuses(
            team.kit("deploy", "--env", "dev", "--saved-plan", "--yes"), "no plan of dev was saved", "--save", code=1
        )
    team.commit("back again")


def test_exactly_the_reviewed_plan_is_applied_elsewhere(team: Workbench, reviewed: Ended, account: Account):
    """Another machine: same tree in another commit, nothing of the first run's files, another zip lying about."""
    shutil.rmtree(team.folder / "build" / "plan")
    (team.folder / "build" / "lambda.zip").write_bytes(b"not what was reviewed")
    tree = team.git("rev-parse", "HEAD^{tree}")
    result = team.kit("deploy", "--env", "dev", "--saved-plan", "--yes")
    assert result.code == 0, str(result)
    assert "Smoke test passed" in result.err
    kept = account.client("s3").get_object(Bucket=BUCKET, Key=f"plans/dev/{tree}.zip")["Body"].read()
    function = account.client("lambda").get_function(FunctionName="kit-dev-serve-request")["Configuration"]
    assert function["CodeSha256"] == base64.b64encode(hashlib.sha256(kept).digest()).decode()


def test_the_state_is_in_the_bucket_and_the_lock_is_gone(team: Workbench, account: Account):
    state = json.loads(account.client("s3").get_object(Bucket=BUCKET, Key=STATE)["Body"].read())
    assert any(item["type"] == "aws_dynamodb_table" for item in state["resources"])
    own = [path for path in (team.folder / "build").rglob("terraform.tfstate") if path.parent.name != ".terraform"]
    assert own == [], "a state of its own lies on this machine"
    names = [item["Key"] for item in account.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert not [name for name in names if name.endswith(".tflock")]


def test_a_plan_whose_state_moved_on_is_refused(team: Workbench):
    result = team.kit("deploy", "--env", "dev", "--saved-plan", "--yes")
    refuses(result, "stale", "kit plan", code=1)


def test_a_second_plan_finds_nothing(team: Workbench):
    result = team.kit("plan", "--env", "dev", "--json")
    assert (result.code, result.json["verdict"]) == (0, "nothing"), str(result)


def test_a_held_lock_says_who_and_how_to_go_on(team: Workbench, account: Account):
    lock = {"ID": "11111111-2222-3333-4444-555555555555", "Operation": "OperationTypeApply", "Who": "ci@runner",
            "Version": "1.11.4", "Created": "2026-11-21T10:00:00Z", "Path": f"{BUCKET}/{STATE}", "Info": ""}  # fmt: skip
    account.client("s3").put_object(Bucket=BUCKET, Key=f"{STATE}.tflock", Body=json.dumps(lock).encode())
    try:
        result = team.kit("plan", "--env", "dev")
        refuses(result, "ci@runner", "Another run holds the state", f"force-unlock {lock['ID']}", code=1)
    finally:
        account.client("s3").delete_object(Bucket=BUCKET, Key=f"{STATE}.tflock")


def test_destroy_empties_the_environment_and_keeps_the_states_bucket(team: Workbench, account: Account):
    result = team.kit("destroy", "--env", "dev", "--lose-data", "--confirm", "dev")
    assert result.code == 0, str(result)
    assert account.of("dev") == {}
    assert account.everything()["buckets"] == [BUCKET]
