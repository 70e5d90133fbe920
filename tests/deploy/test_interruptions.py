"""Deployments that are cut off at any moment: the same command again goes on and ends well.

The moments are random; KIT_TEST_SEED, which a failing test prints, gives them again.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.account import Account
from tests.deploy.workbench import Ended, Workbench, ended, refuses

pytestmark = pytest.mark.deploy
SEED = int(os.environ.get("KIT_TEST_SEED") or random.randrange(1_000_000))


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


@pytest.fixture
def chance() -> random.Random:
    """Printed by pytest where a test fails."""
    print(f"KIT_TEST_SEED={SEED}")
    return random.Random(SEED)


def below(pid: int) -> list[int]:
    """A process and all that it started: Terraform has a session of its own."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # ended meanwhile
            continue
    found = [pid]
    for parent in found:
        found += [child for child, its_parent in parents.items() if its_parent == parent]
    return found


def kill_with_terraform(process: subprocess.Popen[str]) -> None:
    """As when a machine goes down: nobody finishes anything, answers that are on their way are lost."""
    for pid in below(process.pid):
        os.kill(pid, signal.SIGKILL)


def test_ctrl_c_and_kill_and_again(bench: Workbench, account: Account, chance: random.Random):
    moments = [chance.randint(3, 80), chance.randint(3, 80), chance.randint(1, 20), chance.randint(1, 20)]
    print(f"cut off after {moments} changes")
    stopped = deploy_until(bench, "dev", moments[0])
    os.kill(stopped.pid, signal.SIGINT)
    killed = deploy_until(bench, "prod", moments[1])
    os.kill(killed.pid, signal.SIGKILL)
    interrupted = ended(stopped)
    assert interrupted.code == 130, str(interrupted)
    assert "the state holds them" in interrupted.err and "kit deploy --env dev" in interrupted.err
    assert "Traceback" not in interrupted.err
    assert ended(killed).code == -signal.SIGKILL
    goes_down = deploy_until(bench, "dev", moments[2])
    kill_with_terraform(goes_down)
    ended(goes_down)
    again = deploy_again(bench, "prod")
    assert again.code == 0 and "Smoke test passed" in again.err, str(again)
    impatient = deploy_until(bench, "dev", moments[3])
    os.kill(impatient.pid, signal.SIGINT)
    time.sleep(chance.random())
    os.kill(impatient.pid, signal.SIGINT)
    assert ended(impatient).code == 130
    again = deploy_again(bench, "dev")
    assert again.code == 0 and "Smoke test passed" in again.err, str(again)
    for name in ("prod", "dev"):
        assert bench.kit("plan", "--env", name).code == 0, "something was left half done"
    assert len(account.of("dev")["apis"]) == 1, "what is made twice is made once"
    assert len(account.enabled_keys()) == 2, "a key of each environment"


def test_what_the_state_does_not_know_is_taken_over(bench: Workbench, account: Account, chance: random.Random):
    """The worst case: Terraform died before it had written down anything of what it had made."""
    before = account.of("dev")
    keys = account.enabled_keys()
    tables = account.client("dynamodb")
    put_item(tables, "kit-dev-endpoints")
    forget(state_of(bench, "dev"), chance)
    again = bench.kit("deploy", "--env", "dev", "--yes")
    assert again.code == 0 and "Smoke test passed" in again.err, str(again)
    assert "takes over kit-dev-" in again.err, str(again)
    assert bench.kit("plan", "--env", "dev").code == 0
    assert account.of("dev") == before
    assert account.enabled_keys() == keys
    assert tables.scan(TableName="kit-dev-endpoints")["Count"] == 1
    assert bench.git("status", "--porcelain") == "", "nothing is written into the repository"


