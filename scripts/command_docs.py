"""docs/commands.md, made from the commands' own help: ``python -m scripts.command_docs`` writes it, a test compares."""

from __future__ import annotations

from pathlib import Path

import click

from scripts.cli import kit

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
HEAD = """# Commands

Made from the commands' own help by `make docs`; do not edit. `make <target>` runs the same commands; `ARGS=` passes options on.

Exit codes: 0 done, 1 could not (the message says what to do), 2 wrong usage or, for `kit plan`, changes, 3 a second look is
needed, 130 stopped by Ctrl-C. Shell completion: `eval "$(_KIT_COMPLETE=bash_source kit)"` (or `zsh_source`, `fish_source`).
"""


def page() -> str:
    """The whole page."""
    context = click.Context(kit, info_name="kit", max_content_width=100, terminal_width=100)
    parts = [HEAD]
    for name in kit.list_commands(context):
        command = kit.get_command(context, name)
        assert command is not None  # listed, so it is there
        below = click.Context(command, info_name=name, parent=context, max_content_width=100, terminal_width=100)
        parts.append(f"## kit {name}\n\n```\n{command.get_help(below)}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
