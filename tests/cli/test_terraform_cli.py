"""The wrapper around Terraform, against a terraform that notes how it was called (tests/terraform has the real one)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.terraform_cli import Terraform, TerraformError, TerraformInterrupted
from tests.cli.test_provider_mirror import unpacked

pytestmark = pytest.mark.programs

REPO = Path(__file__).parents[2]
VERSIONS = 'terraform {\n  required_providers {\n    aws = {\n      source  = "hashicorp/aws"\n      version = ">= 5.100.0, < 7.0.0"\n    }\n  }\n}\n'  # fmt: skip
# Notes every call, says what `answers.json` holds for the command, and waits when told to.
FAKE = """#!{python}
import json, os, pathlib, signal, sys, time
here = pathlib.Path({here!r})
words = sys.argv[1:]
call = dict(words=words, cwd=os.getcwd(), environment=dict(os.environ), files=dict())
for word in words:
    name, _, value = word.partition("=")
    if name == "-var-file" and os.path.exists(value):
        call["files"][value] = open(value).read()
with (here / "calls.jsonl").open("a") as notes:
    notes.write(json.dumps(call) + "\\n")
answers = json.loads((here / "answers.json").read_text())
queue = answers.get(words[0], [dict()])
number = sum(1 for line in (here / "calls.jsonl").open() if json.loads(line)["words"][0] == words[0]) - 1
answer = queue[min(number, len(queue) - 1)]
def interrupted(*_):
    with (here / "signals").open("a") as notes:
        notes.write("SIGINT\\n")
    if not answer.get("stubborn"):
        print(json.dumps(dict(type="log", said="stopping")), flush=True)
        sys.exit(1)
signal.signal(signal.SIGINT, interrupted)
for line in answer.get("lines", []):
    print(line if isinstance(line, str) else json.dumps(line), flush=True)
print(answer.get("errors", ""), file=sys.stderr, end="")
if answer.get("wait"):
    (here / "waiting").write_text(str(os.getpid()))
    deadline = time.time() + 60
    while time.time() < deadline:
        time.sleep(0.02)
sys.exit(answer.get("code", 0))
"""


class Fake:
    """The stand-in for terraform: what it shall answer, and how it was called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "bin" / "terraform"
        program.parent.mkdir(parents=True)
        program.write_text(FAKE.format(python=sys.executable, here=str(folder)))
        program.chmod(0o755)
        self.answer()

    def answer(self, **answers: list[dict[str, Any]]) -> None:
        (self.folder / "answers.json").write_text(json.dumps(answers))

    @property
    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "calls.jsonl").read_text().splitlines()]

    @property
    def signals(self) -> list[str]:
        path = self.folder / "signals"
        return path.read_text().split() if path.exists() else []

    def wait(self) -> int:
        """The pid, once it waits."""
        path = self.folder / "waiting"
        until(lambda: path.exists() and path.read_text())
        return int(path.read_text())


