"""``kit package``: make the Lambda zip and say what is in it."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from scripts.packaging import Package, PackagingError, build_package, import_seconds


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of text.")
def command(as_json: bool) -> None:
    """Make build/lambda.zip, the code of every function.

    The same content gives the same bytes, on any day and machine. Pinned packages are fetched once and kept below
    build/, so that later runs need no network. Every handler is then imported from the zip and timed.
    """
    try:
        package = build_package()
        seconds = import_seconds(package)
    except PackagingError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(facts(package, seconds), indent=1))
        return
    console = Console()
    state = "written" if package.changed else "unchanged"
    console.print(f"{package.path.name} {state}: {package.files} files, {package.size:,} bytes", highlight=False)
    console.print(f"sha256 {package.sha256}", highlight=False)
    table = Table("handler", "import, s", box=None, pad_edge=False)
    for handler, duration in seconds.items():
        table.add_row(handler, f"{duration:.3f}")
    console.print(table)


def facts(package: Package, seconds: dict[str, float]) -> dict[str, object]:
    """What ``--json`` prints."""
    return {
        "path": str(package.path),
        "sha256": package.sha256,
        "bytes": package.size,
        "files": package.files,
        "changed": package.changed,
        "import_seconds": seconds,
    }
