"""The command `kit` as people call it: from any folder, through links, completed by the shell, coloured on terminals."""

from __future__ import annotations

import os
import pty
import subprocess
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


def test_ctrl_c_before_a_command_has_begun_is_no_failure(monkeypatch: pytest.MonkeyPatch):
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("importlib.import_module", interrupted)
    result = CliRunner().invoke(kit, ["status"])
    assert (result.exit_code, result.output) == (130, "Interrupted.\n")
