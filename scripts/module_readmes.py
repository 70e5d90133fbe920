"""Tables of inputs and outputs in the README of every Terraform module and brick; of a module also its examples, and what its
architecture's page says of events in and out, permissions, alarms and cost: ``python -m scripts.module_readmes``.

Written between two marks, from ``variables.tf`` and ``outputs.tf``; the rest of a README is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

TERRAFORM = Path(__file__).parents[1] / "terraform"
PAGES = Path(__file__).parents[1] / "docs" / "architectures"
FLOW = re.compile(r"^```\n.*?^```", re.MULTILINE | re.DOTALL)
START, END = "<!-- inputs and outputs: made by scripts/module_readmes.py -->", "<!-- end -->"
BLOCK = re.compile(r'^(variable|output) "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)


def folders() -> list[Path]:
    """Every module and brick."""
    return sorted(path.parent for kind in ("bricks", "modules") for path in TERRAFORM.glob(f"{kind}/*/main.tf"))


def tables(folder: Path) -> str:
    """Markdown tables of one folder's inputs and outputs."""
    inputs = [(name, _needed(body), _description(body)) for name, body in _blocks(folder / "variables.tf")]
    outputs = [(name, _description(body)) for name, body in _blocks(folder / "outputs.tf")]
    lines = ["| Input | Needed | Meaning |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {needed} | {meaning} |" for name, needed, meaning in inputs]
    lines += ["", "| Output | Meaning |", "| --- | --- |"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in outputs]
    links = [f"[{example.name}](../../examples/{example.name}/main.tf)" for example in examples_of(folder)]
    if links:
        lines += ["", f"Planned by the tests: {', '.join(links)}"]
    if folder.parent.name == "modules":
        lines += ["", *_of_the_page(PAGES / f"{folder.name}.md")]
    return "\n".join(lines)


def _of_the_page(page: Path) -> list[str]:
    """The flow (what comes in and goes out), and the paragraphs on permissions, alarms and cost; links as seen from here."""
    by_hand = page.read_text("utf-8").partition("\n## Who starts")[0]
    flow = FLOW.search(by_hand)
    paragraphs = [
        part.strip() for part in by_hand.split("\n\n") if part.startswith(("**Permissions", "**Alarm", "**Cost"))
    ]
    told = ["## In and out, permissions, alarms, cost", "", *([flow[0], ""] if flow else []), "\n\n".join(paragraphs)]
    return [re.sub(r"\]\(\.\./", "](../../../docs/", line) for line in told]


def examples_of(folder: Path) -> list[Path]:
    """The examples that use this module."""
    source = f'source = "../../{folder.parent.name}/{folder.name}"'
    return [example for example in examples() if source in (example / "main.tf").read_text("utf-8")]


def examples() -> list[Path]:
    """Every example: a configuration of its own."""
    return sorted(path.parent for path in (TERRAFORM / "examples").glob("*/main.tf"))


def with_tables(text: str, folder: Path) -> str:
    """The README with its tables anew. Raises ValueError when the marks are missing."""
    if START not in text or END not in text:
        raise ValueError(f"{folder.name}/README.md lacks the lines {START} and {END}")
    before, _, rest = text.partition(START)
    return f"{before}{START}\n{tables(folder)}\n{END}{rest.partition(END)[2]}"


def _blocks(path: Path) -> Iterator[tuple[str, str]]:
    for match in BLOCK.finditer(path.read_text("utf-8")):
        yield match[2], match[3]


def _needed(body: str) -> str:
    return "no" if re.search(r"^  default\s*=", body, re.MULTILINE) else "yes"


def _description(body: str) -> str:
    match = re.search(r'^  description\s*=\s*"((?:[^"\\]|\\.)*)"', body, re.MULTILINE)
    return match[1].replace('\\"', '"').replace("|", "\\|") if match else ""


def main() -> None:
    """Write every README's tables."""
    for folder in folders():
        readme = folder / "README.md"
        readme.write_text(with_tables(readme.read_text("utf-8"), folder), encoding="utf-8")


if __name__ == "__main__":
    main()
