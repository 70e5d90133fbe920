"""A review as Markdown for a pull request and as text for a terminal. Both come from jinja2 templates beside this file.

GitHub refuses comments of 65,536 characters and more, so Markdown is shortened in steps, the least important first.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import click
import jinja2

from scripts.plan_review.findings import Finding
from scripts.plan_review.plan_json import Kind
from scripts.plan_review.review import Item, Review

GITHUB_LIMIT = 65_536
# What each step still shows: diffs of which kinds, how many lines of a diff, how many items of a list.
STEPS: tuple[tuple[frozenset[Kind], int, int], ...] = (
    (frozenset(Kind), 400, 2000),
    (frozenset({Kind.DELETE, Kind.REPLACE, Kind.UPDATE}), 120, 1000),
    (frozenset({Kind.REPLACE, Kind.UPDATE}), 30, 500),
    (frozenset(), 0, 300),
    (frozenset(), 0, 100),
    (frozenset(), 0, 20),
)
# In every further step a text of a finding or a list is cut to so many characters.
TEXT = (2000, 1000, 500, 300, 200, 120)
# Findings without a second look, and listed items: more of them than this are folded away.
FEW = 6
SYMBOLS = {
    Kind.DELETE: "-", Kind.REPLACE: "-/+", Kind.CREATE: "+", Kind.UPDATE: "~", Kind.FORGET: ".", Kind.READ: "<",
    Kind.NONE: " ",
}  # fmt: skip
COLOURS = {Kind.DELETE: "red", Kind.REPLACE: "magenta", Kind.CREATE: "green", Kind.UPDATE: "yellow"}


def marker(environment: str) -> str:
    """The hidden first line by which a workflow finds its own comment again."""
    return f"<!-- kit plan review: {re.sub('[^A-Za-z0-9_.]+', '-', environment)} -->"


def markdown(review: Review, *, limit: int = GITHUB_LIMIT) -> str:
    """Markdown of fewer than ``limit`` characters."""
    template = _templates().get_template("review.md.j2")
    text = ""
    for step, (kinds, lines, most) in enumerate(STEPS):
        opened, listed = _divided(review, kinds if lines else frozenset())
        text = template.render(
            text=TEXT[step], review=review, marker=marker(review.environment), shortened=step > 0, lines=lines, most=most,
            opened=opened, listed=listed, few=FEW,
        )  # fmt: skip
        if len(text) < limit:
            return text
    return _cut(text, limit)


def terminal(review: Review, *, colour: bool) -> str:
    """Text for a terminal; ``colour`` adds ANSI colours."""
    return _templates(colour=colour).get_template("review.txt.j2").render(review=review, lines=40)


def by_address(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """Findings of one resource together, resources in the order of their first finding."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.address, []).append(finding)
    return list(groups.items())


def fenced(lines: Iterable[str], language: str = "") -> str:
    """A code block that no content can end: the fence is longer than any run of backticks inside."""
    shown = list(lines)
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([fence + language, *shown, fence])


def _divided(review: Review, kinds: frozenset[Kind]) -> tuple[list[Item], list[tuple[str, list[Item]]]]:
    """Items shown with their diff; and the others, listed: deletes and replaces by themselves, the rest by module."""
    opened: list[Item] = []
    groups: dict[str, list[Item]] = {}
    for item in review.items:
        if item.kind in kinds and item.diff:
            opened.append(item)
        else:
            grave = item.kind in (Kind.DELETE, Kind.REPLACE)
            groups.setdefault("" if grave else item.module or "the root module", []).append(item)
    return opened, list(groups.items())


def code_span(text: object) -> str:
    """Inline code that no content can end: the fence is longer than any run of backticks inside (CommonMark 6.1)."""
    flat = " ".join(str(text).split()) or " "
    longest = max((len(run) for run in re.findall("`+", flat)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if "`" in flat else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def html_code(text: object) -> str:
    """Inline code inside HTML (a summary): nothing in it is Markdown, a mention or a tag."""
    return f"<code>{html.escape(' '.join(str(text).split()))}</code>"


def plain(text: object) -> str:
    """Words of Terraform or a provider as words: no Markdown, no HTML, no mention."""
    flat = " ".join(str(text).split())
    return re.sub(r"([\\`*_\[\]|#~])", r"\\\1", flat).replace("&", "&amp;").replace("<", "&lt;").replace("@", "&#64;")


def error_block(lines: list[str], most: int) -> str:
    """Terraform's own message, of at most ``most`` lines of at most 400 characters."""
    return fenced([shortened(line, 400) for line in lines[:most]])


def shortened(text: object, most: int) -> str:
    """At most so many characters."""
    told = str(text)
    return told if len(told) <= most else f"{told[:most]} ... ({len(told):,} characters)"


def code_block(lines: list[str], most: int) -> str:
    """A fenced diff of at most ``most`` lines."""
    shown = lines[:most]
    if len(lines) > most:
        shown.append(f"# {len(lines) - most} more lines: they are in review.json")
    return fenced(shown, "diff")


def what_happens(item: Item) -> str:
    """The small print behind one change."""
    parts = []
    if item.replace_paths:
        parts.append("because of " + ", ".join(item.replace_paths))
    if item.reason:
        parts.append(item.reason)
    if item.kind is Kind.UPDATE and item.attributes:
        parts.append(", ".join(item.attributes))
    if item.moved_from:
        parts.append(f"moved from {item.moved_from}")
    if item.imported_id:
        parts.append(f"imported from {item.imported_id}")
    return "; ".join(parts)


@cache
def _templates(*, colour: bool = False) -> jinja2.Environment:
    # Markdown and terminal text, not HTML: values are fenced by code_span and code_block.
    environment = jinja2.Environment(  # noqa: S701
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(
        plain=plain, error_block=error_block, code=code_span, html_code=html_code, shortened=shortened, block=code_block,
        small_print=what_happens, by_address=by_address, fenced=fenced,
    )  # fmt: skip
    environment.filters.update(
        style=lambda text, kind: click.style(text, fg=COLOURS.get(kind)) if colour else text,
        strong=lambda text: click.style(text, bold=True) if colour else text,
        warn=lambda text: click.style(text, fg="red", bold=True) if colour else text,
    )
    environment.globals["symbols"] = SYMBOLS
    return environment


def _cut(text: str, limit: int) -> str:
    """The last step: cut at a line end, where no fence and no ``details`` block is open: they would swallow the rest."""
    note = "\n\n_Cut: the review is too long for one comment. The whole of it is in review.json._\n"
    lines, length, whole, fence, depth = text.split("\n"), 0, 0, "", 0
    for number, line in enumerate(lines):
        length += len(line) + 1
        if length >= limit - len(note):
            break
        ticks = re.match("`{3,}", line)
        if ticks and not fence:
            fence = ticks[0]
        elif fence and line == fence:
            fence = ""
        elif not fence:
            depth += line.startswith("<details>") - line.startswith("</details>")
        if not fence and not depth:
            whole = number + 1
    return "\n".join(lines[:whole]) + note
