"""The bytes of an audience file, cut into blocks that can be worked off, checkpointed and taken up again one by one.

Positions are byte offsets in the unpacked content. The same offset always gives the same block, whatever pieces the
network delivered, so a repeated message does the same work again and nothing else.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engagement.domain.refusal import Refusal, hidden

SLICE_BYTES = 24 * 1024  # what is converted and applied at once, so that its cells stay in the processor's cache
MAX_QUOTED_BYTES = 128 * 1024  # of a row whose quotes hold line breaks
MAX_ROW_BYTES = 1024 * 1024
_UNPACKED_PIECE = 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_FOREIGN = {
    b"PK\x03\x04": ("is a zip archive or a spreadsheet", "save it as CSV (UTF-8), not packed"),
    b"BZh": ("is packed with bzip2", "unpack it, or pack it with gzip"),
    b"\xfd7zXZ": ("is packed with xz", "unpack it, or pack it with gzip"),
    b"\xff\xfe": ("is UTF-16", "save it as UTF-8"),
    b"\xfe\xff": ("is UTF-16", "save it as UTF-8"),
    b"%PDF": ("is a PDF", "save the table as CSV (UTF-8)"),
}
_EXTENSIONS = {"CSV": (".csv", ".txt"), "JSON": (".json", ".jsonl", ".ndjson")}


class UnreadableFile(Exception):
    """The file as a whole cannot be imported; ``refusal`` says why and what to do."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(frozen=True)
class Block:
    """Bytes that end at the end of a line, or of the file; they begin at ``offset``."""

    data: bytes
    offset: int
    last: bool


def unpacked(chunks: Iterable[bytes], offset: int = 0) -> Iterator[bytes]:
    """The content from byte ``offset``. ``chunks`` start at the beginning of the file; gzip is known by its content.

    Raises UnreadableFile for other archives, UTF-16, and damaged gzip.
    """
    stream = iter(chunks)
    head = b""
    while len(head) < 6 and (chunk := next(stream, None)) is not None:
        head += chunk
    for magic, (rule, remedy) in _FOREIGN.items():
        if head.startswith(magic):
            raise UnreadableFile(Refusal("file", rule, remedy))
    content = _chain(head, stream)
    if head.startswith(_GZIP):
        content = _gunzip(content)
    skip = offset
    for chunk in content:
        if skip >= len(chunk):
            skip -= len(chunk)
        else:
            yield chunk[skip:] if skip else chunk
            skip = 0


class BlockReader:
    """Takes blocks from content that starts at ``offset``. Unused bytes can be given back."""

    def __init__(self, content: Iterable[bytes], offset: int) -> None:
        self.offset = offset
        self._content = iter(content)
        self._buffer = b""
        self._ended = False
        self._damage: UnreadableFile | None = None

    @property
    def at_end(self) -> bool:
        """Whether everything was taken."""
        return self._ended and not self._buffer

    def take(self, size: int = SLICE_BYTES) -> Block:
        """The next block of at most ``size`` bytes, cut at the end of a line.

        A line longer than that is given whole up to MAX_ROW_BYTES. ``data`` is empty at the end of the file. Raises
        UnreadableFile when no whole line is left before a damage.
        """
        while True:
            self._fill(size)
            if self._damage and len(self._buffer) <= size:
                return self._before_damage(self._damage)
            if self._ended and len(self._buffer) <= size:
                return self._cut(len(self._buffer), last=True)
            end = _line_end(self._buffer[:size])
            if end or size >= MAX_ROW_BYTES:
                return self._cut(end or size, last=False)
            size = min(2 * size, MAX_ROW_BYTES)

    def give_back(self, data: bytes) -> None:
        """Put back what was not used of the block taken last."""
        self._buffer = data + self._buffer
        self.offset -= len(data)

    def _fill(self, size: int) -> None:
        parts = [self._buffer]
        length = len(self._buffer)
        while length <= size and not self._ended and not self._damage:
            try:
                chunk = next(self._content, None)
            except UnreadableFile as damage:
                self._damage = damage
                break
            if chunk is None:
                self._ended = True
            else:
                parts.append(chunk)
                length += len(chunk)
        self._buffer = b"".join(parts)

    def _before_damage(self, damage: UnreadableFile) -> Block:
        end = _line_end(self._buffer)
        if not end:
            raise damage
        return self._cut(end, last=False)

    def _cut(self, end: int, *, last: bool) -> Block:
        block = Block(self._buffer[:end], self.offset, last)
        self._buffer = self._buffer[end:]
        self.offset += end
        return block


def without_bom(data: bytes) -> bytes:
    return data.removeprefix(_BOM)


def file_format(key: str) -> str | None:
    """CSV or JSON by the name of the file (``.gz`` aside), None when the name does not tell."""
    name = key.lower().removesuffix(".gz")
    return next((kind for kind, endings in _EXTENSIONS.items() if name.endswith(endings)), None)


def imported_keys(keys: Iterable[str], wanted: str) -> tuple[list[str], int]:
    """Of the objects below a prefix, those that a job of format ``wanted`` imports, and how many of the rest are files.

    Folder markers and names that begin with ``_`` or ``.`` are not files of people.
    """
    chosen, skipped = [], 0
    for key in keys:
        name = key.rpartition("/")[2]
        if not name or name.startswith(("_", ".")):
            continue
        if file_format(key) in (wanted, None):
            chosen.append(key)
        else:
            skipped += 1
    return chosen, skipped


def file_label(key: str, asked_for: str = "") -> str:
    """The file's name as messages show it: below the folder that was ``asked_for``, where names repeat."""
    folder = asked_for.rstrip("/")
    below = key.removeprefix(f"{folder}/") if folder and folder != key else key
    name = below if below != key else key.rpartition("/")[2]
    return hidden(name or key)[-100:]


def _line_end(data: bytes) -> int:
    """Where the last line of ``data`` ends, 0 when none does. Old Mac files end lines by \\r alone."""
    end = data.rfind(b"\n") + 1
    return end or data.rfind(b"\r", 0, len(data) - 1) + 1


def _chain(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


def _gunzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack in bounded pieces; a file may consist of several gzip members."""
    unpacker, inside = zlib.decompressobj(wbits=31), False
    for chunk in chunks:
        data = chunk if inside else chunk.lstrip(b"\x00")  # some tools pad the end with zeros
        while data:
            try:
                piece = unpacker.decompress(data, _UNPACKED_PIECE)
            except zlib.error:
                raise UnreadableFile(Refusal("file", "is damaged gzip", "pack and upload it again")) from None
            if piece:
                yield piece
            data, inside = unpacker.unconsumed_tail, True
            if unpacker.eof:
                data, inside = unpacker.unused_data.lstrip(b"\x00"), False
                unpacker = zlib.decompressobj(wbits=31)
    if inside:
        raise UnreadableFile(Refusal("file", "is gzip that ends too early", "pack and upload it again"))