def test_what_somebody_else_made_is_left_alone(bench: Workbench, account: Account):
    group = "/aws/lambda/kit-dev-unsubscribe"
    logs = account.client("logs")
    state = state_of(bench, "dev")
    whole = state.read_text("utf-8")
    forgotten = json.loads(whole)
    forgotten["resources"] = [
        item
        for item in forgotten["resources"]
        if not any(instance["attributes"].get("name") == group for instance in item["instances"])
    ]
    assert forgotten["resources"] != json.loads(whole)["resources"]
    forgotten["serial"] += 1
    state.write_text(json.dumps(forgotten), encoding="utf-8")
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    arn = found["arn"].removesuffix(":*")
    tags = logs.list_tags_for_resource(resourceArn=arn)["tags"]
    logs.tag_resource(resourceArn=arn, tags={"environment": "by-hand"})
    refused = bench.kit("deploy", "--env", "dev", "--yes", "--skip-smoke-test")
    refuses(refused, "without this environment's tags", "somebody else's", group)
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {**tags, "environment": "by-hand"}
    logs.tag_resource(resourceArn=arn, tags=tags)
    again = bench.kit("deploy", "--env", "dev", "--yes", "--skip-smoke-test")
    assert again.code == 0, str(again)
    assert bench.kit("plan", "--env", "dev").code == 0


def test_what_was_cut_off_while_it_was_made_keeps_its_data(bench: Workbench, account: Account):
    """A table is protected from its first moment: Terraform could never replace it, and an item in it would be lost."""
    table, queue = "kit-prod-endpoints", "kit-prod-sends"
    tables = account.client("dynamodb")
    put_item(tables, table)
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


def put_item(tables: Any, table: str) -> None:
    keys = tables.describe_table(TableName=table)["Table"]["KeySchema"]
    tables.put_item(TableName=table, Item={key["AttributeName"]: {"S": "somebody"} for key in keys})


def state_of(bench: Workbench, environment: str) -> Path:
    (path,) = (bench.folder / "build").glob(f"tried-out/*/{environment}/terraform.tfstate")
    return path


def created_at(account: Account, queue: str) -> str:
    queues = account.client("sqs")
    url = queues.get_queue_url(QueueName=queue)["QueueUrl"]
    return queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["CreatedTimestamp"]


def cut_off_in_state(bench: Workbench, names: set[str]) -> None:
    """What Terraform notes of a creation whose end it did not see."""
    path = state_of(bench, "prod")
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


def test_a_destroy_finds_what_the_state_does_not_know(bench: Workbench, account: Account, chance: random.Random):
    """A run died before it wrote its state down, and nobody deploys again: nothing may stay there and cost."""
    forget(state_of(bench, "dev"), chance)
    before = account.of("dev")
    unsure = bench.kit("destroy", "--env", "dev", "--confirm", "prod")
    refuses(unsure, "are not in its state", "'prod' is not 'dev': nothing was destroyed", code=1)
    held = bench.kit("destroy", "--env", "dev", "--confirm", "dev")
    refuses(held, "table kit-dev-endpoints: 1 items", "--lose-data", code=1)
    assert account.of("dev") == before
    process = bench.start("destroy", "--env", "dev", "--lose-data", "--confirm", "dev")
    assert process.stderr is not None
    for line in process.stderr:
        assert "are not in its state" not in line, "they were taken over before"
        if " 20 of " in line:
            break
    os.kill(process.pid, signal.SIGTERM)
    result = ended(process)
    assert result.code == 130 and "Run the same command again" in result.err, str(result)
    again = bench.kit("destroy", "--env", "dev", "--lose-data", "--confirm", "dev")
    assert again.code == 0, str(again)
    assert account.of("dev") == {}


def forget(state: Path, chance: random.Random) -> None:
    """Two thirds of what the state holds, and all outputs."""
    forgotten = json.loads(state.read_text("utf-8"))
    managed = [item for item in forgotten["resources"] if item["mode"] == "managed"]
    for item in chance.sample(managed, len(managed) * 2 // 3):
        forgotten["resources"].remove(item)
    forgotten |= {"serial": forgotten["serial"] + 1, "outputs": {}}
    state.write_text(json.dumps(forgotten), encoding="utf-8")
