"""Every command teaches: help text on it and on each option, and a line in the documentation."""

from pathlib import Path

import click
import pytest

from scripts.cli import kit

REPO = Path(__file__).parents[2]
CONTEXT = click.Context(kit)
NAMES = kit.list_commands(CONTEXT)


@pytest.mark.parametrize("name", NAMES)
def test_a_command_and_its_options_have_help(name):
    command = kit.get_command(CONTEXT, name)
    assert command is not None
    assert command.help, f"kit {name} has no help text"
    for option in command.params:
        assert not isinstance(option, click.Option) or option.help, f"kit {name} {option.opts} has no help"


@pytest.mark.parametrize("name", NAMES)
def test_a_command_is_in_the_documentation(name):
    pages = [path.read_text("utf-8") for path in (REPO / "docs").rglob("*.md")]
    assert any(f"kit {name}" in page for page in pages), f"no page of docs/ mentions `kit {name}`"


def test_an_unknown_command_is_refused():
    assert kit.get_command(CONTEXT, "no-such-command") is None
