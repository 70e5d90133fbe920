"""The same chain against the local Personalize over HTTP: killed processes, two at once, new data."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from personalize.config import DEFAULT_DECLARATION
from personalize.driver import LOCAL, plan_training, train, training
from personalize.driver.observe import observe
from personalize.driver.teardown import destroy_plan
from tests.personalize_driver.local_account import BUCKET, LocalAccount, started
from tests.personalize_driver.scene import rows

pytestmark = pytest.mark.local_aws
REPO = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAccount]:
    with started(tmp_path_factory.mktemp("aws")) as aws:
        yield LocalAccount(aws)


def run_in_a_process(account: LocalAccount, prefix: str) -> subprocess.Popen[bytes]:
    code = (
        "import json,sys,boto3;from personalize.driver import train,LOCAL;"
        "p=json.loads(sys.argv[1]);s=boto3.Session(region_name='us-east-1',aws_access_key_id='t',aws_secret_access_key='t');"
        "c={n:s.client(n,endpoint_url=p['url']) for n in ('personalize','s3')};"
        "train(p['path'],c,p['variables'],poll_seconds=LOCAL)"
    )
    told = {"url": account.endpoint_url, "path": str(DEFAULT_DECLARATION), "variables": account.variables(prefix)}
    return subprocess.Popen(
        [sys.executable, "-c", code, json.dumps(told)],
        cwd=REPO,
        env={**os.environ, "PYTHONPATH": str(REPO)},
        stderr=subprocess.PIPE,
    )


def made(account: LocalAccount, prefix: str) -> Counter[str]:
    """How many of each kind exist under one prefix."""
    client = account.client("personalize")
    groups = [
        g["datasetGroupArn"] for g in client.list_dataset_groups()["datasetGroups"] if g["name"].startswith(prefix)
    ]
    counts = Counter({"group": len(groups)})
    for group in groups:
        for dataset in client.list_datasets(datasetGroupArn=group)["datasets"]:
            counts["dataset"] += 1
            jobs = client.list_dataset_import_jobs(datasetArn=dataset["datasetArn"])
            counts["import"] += len(jobs["datasetImportJobs"])
        for solution in client.list_solutions(datasetGroupArn=group)["solutions"]:
            arn = solution["solutionArn"]
            counts["solution"] += 1
            counts["version"] += len(client.list_solution_versions(solutionArn=arn)["solutionVersions"])
            counts["campaign"] += len(client.list_campaigns(solutionArn=arn)["campaigns"])
    return counts


ONCE = {"group": 1, "dataset": 1, "import": 1, "solution": 2, "version": 2, "campaign": 1}


def test_trains_serves_and_a_second_run_changes_nothing(account: LocalAccount):
    variables = account.variables("once")
    result = train(DEFAULT_DECLARATION, account, variables, poll_seconds=LOCAL)
    assert result.metrics["coverage"] > 0
    comparison = result.comparisons[0]
    assert comparison.popularity and comparison.candidate == result.metrics
    answer = account.client("personalize-runtime").get_recommendations(
        campaignArn=result.campaign_arn, userId="user_3", numResults=3
    )
    assert len(answer["itemList"]) == 3
    assert plan_training(DEFAULT_DECLARATION, account, variables).changes == ()
    again = train(DEFAULT_DECLARATION, account, variables, poll_seconds=LOCAL)
    assert again.solution_version_arn == result.solution_version_arn
    assert made(account, "once") == ONCE


@pytest.mark.parametrize("seed", range(2))
def test_a_process_killed_at_random_moments_repeats_nothing(account: LocalAccount, seed: int):
    luck = random.Random(seed)
    prefix = f"killed{seed}"
    for _ in range(5):
        process = run_in_a_process(account, prefix)
        time.sleep(luck.uniform(0.4, 2.2))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    finish = run_in_a_process(account, prefix)
    _, errors = finish.communicate(timeout=60)
    assert finish.returncode == 0, errors.decode()
    assert made(account, prefix) == ONCE


def test_two_processes_at_once_do_no_harm(account: LocalAccount):
    both = [run_in_a_process(account, "both") for _ in range(2)]
    told = [process.communicate(timeout=60)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert made(account, "both") == ONCE


def test_new_rows_bring_a_new_version_into_the_same_campaign(account: LocalAccount):
    variables = account.variables("again")
    first = train(DEFAULT_DECLARATION, account, variables, poll_seconds=LOCAL)
    account.put(rows(4000, users=80))
    second = train(DEFAULT_DECLARATION, account, variables, poll_seconds=LOCAL)
    assert second.campaign_arn == first.campaign_arn
    assert made(account, "again") == {**ONCE, "import": 2, "version": 4}
    campaign = account.client("personalize").describe_campaign(campaignArn=second.campaign_arn)["campaign"]
    serving = (campaign.get("latestCampaignUpdate") or campaign)["solutionVersionArn"]
    newest = next(arn for key, arn in second.versions.items() if key.endswith("elements/version"))
    assert serving == newest


def test_everything_that_can_be_declared_is_made_once_and_destroyed_in_order(account: LocalAccount):
    luck = random.Random(1)
    s3 = account.client("s3")
    texts = {
        "interactions.csv": "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE\n"
        + "".join(f"u{luck.randrange(60)},i{luck.randrange(12)},{1_700_000_000 + n},click\n" for n in range(3000)),
        "users.csv": "USER_ID,TIER\n" + "".join(f"u{n},{'ab'[n % 2]}\n" for n in range(60)),
        "items/1.csv": "ITEM_ID,KIND\n" + "".join(f"i{n},x\n" for n in range(6)),
        "items/2.csv": "ITEM_ID,KIND\n" + "".join(f"i{n},y\n" for n in range(6, 12)),
        "segments.jsonl": '{"itemId": "i1"}\n{"itemId": "i2"}\n',
    }
    for key, text in texts.items():
        s3.put_object(Bucket=BUCKET, Key=f"personalize/w/{key}", Body=text.encode())
    one = training(Path(__file__).with_name("wide.yaml"), account, account.variables("unused"), poll_seconds=LOCAL)
    result = one.run()
    assert set(result.campaigns) == {"main/solution/picks/campaign/live", "main/solution/similar/campaign/live"}
    assert one.plan().changes == ()
    written = s3.list_objects_v2(Bucket=BUCKET, Prefix="personalize/output/")["Contents"]
    assert {row["Key"].split("/")[2] for row in written} >= {"n", "f"}
    one.run(destroy_plan(one.declaration, observe(one.api, one.declaration)))
    assert observe(one.api, one.declaration).found == ()
