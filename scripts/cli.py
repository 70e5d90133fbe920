"""``kit``: one command per file in ``scripts/commands``, loaded only when it is called.

A command file ``scripts/commands/plan.py`` defines a click command called ``command``; its name is the file's name
with ``_`` as ``-``. Files that start with ``_`` are not commands.
"""

from __future__ import annotations

import signal

# Ctrl-C while Python still loads what a command needs ends it silently; a shell's background job keeps it ignored.
if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import difflib
import importlib
import os
from pathlib import Path
from typing import Any

import click

COMMANDS = Path(__file__).with_name("commands")


class CommandFolder(click.Group):
    """A click group whose commands are the files of ``scripts/commands``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(p.stem.replace("_", "-") for p in COMMANDS.glob("[!_]*.py"))

    def invoke(self, ctx: click.Context) -> Any:
        from scripts.failures import told_plainly
        from scripts.interrupts import INTERRUPTED

        try:
            with told_plainly():
                return super().invoke(ctx)
        except KeyboardInterrupt:  # before the command had begun: what it says itself is told by it
            click.echo("Interrupted.", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"scripts.commands.{cmd_name.replace('-', '_')}")
        return module.command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        names = self.list_commands(ctx)
        near = difflib.get_close_matches(args[0], names, n=3) if args[0] not in names else []
        if near:
            ctx.fail(f"no such command {args[0]!r}; did you mean {' or '.join(near)}?")
        return super().resolve_command(ctx, args)


@click.command(cls=CommandFolder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option("0.1.0", prog_name="kit")
@click.pass_context
def kit(ctx: click.Context) -> None:
    """Personalised messaging on AWS: deploy it, train it, wire it, look at it.

    Start with `kit demo`: the whole system on this machine, no AWS account needed.
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False


if __name__ == "__main__":
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    kit(prog_name="kit")
