"""The command `kit` as people call it: from any folder, through links, completed by the shell, coloured on terminals."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from scripts.cli import kit
from scripts.commands.doctor import COLOURS

pytestmark = pytest.mark.programs

REPO = Path(__file__).parents[2]
PROGRAM = REPO / "scripts" / "kit"
CONTEXT = click.Context(kit)
# Commands whose answer is for people or a file that they name; everything else can answer as JSON.
WITHOUT_JSON = {
    "demo": "writes build/demo.json", "local": "writes build/local.json", "local-down": "answers nothing",
    "plan-comment": "answers nothing", "plan-gate": "its exit code is the answer", "drift-issue": "answers nothing",
    "sample-data": "writes the CSV file",
}  # fmt: skip


def run(*words: str, cwd: Path = REPO, program: Path = PROGRAM, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "PYTHONPATH")}
    return subprocess.run(
        [str(program), *words], cwd=cwd, env={**inherited, **environment}, capture_output=True, text=True, check=False
    )


def on_a_terminal(*words: str, **environment: str) -> str:
    """What the command writes when its output is a terminal."""
    ours, theirs = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "PYTHONPATH")}
    process = subprocess.Popen(
        [str(PROGRAM), *words], cwd=REPO, env={**inherited, "TERM": "xterm", **environment},
        stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs)
    written = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # how Linux ends a pseudo terminal
            break
        if not part:
            break
        written += part
    os.close(ours)
    process.wait()
    return written.decode()


def test_it_works_from_any_folder_and_through_links(tmp_path: Path):
    link = tmp_path / "kit"
    link.symlink_to(PROGRAM)
    (tmp_path / "again").symlink_to(link)
    for program in (PROGRAM, link, tmp_path / "again"):
        done = run("--version", cwd=tmp_path, program=program)
        assert (done.returncode, done.stdout) == (0, "kit, version 0.1.0\n"), done.stderr


def test_help_and_errors_call_it_kit():
    assert run("plan", "--help").stdout.startswith("Usage: kit plan ")
    assert "Try 'kit plan --help'" in run("plan", "--nonsense").stderr


@pytest.mark.parametrize(("typed", "meant"), [("depoly", "deploy"), ("plna", "plan"), ("smoketest", "smoke-test")])
def test_a_misspelt_command_is_guessed(typed: str, meant: str):
    done = run(typed)
    assert done.returncode == 2
    assert "did you mean" in done.stderr and meant in done.stderr


@pytest.mark.parametrize(
    ("words", "wanted"),
    [("kit pl", {"plan", "plan-comment", "plan-gate"}), ("kit plan --env d", {"dev"}), ("kit deploy --sk", {"--skip-smoke-test"})],
)  # fmt: skip
def test_the_shell_completes_commands_options_and_environments(words: str, wanted: set[str]):
    last = len(words.split()) - 1
    done = run(_KIT_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(last))
    assert {line.partition(",")[2] for line in done.stdout.splitlines()} == wanted


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_completion_script_for_each_shell(shell: str):
    assert "_KIT_COMPLETE" in run(_KIT_COMPLETE=f"{shell}_source").stdout


def test_colours_are_for_terminals_only():
    assert set(COLOURS.values()) == {"green", "yellow", "red"}
    assert "\x1b[" in on_a_terminal("doctor")
    assert "\x1b[" not in run("doctor").stdout
    assert "\x1b[" not in on_a_terminal("doctor", NO_COLOR="1")


@pytest.mark.parametrize("name", kit.list_commands(CONTEXT))
def test_every_command_that_answers_data_answers_it_as_json(name: str):
    command = kit.get_command(CONTEXT, name)
    assert command is not None
    options = {option for parameter in command.params for option in parameter.opts}
    assert ("--json" in options) != (name in WITHOUT_JSON), WITHOUT_JSON.get(name, f"kit {name} has no --json")


OF_AN_OUTER_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")  # `make test` runs this test, too


@pytest.mark.parametrize(
    ("given", "received"),
    [
        ([], ["demo", "--env", "local"]),
        (["EMAIL="], ["demo", "--env", "local"]),
        (["EMAIL=o'brien@example.org"], ["demo", "--env", "local", "--email", "o'brien@example.org"]),
        (["EMAIL=a$b@x.org"], ["demo", "--env", "local", "--email", "a$b@x.org"]),
        (["EMAIL='; touch hit; '"], ["demo", "--env", "local", "--email", "'; touch hit; '"]),
        (["EMAIL=$(shell touch hit)`touch hit`"], ["demo", "--env", "local", "--email", "$(shell touch hit)`touch hit`"]),
        (["ENV=dev; touch hit", "USERS=4 0"], ["demo", "--env", "dev; touch hit", "--users", "4 0"]),
        (
            ["USERS=40", "ELEMENTS=8", "INTERACTIONS=2000", "SEED=3", "ARGS=--yes --email 'a b'"],
            ["demo", "--env", "local", "--users", "40", "--elements", "8", "--interactions", "2000", "--seed", "3", "--yes",
             "--email", "a b"],
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("by", ["command line", "environment"])
def test_make_hands_values_on_as_they_were_typed(tmp_path: Path, given: list[str], received: list[str], by: str):
    shown = tmp_path / "kit"
    shown.write_text(f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n")
    shown.chmod(0o755)
    values = dict(value.split("=", 1) for value in given)
    inherited = {name: value for name, value in os.environ.items() if name not in ("EMAIL", "ENV", *OF_AN_OUTER_MAKE)}
    done = subprocess.run(
        ["make", "-f", str(REPO / "Makefile"), "-o", "environments", "demo", f"KIT={shown}"]
        + (given if by == "command line" else []),
        cwd=tmp_path, env={**inherited, **(values if by == "environment" else {})}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout) == received, done.stderr
    assert not (tmp_path / "hit").exists(), "nothing of a value is run"


def test_no_recipe_holds_what_people_give_as_text_for_a_shell():
    recipes = [line for line in (REPO / "Makefile").read_text("utf-8").splitlines() if line.startswith("\t")]
    given = re.findall(r"^export GIVEN_(\w+)", (REPO / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {"EMAIL", "ENV", "ONLY"} <= set(given)
    assert [line for line in recipes if re.search(rf"\$\(({'|'.join(given)})\)", line)] == []


@pytest.mark.parametrize("name", ["", "../x", "dev.tfvars", "Dev", "a-name-that-is-far-too-long", "1st"])
@pytest.mark.parametrize("words", [["plan"], ["deploy"], ["bootstrap"], ["doctor"], ["destroy"]])
def test_what_cannot_name_an_environment_is_refused_with_the_rule(words: list[str], name: str):
    result = CliRunner().invoke(kit, [*words, "--env", name])
    assert result.exit_code == 2 and f"{name!r} cannot name an environment" in result.output
    assert (
        "2 to 10 lower-case letters and digits" in " ".join(result.output.split()) and ".tfvars to" not in result.output
    )


def test_ctrl_c_before_a_command_has_begun_is_no_failure(monkeypatch: pytest.MonkeyPatch):
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("importlib.import_module", interrupted)
    result = CliRunner().invoke(kit, ["status"])
    assert (result.exit_code, result.output) == (130, "Interrupted.\n")
