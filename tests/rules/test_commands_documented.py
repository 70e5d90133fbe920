"""Every command teaches: help text on it and on each option; docs/commands.md is what the help says."""

import os
import subprocess
import sys

import click
import pytest

from scripts.build_folder import REPO
from scripts.cli import kit
from scripts.command_docs import PAGE

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(REPO), str(REPO / "lambda_src")])}
CONTEXT = click.Context(kit)
NAMES = kit.list_commands(CONTEXT)


def test_there_are_commands():
    assert {"demo", "local", "plan", "deploy", "train"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_command_and_its_options_have_help(name):
    command = kit.get_command(CONTEXT, name)
    assert command is not None
    assert command.help, f"kit {name} has no help text"
    for option in command.params:
        assert not isinstance(option, click.Option) or option.help, f"kit {name} {option.opts} has no help"


def test_the_page_of_commands_is_what_their_help_says():
    # In a process of its own: click keeps the --help of whoever asked a command for it first.
    print_page = "from scripts.command_docs import page; print(page(), end='')"
    done = subprocess.run([sys.executable, "-c", print_page], cwd=REPO, env=ENVIRONMENT, capture_output=True, text=True)
    assert PAGE.read_text("utf-8") == done.stdout, f"run `make docs` {done.stderr}"


def test_an_unknown_command_is_refused():
    assert kit.get_command(CONTEXT, "no-such-command") is None
