"""``kit bench``: how fast we are beside the named peers, measured side by side in one run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

REPO = Path(__file__).parents[2]
BENCHES = REPO / "tests" / "bench"
REPORT = REPO / "build" / "bench.json"
# These measure code that runs inside the local AWS, so they run in its environment.
IN_LOCAL_ENVIRONMENT = {"recommender"}
Row = dict[str, Any]


def names() -> list[str]:
    """Every folder of tests/bench that holds a measure.py."""
    return sorted(path.parent.name for path in BENCHES.glob("*/measure.py"))


def with_verdict(row: Row) -> Row:
    """Add ``met``: a target that starts with ``<=`` is a ceiling, one that starts with ``>=`` a floor."""
    row.setdefault("runs", None)
    if row.get("ratio") is None or not row.get("target"):
        return {**row, "met": None}
    bound, limit = row["target"][:2], float(row["target"][2:].strip().rstrip("x"))
    return {**row, "met": row["ratio"] <= limit if bound == "<=" else row["ratio"] >= limit}


def measure(name: str) -> list[Row]:
    """Run one measurement in a process of its own; a failure is a row that says why, never a number."""
    python = REPO / ".venv-local/bin/python" if name in IN_LOCAL_ENVIRONMENT else Path(sys.executable)
    code = (
        "import json,importlib,sys;"
        f"rows=importlib.import_module('tests.bench.{name}.measure').measure();"
        "sys.stdout.write('\\n'+json.dumps(rows))"
    )
    environment = {**os.environ, "PYTHONPATH": f"{REPO}{os.pathsep}{REPO / 'lambda_src'}"}
    done = subprocess.run(
        [str(python), "-c", code], cwd=REPO, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        return [{"name": name, "unit": "", "skipped_reason": f"the measurement ended with exit code {done.returncode}"}]
    return [with_verdict(row) for row in json.loads(done.stdout.rsplit("\n", 1)[1])]


def table(rows: list[Row]) -> Table:
    """The rows as a table; what was not measured shows its reason."""
    shown = Table(title="kit bench", title_justify="left", box=None, pad_edge=False)
    for column in ("name", "unit", "ours", "peer", "ratio", "target", "met"):
        shown.add_column(column, justify="left" if column in ("name", "unit", "peer") else "right")
    for row in rows:
        if row.get("skipped_reason"):
            shown.add_row(row["name"], "[yellow]not measured: " + row["skipped_reason"] + "[/yellow]")
            continue
        peer = "" if row.get("peer") is None else f"{row['peer']:,.4g} {row.get('peer_name', '')}"
        ratio = "" if row.get("ratio") is None else f"{row['ratio']:.2f}x"
        met = {True: "[green]yes[/green]", False: "[red]no[/red]", None: ""}[row.get("met")]
        shown.add_row(row["name"], row["unit"], f"{row['ours']:,.4g}", peer, ratio, row.get("target") or "", met)
    return shown


@click.command()
@click.option("--only", metavar="NAME", help="Measure one thing only; see --list.")
@click.option("--list", "list_names", is_flag=True, help="List what can be measured.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON in place of the table.")
def command(only: str | None, list_names: bool, as_json: bool) -> None:
    """Measure the kit beside its peers, side by side in one run.

    Ratios are medians over several runs; the rows also go to build/bench.json. Nothing here passes or fails: a target
    that is not met is shown as not met.
    """
    if list_names:
        click.echo("\n".join(names()))
        return
    if only is not None and only not in names():
        raise click.UsageError(f"there is no measurement {only!r}; there are: {', '.join(names())}")
    console = Console(stderr=True)
    rows: list[Row] = []
    for name in [only] if only else names():
        console.print(f"measuring {name} ...", highlight=False)
        rows += measure(name)
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    else:
        Console().print(table(rows))
