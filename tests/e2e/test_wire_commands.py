"""`kit wire` and `kit preview` as people run them: with results of batch inference, with a live model, with neither."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engagement.domain.batch_results import UNKNOWN_USER
from scripts.sample_run import blocks_of_items
from scripts.stored_results import declared_provider, results_of

pytestmark = pytest.mark.e2e
REPO = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def run(kit, tmp_path_factory):
    """``run(command, ...)`` of `kit` for the environment local, which is the local AWS of these tests."""
    build = tmp_path_factory.mktemp("build")
    (build / "local").mkdir()
    (build / "local" / "run").symlink_to(kit.aws.run_folder)
    path = os.pathsep.join([str(REPO), str(REPO / "lambda_src")])

    def command(*words):
        return subprocess.run(
            [sys.executable, "-m", "scripts.cli", *words],
            cwd=REPO, env={**os.environ, "KIT_BUILD": str(build), "PYTHONPATH": path},
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    yield command
    assert command("wire").returncode == 0, "the live campaign, which other tests ask, is wired again"


@pytest.fixture(scope="module")
def provider(kit):
    return declared_provider(kit.outputs)


@pytest.fixture(scope="module")
def wired(run, provider):
    """What `kit wire` says of the results of batch inference, on a kit that the live campaign was wired to."""
    done = run("wire", "--recommender", provider, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_wire_takes_the_batch_checks_it_with_real_people_and_changes_nothing_twice(kit, run, provider, wired):
    assert wired["recommender"] == provider and wired["changes"] == ["recommender configuration updated"]
    stored = results_of(kit.clients, kit.outputs)
    users = [one["user_id"] for one in wired["checked"]]
    assert len(users) == 3 and users[-1] == UNKNOWN_USER
    assert {one["user_id"]: one["recommended"][0]["item"] for one in wired["checked"]} == {
        user: items[0] for user, items in stored.items_of(provider, users).items()
    }
    assert all(one["subject"] and not one["fallback"] for one in wired["checked"])
    again = run("wire", "--recommender", provider)
    assert again.returncode == 0 and "as it should be" in again.stdout, again.stdout + again.stderr
    assert "somebody unknown would get" in again.stdout and "nothing by the hour" in again.stdout


def test_preview_shows_the_batchs_item_and_the_mail_also_before_anybody_was_imported(kit, run, provider, wired):
    known = "user_27"  # the model knows it, and no test imports it
    done = run("preview", "--user", known, "--user", "somebody-new", "--json")
    assert done.returncode == 0, done.stderr
    own, new = json.loads(done.stdout)
    stored = results_of(kit.clients, kit.outputs).items_of(provider, [known, UNKNOWN_USER])
    blocks = blocks_of_items(
        kit.clients, kit.outputs["transformer_arn"], [one["recommended"][0]["item"] for one in (own, new)]
    )
    for preview, user in ((own, known), (new, UNKNOWN_USER)):
        (item,) = preview["recommended"]
        assert item["item"] == stored[user][0] and preview["endpoint_id"] is None
        assert blocks[item["item"]].strip() in preview["html"]
    assert own["fallback"] is None and new["fallback"] == "POPULAR_ITEMS"
    told = run("preview", "--user", "somebody-new").stdout
    assert "no email endpoint" in told and "what everybody likes" in told


def test_a_live_campaign_goes_before_the_batch_and_names_its_price(kit, run, wired):
    live = run("wire")
    assert live.returncode == 0, live.stderr
    assert kit.recommender_arn in live.stdout and "USD an hour" in live.stdout
    (preview,) = json.loads(run("preview", "--user", kit.people[1].user_id, "--json").stdout)
    assert preview["recommended"][0]["score"] > 0


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("arn:aws:personalize:us-east-1:000000000000:campaign/nobody", "nobody would get recommendations"),
        ("s3://{bucket}/personalize/output/nothing-there/", "kit train"),
    ],
)
def test_a_recommender_that_answers_nobody_is_told(kit, run, uri, words):
    done = run("wire", "--recommender", uri.format(bucket=kit.outputs["bucket"]))
    assert done.returncode == 1 and words in done.stderr and "Traceback" not in done.stderr
