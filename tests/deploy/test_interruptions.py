"""Deployments that are cut off at any moment: the same command again goes on and ends well."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time

import pytest

from tests.deploy.account import Account
from tests.deploy.workbench import Ended, Workbench, ended

pytestmark = pytest.mark.deploy


def deploy_until(bench: Workbench, environment: str, changes: int) -> subprocess.Popen[str]:
    """A deployment that has finished this many changes and is at work on others."""
    process = bench.start("deploy", "--env", environment, "--yes", "--skip-smoke-test")
    assert process.stderr is not None
    seen: list[str] = []
    for line in process.stderr:
        seen.append(line)
        if f" {changes} of " in line:
            return process
    raise AssertionError("the deployment ended by itself\n" + "".join(seen))


def deploy_again(bench: Workbench, environment: str) -> Ended:
    """What a person does; while the killed run's Terraform still finishes, the message says to wait."""
    deadline = time.monotonic() + 180
    while True:
        result = bench.kit("deploy", "--env", environment, "--yes")
        if "Another run holds the state" not in result.err or time.monotonic() > deadline:
            return result
        assert result.code == 1 and "Traceback" not in result.err, str(result)
        time.sleep(2)


@pytest.fixture(scope="module")
def moments() -> dict[str, int]:
    """After how many finished changes each environment is cut off; printed by pytest where a test fails."""
    return {name: random.randint(3, 100) for name in ("dev", "prod")}


def test_ctrl_c_and_kill_and_again(bench: Workbench, account: Account, moments: dict[str, int]):
    stopped = deploy_until(bench, "dev", moments["dev"])
    os.kill(stopped.pid, signal.SIGINT)
    killed = deploy_until(bench, "prod", moments["prod"])
    os.kill(killed.pid, signal.SIGKILL)
    interrupted = ended(stopped)
    assert interrupted.code == 130, str(interrupted)
    assert "the state holds them" in interrupted.err and "kit deploy --env dev" in interrupted.err
    assert "Traceback" not in interrupted.err
    assert ended(killed).code == -signal.SIGKILL
    for name in ("prod", "dev"):
        again = deploy_again(bench, name)
        assert again.code == 0, f"cut off after {moments[name]} changes: {again}"
        assert "Smoke test passed" in again.err
        assert bench.kit("plan", "--env", name).code == 0, "something was left half done"


def test_what_was_cut_off_while_it_was_made_keeps_its_data(bench: Workbench, account: Account):
    """A table is protected from its first moment: Terraform could never replace it, and an item in it would be lost."""
    table, queue = "kit-prod-endpoints", "kit-prod-sends"
    tables = account.client("dynamodb")
    keys = tables.describe_table(TableName=table)["Table"]["KeySchema"]
    tables.put_item(TableName=table, Item={key["AttributeName"]: {"S": "somebody"} for key in keys})
    made = created_at(account, queue)
    cut_off_in_state(bench, {table, queue})
    looked = bench.kit("plan", "--env", "prod", "--markdown")
    assert looked.code == 3 and "an earlier apply was cut off while it made it" in looked.out, str(looked)
    again = bench.kit("deploy", "--env", "prod", "--yes", "--skip-smoke-test")
    assert again.code == 0, str(again)
    assert again.err.count("was cut off while it was made: it is kept") == 2, str(again)
    assert tables.scan(TableName=table)["Count"] == 1
    assert created_at(account, queue) == made
    assert bench.kit("plan", "--env", "prod").code == 0


def created_at(account: Account, queue: str) -> str:
    queues = account.client("sqs")
    url = queues.get_queue_url(QueueName=queue)["QueueUrl"]
    return queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["CreatedTimestamp"]


def cut_off_in_state(bench: Workbench, names: set[str]) -> None:
    """What Terraform notes of a creation whose end it did not see."""
    (path,) = (bench.folder / "build").glob("tried-out/*/prod/terraform.tfstate")
    state = json.loads(path.read_text("utf-8"))
    marked = [
        instance
        for item in state["resources"]
        if item["type"] in ("aws_dynamodb_table", "aws_sqs_queue")
        for instance in item["instances"]
        if instance["attributes"]["name"] in names
    ]
    assert len(marked) == len(names)
    for instance in marked:
        instance["status"] = "tainted"
    path.write_text(json.dumps(state), encoding="utf-8")


def test_an_interrupted_destroy_goes_on(bench: Workbench, account: Account):
    process = bench.start("destroy", "--env", "dev", "--lose-data", "--confirm", "dev")
    assert process.stderr is not None
    for line in process.stderr:
        if " 20 of " in line:
            break
    os.kill(process.pid, signal.SIGTERM)
    result = ended(process)
    assert result.code == 130 and "Run the same command again" in result.err, str(result)
    again = bench.kit("destroy", "--env", "dev", "--lose-data", "--confirm", "dev")
    assert again.code == 0, str(again)
    assert account.of("dev") == {}