def until(check: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 20
    while not check():
        assert time.monotonic() < deadline, "nothing happened for 20 s"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake(tmp_path / "fake")
    monkeypatch.setenv("PATH", f"{made.folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    for name in ("TF_CLI_CONFIG_FILE", "KIT_PROVIDER_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    return made


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    folder = tmp_path / "kit" / "terraform"
    (folder / "modules").mkdir(parents=True)
    (folder / "main.tf").write_text("")
    (folder / "versions.tf").write_text(VERSIONS)
    (folder / "local.tfvars").write_text('prefix = "kit"\n')
    return folder


@pytest.fixture
def terraform(fake: Fake, configuration: Path, tmp_path: Path) -> Terraform:
    made = Terraform(configuration, tmp_path / "data", state=tmp_path / "run/terraform.tfstate", say=print)
    made.init()
    return made


def test_nothing_is_written_into_the_configuration(
    terraform: Terraform, fake: Fake, configuration: Path, tmp_path: Path
):
    before = sorted(configuration.iterdir())
    terraform.plan(out=tmp_path / "p.tfplan")
    assert sorted(configuration.iterdir()) == before
    root = Path(fake.calls[-1]["cwd"])
    assert root == tmp_path / "data/root" and (root / "main.tf").resolve() == configuration / "main.tf"
    assert fake.calls[-1]["environment"]["TF_DATA_DIR"] == str(root / ".terraform")
    assert os.readlink(root.parent / "build/lambda.zip") == str(configuration.parent / "build/lambda.zip")


def test_the_state_is_where_it_was_asked_for(terraform: Terraform, tmp_path: Path):
    text = (tmp_path / "data/root/backend.tf").read_text()
    assert 'backend "local"' in text and json.dumps(str(tmp_path / "run/terraform.tfstate")) in text


def test_a_backend_file_means_state_on_s3(fake: Fake, configuration: Path, tmp_path: Path):
    (configuration / "backend.tf").write_text('terraform {\n  backend "remote" {}\n}\n')
    backend = tmp_path / "dev.s3.tfbackend"
    Terraform(configuration, tmp_path / "data", backend=backend).init()
    assert 'backend "s3" {}' in (tmp_path / "data/root/backend.tf").read_text()
    assert f"-backend-config={backend}" in fake.calls[-1]["words"] and "-reconfigure" in fake.calls[-1]["words"]
    assert 'backend "remote"' in (configuration / "backend.tf").read_text()


def test_a_file_that_is_gone_from_the_configuration_is_gone_from_the_next_run(terraform: Terraform, configuration: Path, tmp_path: Path):  # fmt: skip
    (configuration / "main.tf").rename(configuration / "start.tf")
    terraform.init()
    links = {path.name for path in (tmp_path / "data/root").iterdir() if path.is_symlink()}
    assert links == {"start.tf", "versions.tf", "local.tfvars", "modules"}


def test_variables_win_over_the_file_of_values(terraform: Terraform, fake: Fake, configuration: Path, tmp_path: Path):
    fake.answer(plan=[{"code": 2}])
    variables = {"from_address": "a b@example.org", "architectures": {"recommendations": False}, "limits": [1, 2]}
    plan = terraform.plan(out=tmp_path / "p.tfplan", var_file=configuration / "local.tfvars", variables=variables)
    assert plan.changes and plan.file == tmp_path / "p.tfplan"
    call = fake.calls[-1]
    files = [word.partition("=")[2] for word in call["words"] if word.startswith("-var-file=")]
    assert files[0] == str(configuration / "local.tfvars") and json.loads(call["files"][files[1]]) == variables
    assert not Path(files[1]).exists(), "the file with the variables is left behind"


@pytest.mark.parametrize(("code", "changes"), [(0, False), (2, True)])
def test_a_plan_says_whether_it_changes_anything(
    terraform: Terraform, fake: Fake, tmp_path: Path, code: int, changes: bool
):
    fake.answer(plan=[{"code": code}])
    assert terraform.plan(out=tmp_path / "p.tfplan").changes is changes


def test_events_are_streamed_as_they_come_and_other_lines_do_no_harm(terraform: Terraform, fake: Fake, tmp_path: Path):
    events = [{"type": "apply_start"}, {"type": "apply_complete", "hook": {"resource": {"addr": "x"}}}]
    fake.answer(apply=[{"lines": [events[0], "", "plain text", "[1]", events[1]]}])
    seen: list[Any] = []
    terraform.apply(tmp_path / "p.tfplan", on_event=seen.append)
    assert seen == events
    assert fake.calls[-1]["words"][-1] == str(tmp_path / "p.tfplan") and "-json" in fake.calls[-1]["words"]


def test_diagnostics_carry_file_line_summary_and_detail(terraform: Terraform, fake: Fake, tmp_path: Path):
    diagnostic = {
        "severity": "error", "summary": "Invalid value", "detail": "prefix must be short.", "address": "aws_s3_bucket.x",
        "range": {"filename": "variables.tf", "start": {"line": 12, "column": 1}},
    }  # fmt: skip
    warning = {"severity": "warning", "summary": "Deprecated"}
    lines = [{"type": "diagnostic", "diagnostic": item} for item in (warning, diagnostic)]
    fake.answer(apply=[{"lines": [*lines, "a plain line"], "code": 1}])
    with pytest.raises(TerraformError) as raised:
        terraform.apply(tmp_path / "p.tfplan")
    (found,) = raised.value.diagnostics
    assert (found.file, found.line, found.summary, found.detail) == ("variables.tf", 12, "Invalid value", "prefix must be short.")  # fmt: skip
    assert str(raised.value) == (
        "terraform apply failed (exit code 1)\na plain line\n"
        "variables.tf:12: Invalid value (aws_s3_bucket.x)\n  prefix must be short."
    )


def test_documents_are_read_and_their_errors_told(terraform: Terraform, fake: Fake, tmp_path: Path):
    fake.answer(
        output=[{"lines": [{"api_url": {"value": "http://x", "sensitive": False}, "none": {"value": None}}]}],
        show=[{"code": 1, "errors": "Error: no such plan"}],
        validate=[{"code": 1, "lines": [{"valid": False, "diagnostics": [{"severity": "error", "summary": "Bad"}]}]}],
    )
    assert terraform.output() == {"api_url": "http://x", "none": None}
    assert [item.summary for item in terraform.validate()] == ["Bad"]
    with pytest.raises(TerraformError, match="no such plan"):
        terraform.show_json(tmp_path / "p.tfplan")


def test_a_mark_is_taken_back_or_the_reason_told(terraform: Terraform, fake: Fake):
    address = 'module.store.module.table["endpoints"].aws_dynamodb_table.this'
    fake.answer(untaint=[{}, {"code": 1, "errors": "Error: No such resource instance"}])
    terraform.untaint(address)
    assert fake.calls[-1]["words"] == ["untaint", "-no-color", address]
    with pytest.raises(TerraformError, match="No such resource instance"):
        terraform.untaint(address)


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ({}, []),
        ({"code": 1, "errors": "cannot import state with serial 1 over newer state with serial 4"}, ["errored.older"]),
        ({"code": 1, "errors": "Error: Failed to get existing workspaces: no route to host"}, ["errored.tfstate"]),
    ],
    ids=["saved", "older", "still no network"],
)
def test_a_state_that_could_not_be_saved_is_saved_by_the_next_run(
    terraform: Terraform, fake: Fake, answer: dict[str, Any], left: list[str]
):
    root = Path(fake.calls[-1]["cwd"])
    terraform.push_unsaved_state()
    assert "state" not in [call["words"][0] for call in fake.calls]
    (root / "errored.tfstate").write_text("{}")
    fake.answer(state=[answer])
    if left == ["errored.tfstate"]:
        with pytest.raises(TerraformError, match="no route to host"):
            terraform.push_unsaved_state()
    else:
        terraform.push_unsaved_state()
    assert fake.calls[-1]["words"] == ["state", "push", "-no-color", str(root / "errored.tfstate")]
    assert [path.name for path in root.glob("errored.*")] == left


