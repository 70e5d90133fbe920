"""Lines out of a stream of bytes, each with its number and the offset behind it, so that reading can go on later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAX_LINE_BYTES = 1 << 20


@dataclass(frozen=True)
class Line:
    """``content`` is None when the line is longer than MAX_LINE_BYTES; ``end`` is the offset of the next line."""

    number: int
    content: bytes | None
    end: int


def lines_of(chunks: Iterable[bytes], *, offset: int = 0, number: int = 1) -> Iterator[Line]:
    """Each line without its end; holds at most MAX_LINE_BYTES and a chunk. Lines end in LF or CR LF."""
    rest, too_long = b"", False
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for one in whole:
            offset += len(one) + 1
            yield Line(number, None if too_long or len(one) > MAX_LINE_BYTES else one.removesuffix(b"\r"), offset)
            number, too_long = number + 1, False
        if len(rest) > MAX_LINE_BYTES:
            offset, rest, too_long = offset + len(rest), b"", True
    if rest or too_long:
        yield Line(number, None if too_long else rest, offset + len(rest))
