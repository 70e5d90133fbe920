"""Parts of pages that are made by a program, between two marks; the rest of the page is written by hand."""

from __future__ import annotations

END = "<!-- end -->"


def start_mark(name: str) -> str:
    """The line before a made part."""
    return f"<!-- {name}: made by `make docs`, do not edit -->"


def with_part(text: str, name: str, part: str) -> str:
    """The page with this part anew. Raises ValueError when its marks are missing."""
    before, start, rest = text.partition(start_mark(name))
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"the page lacks the lines {start_mark(name)} and {END}")
    return f"{before}{start}\n{part.strip()}\n{END}{after}"
