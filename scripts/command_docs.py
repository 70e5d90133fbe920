"""docs/commands.md, made from the commands' own help: ``python -m scripts.command_docs`` writes it, a test compares."""

from __future__ import annotations

from pathlib import Path

import click

from scripts.cli import kit

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
HEAD = r"""# Commands

Made from the commands' own help by `make docs`; do not edit. `make <target>` runs the same commands; `ARGS=` passes options
on.

`kit` is `.venv/bin/kit` (`make setup` puts it there) and works from any folder: `export PATH="$PWD/.venv/bin:$PATH"`, or
link it to where your shell looks. Completion of commands, options and environments, for the shell's start-up file:

| Shell | Line |
|---|---|
| bash | `eval "$(_KIT_COMPLETE=bash_source kit)"` |
| zsh | `eval "$(_KIT_COMPLETE=zsh_source kit)"` |
| fish | `_KIT_COMPLETE=fish_source kit \| source` |

Exit codes: 0 done, 1 could not (the message says what to do), 2 wrong usage (for `kit plan`: changes; for `kit smoke-test`:
not verified yet), 3 a second look is needed, 130 stopped by Ctrl-C. `--json` writes one document to standard output;
progress and questions go to standard error. Colours appear on terminals only, and never with NO_COLOR set.
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
