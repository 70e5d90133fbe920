"""What is wrong with a declaration, and where: every problem is found in one pass, none hides the next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One fault; ``line`` and ``column`` count from 1, ``path`` is the dotted way to the value."""

    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.path + ': ' if self.path else ''}{self.message}"


class DeclarationError(ValueError):
    """The declaration breaks a rule. ``problems`` holds all that was found, in the order of the file."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = sorted(problems)
        super().__init__("\n".join(f"{source}, {problem}" for problem in self.problems))


def near(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for a close known word, else the list of what is known.

    >>> near("bucke", ["bucket", "prefix"])
    "; did you mean 'bucket'?"
    """
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; known: {', '.join(names)}" if names else ""
