"""Every command teaches: help text on it and on each option; docs/commands.md is what the help says."""

import click
import pytest

from scripts.cli import kit
from scripts.command_docs import PAGE, page

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
    assert PAGE.read_text("utf-8") == page(), "run `make docs`"


def test_an_unknown_command_is_refused():
    assert kit.get_command(CONTEXT, "no-such-command") is None