def test_import_blocks_are_for_the_next_plan_only(terraform: Terraform, fake: Fake, configuration: Path):
    root = Path(fake.calls[-1]["cwd"])
    terraform.import_with_next_plan("import {}\n")
    assert (root / "taken_over.tf").read_text() == "import {}\n"
    terraform.init()
    assert not (root / "taken_over.tf").exists() and not (configuration / "taken_over.tf").exists()


def test_destroy_applies_a_plan_to_destroy(terraform: Terraform, fake: Fake, configuration: Path, tmp_path: Path):
    fake.answer(plan=[{"code": 2}])
    terraform.destroy(var_file=configuration / "local.tfvars")
    plan, apply = fake.calls[-2:]
    assert "-destroy" in plan["words"] and apply["words"][0] == "apply"
    assert f"-out={apply['words'][-1]}" in plan["words"]


@pytest.mark.parametrize("given,words", [("10m", ["-lock-timeout=10m"]), ("", []), (None, [])])
def test_how_long_to_wait_for_a_held_state_can_be_given(
    terraform: Terraform, fake: Fake, monkeypatch: pytest.MonkeyPatch, given: str | None, words: list[str]
):
    monkeypatch.delenv("KIT_LOCK_TIMEOUT", raising=False)
    if given is not None:
        monkeypatch.setenv("KIT_LOCK_TIMEOUT", given)
    fake.answer(plan=[{"code": 2}])
    terraform.destroy()
    for call in fake.calls[-2:]:
        assert [word for word in call["words"] if "lock" in word] == words


