"""The workflow steps, with a `gh` on PATH that keeps what GitHub would keep."""

import json
import os
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts import plan_files
from scripts.cli import kit
from scripts.plan_review.plan_json import read_plan
from scripts.plan_review.rendering import markdown
from scripts.plan_review.review import review_plan
from tests.plan_review.plans import plan, resource

GH = """#!{python}
import json, sys, pathlib, re
store = pathlib.Path({store!r})
state = json.loads(store.read_text()) if store.exists() else {{"comments": [], "issues": []}}
path, method = sys.argv[2], sys.argv[sys.argv.index("-X") + 1] if "-X" in sys.argv else "GET"
body = json.load(sys.stdin) if "--input" in sys.argv else None
kind = "comments" if "comments" in path else "issues"
if method == "GET":
    found = [i for i in state[kind] if i.get("state", "open") == "open"]
    print(json.dumps([found[:1], found[1:]]))
elif method == "DELETE":
    state.setdefault("deleted", []).append(path)
elif method == "POST":
    state[kind].append({{"id": len(state[kind]) + 1, "number": len(state[kind]) + 1, **body}})
else:
    state[kind][int(re.search(r"(\\d+)$", path)[1]) - 1].update(body)
store.write_text(json.dumps(state))
"""


@pytest.fixture
def github(tmp_path, monkeypatch):
    store = tmp_path / "store.json"
    tool = tmp_path / "bin" / "gh"
    tool.parent.mkdir()
    tool.write_text(GH.format(python=sys.executable, store=str(store)))
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GITHUB_REPOSITORY", "team/kit")
    monkeypatch.setattr(plan_files, "BUILD", tmp_path / "build")
    return lambda: json.loads(store.read_text())


def leave_review(*resources):
    files = plan_files.PlanFiles.of("dev")
    files.folder.mkdir(parents=True, exist_ok=True)
    review = review_plan(read_plan(plan(*resources)), environment="dev")
    files.markdown.write_text(markdown(review))
    files.machine.write_text(json.dumps(review.as_json()))


def run(*arguments, **environment):
    return CliRunner().invoke(kit, arguments, env=environment)


GONE = resource("aws_dynamodb_table.endpoints", ["delete"], {"name": "e"})
NEW = resource("aws_sqs_queue.q", ["create"], None, {"name": "q"})


def test_one_comment_that_updates_itself(github):
    for resources, said in (([NEW], "created"), ([GONE], "updated"), ([], "updated")):
        leave_review(*resources)
        assert said in run("plan-comment", "--env", "dev", "--pull-request", "7").output
    (comment,) = github()["comments"]
    assert "No changes" in comment["body"]


@pytest.mark.parametrize(
    ("resources", "labels", "code"),
    [
        ([NEW], "", 0),
        ([GONE], "", 3),
        ([GONE], "bug, second-look-approved", 0),
        ([GONE], "second-look", 3),
        ([], "", 0),
    ],
)
def test_the_gate_demands_a_label_for_a_second_look(github, resources, labels, code):
    leave_review(*resources)
    assert run("plan-gate", "--env", "dev", LABELS=labels).exit_code == code


def test_the_drift_issue_opens_updates_and_closes(github):
    said = []
    for resources in ([], [NEW], [GONE], []):
        leave_review(*resources)
        said.append(run("drift-issue", "--env", "dev").output.strip().rpartition(": ")[2])
    assert said == ["nothing to do", "opened", "updated", "closed"]
    assert [issue["state"] for issue in github()["issues"]] == ["closed"]


@pytest.mark.parametrize("command", ["plan-comment", "plan-gate", "drift-issue"])
def test_without_a_plan_the_next_command_is_named(github, command):
    more = ["--pull-request", "7"] if command == "plan-comment" else []
    answer = run(command, "--env", "dev", *more)
    assert answer.exit_code == 1
    assert "kit plan" in answer.output


def test_a_label_does_not_count_for_later_commits(github):
    leave_review(GONE)
    given = {"LABELS": "second-look-approved", "NEW_COMMITS_OF": "7"}
    assert run("plan-gate", "--env", "dev", **given).exit_code == 3
    assert github()["deleted"] == ["repos/team/kit/issues/7/labels/second-look-approved"]
    assert run("plan-gate", "--env", "dev", **{**given, "NEW_COMMITS_OF": ""}).exit_code == 0


WORKFLOWS = sorted((Path(__file__).parents[2] / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_to_commits_and_keep_no_token(workflow):
    lines = workflow.read_text().splitlines()
    uses = [line.split("uses: ")[1] for line in lines if "uses: " in line]
    assert uses and all(re.match(r"[\w./-]+@[0-9a-f]{40} # v\d", text) for text in uses)
    assert "persist-credentials: false" in workflow.read_text()
    assert "pull_request_target" not in workflow.read_text()


def test_what_is_planned_is_what_is_applied_and_a_label_is_judged_at_once():
    plan_, apply_ = ((WORKFLOWS[0].parent / f"{name}.yml").read_text() for name in ("plan", "apply"))
    paths = re.search(r"paths: .*", plan_)[0]
    assert paths in apply_
    assert {"labeled", "unlabeled", "synchronize"} <= set(re.search(r"types: \[(.*?)\]", plan_)[1].split(", "))


def test_every_make_target_of_the_workflows_exists():
    repo = Path(__file__).parents[2]
    targets = (repo / "Makefile").read_text()
    for workflow in (repo / ".github/workflows").glob("*.yml"):
        for line in workflow.read_text().splitlines():
            if "run: make " in line:
                target = line.split("run: make ")[1].split()[0]
                assert f"\n{target}:" in targets, f"{workflow.name}: make {target}"
