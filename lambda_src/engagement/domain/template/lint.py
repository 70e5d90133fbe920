"""Warnings about a message's parts: what compiles but will look wrong, or is risky, in somebody's mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from engagement.domain.template.compiled import Part, compile_template
from engagement.domain.template.errors import Source
from engagement.domain.template.parser import parse
from engagement.domain.template.scope import RECOMMENDATIONS
from engagement.domain.template.syntax import Argument, Block, Call, Literal, Output, Partial, Path, Program, Text

# The first names of Pinpoint's variables.
ROOTS = (
    "Address", "Attributes", "ChannelType", "CreationDate", "Demographic", "EffectiveDate", "EndpointStatus", "Id",
    "Location", "Metrics", "OptOut", "RecommendationItems", "Recommendations", "RequestId", "User",
)  # fmt: skip


@dataclass(frozen=True)
class Warning:
    """``part`` is html, text or subject; line and column (from 1) are None when the warning is about a whole part."""

    part: Part
    message: str
    line: int | None = None
    column: int | None = None


def lint(subject: str | None, html: str | None, text: str | None) -> list[Warning]:
    """Warnings for the parts of an email, None or empty for a part that it lacks.

    Raises TemplateError when a part does not compile.
    """
    found: list[Warning] = []
    if not (subject or "").strip():
        found.append(Warning("subject", "there is no subject; many filters take such mails for spam"))
    if html and not (text or "").strip():
        found.append(Warning("text", "there is no text part; add one for readers and filters that do not show HTML"))
    parts: tuple[tuple[Part, str | None], ...] = (("subject", subject), ("html", html), ("text", text))
    for part, source in parts:
        if source:
            compile_template(source, part=part)
            found += _of_part(part, Source(source))
    return found


def _of_part(part: Part, source: Source) -> Iterator[Warning]:
    program = parse(source)
    for path, raw in _paths(program):
        message = _about_path(part, path, raw)
        if message:
            yield Warning(part, message, *source.place(path.at))
    if part != "html" and any("</" in text for text in _texts(program)):
        yield Warning(part, f"the {part} part holds HTML tags, which are shown as they are written")


def _about_path(part: Part, path: Path, raw: bool) -> str | None:
    if path.data or path.scoped or not path.parts:
        return None
    first = path.parts[0]
    if first == RECOMMENDATIONS and part != "html":
        return f"{path.text} may hold HTML, which the {part} part shows as tags; use an attribute of plain text here"
    if raw and part == "html" and first in ROOTS and first != RECOMMENDATIONS:
        return f"{path.text} is printed without escaping: a profile could put markup into the mail; use two braces"
    if first not in ROOTS and len(path.parts) > 1:
        near = get_close_matches(first, ROOTS, 1, 0.6)
        return f"{path.text} starts like no variable of an endpoint; did you mean {near[0]}?" if near else None
    return None


def _paths(program: Program) -> Iterator[tuple[Path, bool]]:
    """Every path that is read, and whether it is printed in triple braces."""
    for statement in program.statements:
        if isinstance(statement, Output):
            yield from ((path, statement.raw) for path in _of_call(statement.call))
        elif isinstance(statement, Block):
            for branch in statement.branches:
                yield from ((path, False) for path in _of_call(branch.call))
                yield from _paths(branch.body)
            yield from _paths(statement.otherwise)
        elif isinstance(statement, Partial):
            given = (*statement.arguments, *(value for _, value in statement.options))
            yield from ((path, False) for value in given for path in _of_argument(value))
    for _, body in program.partials:
        yield from _paths(body)


def _of_call(call: Call) -> Iterator[Path]:
    if isinstance(call.head, Path):
        yield call.head
    for value in (*call.arguments, *(value for _, value in call.options)):
        yield from _of_argument(value)


def _of_argument(value: Argument) -> Iterator[Path]:
    if isinstance(value, Call):
        yield from _of_call(value)
    elif not isinstance(value, Literal):
        yield value


def _texts(program: Program) -> Iterator[str]:
    for statement in program.statements:
        if isinstance(statement, Text):
            yield statement.text
        elif isinstance(statement, Block):
            for body in (*(branch.body for branch in statement.branches), statement.otherwise):
                yield from _texts(body)