def test_for_a_local_aws_the_callers_aws_settings_and_terraform_switches_stay_out(
    fake: Fake, configuration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in (
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "TF_CLI_ARGS",
        "TF_CLI_ARGS_plan",
        "TF_WORKSPACE",
        "TF_VAR_prefix",
    ):
        monkeypatch.setenv(name, "mine")
    local = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_ACCESS_KEY_ID": "test"}
    Terraform(configuration, tmp_path / "data", env=local).init()
    seen = fake.calls[-1]["environment"]
    assert {name for name in seen if seen[name] == "mine"} == set()
    assert local.items() <= seen.items() and seen["AWS_CONFIG_FILE"] == os.devnull
    Terraform(configuration, tmp_path / "data", env={}).init()
    seen = fake.calls[-1]["environment"]
    assert {name for name in seen if seen[name] == "mine"} == {"AWS_PROFILE", "AWS_SESSION_TOKEN", "TF_VAR_prefix"}


def test_a_cli_configuration_that_does_not_exist_is_left_out(
    fake: Fake, configuration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "none.tfrc"))
    terraform = Terraform(configuration, tmp_path / "data")
    terraform.init()
    assert "TF_CLI_CONFIG_FILE" not in fake.calls[-1]["environment"]
    (tmp_path / "none.tfrc").write_text("")
    terraform.init()
    assert fake.calls[-1]["environment"]["TF_CLI_CONFIG_FILE"] == str(tmp_path / "none.tfrc")


UNREACHABLE = {
    "code": 1,
    "lines": [
        {
            "type": "diagnostic",
            "diagnostic": {"severity": "error", "summary": "Failed to query available provider packages", "detail": "no such host"},
        }
    ],
}  # fmt: skip


