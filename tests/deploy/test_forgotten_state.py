"""Resources that the state does not know, or knows by halves, because a run died: they are taken over, and judged first.

What is forgotten is random: see ``chance``. The tests go on with each other's environment, in their order.
"""

from __future__ import annotations

import json
import os
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.account import Account
from tests.deploy.workbench import Workbench, ended, refuses

pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module", autouse=True)
def deployed(bench: Workbench) -> None:
    first = bench.kit("deploy", "--env", "dev", "--yes", "--skip-smoke-test")
    assert first.code == 0, str(first)


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
    table, queue = "kit-dev-endpoints", "kit-dev-sends"
    tables = account.client("dynamodb")
    put_item(tables, table)
    made = created_at(account, queue)
    cut_off_in_state(bench, {table, queue})
    looked = bench.kit("plan", "--env", "dev", "--markdown")
    assert looked.code == 3 and "an earlier apply was cut off while it made it" in looked.out, str(looked)
    again = bench.kit("deploy", "--env", "dev", "--yes", "--skip-smoke-test")
    assert again.code == 0, str(again)
    assert again.err.count("was cut off while it was made: it is kept") == 2, str(again)
    assert tables.scan(TableName=table)["Count"] == 1, "the item that was there"
    assert created_at(account, queue) == made
    assert bench.kit("plan", "--env", "dev").code == 0


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
    path = state_of(bench, "dev")
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