def test_without_the_registry_a_mirror_is_used_and_said(
    fake: Fake, configuration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    root = unpacked(tmp_path / "home/.terraform.d/plugins", "5.100.0")
    fake.answer(init=[UNREACHABLE, {}])
    said: list[str] = []
    Terraform(configuration, tmp_path / "data", say=said.append).init()
    assert said == [f"Terraform takes hashicorp/aws 5.100.0 in {root} (Terraform's own mirror folders)"]
    assert str(root) in Path(fake.calls[-1]["environment"]["TF_CLI_CONFIG_FILE"]).read_text()


def test_a_named_mirror_is_used_without_asking_the_registry(
    fake: Fake, configuration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("KIT_PROVIDER_MIRROR", str(unpacked(tmp_path / "mine", "5.100.0")))
    Terraform(configuration, tmp_path / "data", say=lambda text: None).init()
    assert len(fake.calls) == 1 and "TF_CLI_CONFIG_FILE" in fake.calls[0]["environment"]


def test_another_failure_of_init_is_told_as_it_is(fake: Fake, configuration: Path, tmp_path: Path):
    diagnostic = {"severity": "error", "summary": "Unsupported Terraform Core version"}
    fake.answer(init=[{"code": 1, "lines": [{"type": "diagnostic", "diagnostic": diagnostic}]}])
    with pytest.raises(TerraformError, match="Unsupported Terraform Core version"):
        Terraform(configuration, tmp_path / "data").init()
    assert len(fake.calls) == 1


def test_a_machine_without_terraform_is_told_so(configuration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TerraformError, match=r"install Terraform 1\.10 or newer"):
        Terraform(configuration, tmp_path / "data").init()


# ---- interrupts: the kit runs in a process of its own, because they come from outside

DRIVER = """
import pathlib, sys
import scripts.terraform_cli
from scripts.terraform_cli import Terraform, TerraformInterrupted
scripts.terraform_cli.GRACE_SECONDS_LOCAL = float(sys.argv[3])
terraform = Terraform(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), env={"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
try:
    terraform.apply(pathlib.Path(sys.argv[2]) / "p.tfplan")
except TerraformInterrupted as error:
    print(error)
    sys.exit(42)
"""


@pytest.fixture
def applying(terraform: Terraform, fake: Fake, configuration: Path, tmp_path: Path, request: pytest.FixtureRequest):
    """A kit in the middle of an apply; its terraform ends on an interrupt unless the test gives a "stubborn" one a grace."""
    stubborn, grace = getattr(request, "param", ("", 0.5))
    fake.answer(apply=[{"wait": True, "stubborn": bool(stubborn)}])
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(configuration), str(tmp_path / "data"), str(grace)],
        cwd=REPO,
        env={**os.environ, "PYTHONPATH": str(REPO)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_ctrl_c_interrupts_terraform_once_and_waits_for_its_good_end(applying: subprocess.Popen[str], fake: Fake):
    pid = fake.wait()
    os.killpg(applying.pid, signal.SIGINT)  # as a terminal does: to everybody in the kit's process group
    out, err = applying.communicate(timeout=20)
    assert (applying.returncode, fake.signals) == (42, ["SIGINT"])
    assert err.startswith("Stopping: Terraform ends what it is doing first.")
    assert "run the same command to go on" in out and not alive(pid)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL"])
def test_terraform_ends_when_the_kit_is_killed(applying: subprocess.Popen[str], fake: Fake, name: str):
    pid = fake.wait()
    applying.send_signal(signal.Signals[name])
    until(lambda: not alive(pid))
    assert fake.signals == ["SIGINT"]


@pytest.mark.parametrize("applying", [("stubborn", 0.5)], indirect=True)
def test_a_terraform_that_does_not_end_after_the_kits_death_is_killed(applying: subprocess.Popen[str], fake: Fake):
    pid = fake.wait()
    assert os.getpgid(pid) not in (os.getpgid(0), applying.pid), "terraform shares a process group with the kit"
    applying.kill()
    until(lambda: not alive(pid))
    assert fake.signals == ["SIGINT"]


@pytest.mark.parametrize("applying", [("stubborn", 0.5)], indirect=True)
def test_on_this_machine_a_terraform_that_does_not_end_is_given_up(applying: subprocess.Popen[str], fake: Fake):
    pid = fake.wait()
    applying.send_signal(signal.SIGINT)
    applying.communicate(timeout=20)
    assert (applying.returncode, fake.signals) == (42, ["SIGINT", "SIGINT"]) and not alive(pid)


@pytest.mark.parametrize("applying", [("stubborn", 60)], indirect=True)
def test_a_second_ctrl_c_reaches_terraform_too(applying: subprocess.Popen[str], fake: Fake):
    pid = fake.wait()
    for times in (1, 2):
        applying.send_signal(signal.SIGINT)
        until(lambda times=times: len(fake.signals) == times)
    assert applying.poll() is None and alive(pid), "the kit must wait for terraform's end"


def test_an_error_of_the_listener_stops_terraform(terraform: Terraform, fake: Fake, tmp_path: Path):
    fake.answer(apply=[{"lines": [{"type": "apply_start"}], "wait": True}])

    def listen(event: dict[str, Any]) -> None:
        fake.wait()
        raise LookupError("the listener failed")

    with pytest.raises(LookupError):
        terraform.apply(tmp_path / "p.tfplan", on_event=listen)
    assert fake.signals == ["SIGINT"] and not alive(fake.wait())


def test_an_interrupt_is_a_keyboard_interrupt_to_callers():
    assert issubclass(TerraformInterrupted, KeyboardInterrupt)
