"""From a MIME message to what a reader sees, and from what SES is told to a MIME message. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from email import policy
from email.errors import HeaderParseError
from email.generator import BytesGenerator
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import format_datetime, getaddresses
from io import BytesIO
from typing import Any

MAX_DECODED = 20_000
FOLD = re.compile(r"\r?\n[ \t]+")
HEADER_LINE = re.compile(rb"^([!-9;-~]+)[ \t]*:", re.ASCII)


@dataclass(frozen=True)
class ParsedMail:
    """``headers``: every header, decoded, in order; ``html`` and ``text`` are None when the mail has no such part."""

    headers: tuple[tuple[str, str], ...]
    subject: str
    html: str | None
    text: str | None
    source: str

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class Body:
    """What SES's ``Simple`` and ``Template`` contents come to."""

    subject: str
    html: str | None = None
    text: str | None = None
    headers: Sequence[tuple[str, str]] = field(default_factory=tuple)
    attachments: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


def parse_mail(raw: bytes) -> ParsedMail:
    """Parse any bytes: broken MIME gives what can be read of it, never an error."""
    headers = tuple((name, header_text(block)) for name, block in named_headers(raw))
    found: dict[str, str] = {}
    for part in BytesParser(policy=policy.compat32).parsebytes(raw).walk():
        kind = part.get_content_type()
        if kind in ("text/html", "text/plain") and not part.is_multipart() and not _is_attachment(part):
            found.setdefault(kind, _part_text(part))
    subject = next((value for name, value in headers if name.lower() == "subject"), "")
    return ParsedMail(headers, subject, found.get("text/html"), found.get("text/plain"), raw.decode("utf-8", "replace"))


def named_headers(raw: bytes) -> list[tuple[str, bytes]]:
    """Name as written, and the whole block."""
    return [(block[: len(name)].decode("ascii"), block) for name, block in split_headers(raw)[0]]


def header_text(block: bytes) -> str:
    """The value of a header block: unfolded, encoded words decoded.

    Not by the standard library's structured parser, which takes very long on hostile addresses.
    """
    text = block.partition(b":")[2].decode("utf-8", "replace")
    unfolded = FOLD.sub(" ", text).strip()
    if len(unfolded) > MAX_DECODED or "=?" not in unfolded:
        return unfolded
    try:
        return str(make_header(decode_header(unfolded)))
    except (ValueError, LookupError, HeaderParseError):
        return unfolded


def _is_attachment(part: Message) -> bool:
    return str(part.get("content-disposition", "")).lower().lstrip().startswith("attachment")


def _part_text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return payload.decode("utf-8", "replace")


def build_mail(sender: str, to: Sequence[str], cc: Sequence[str], reply_to: Sequence[str], body: Body) -> bytes:
    """The MIME message that SES makes of a ``Simple`` or ``Template`` content. Raises ValueError for a bad header."""
    message = EmailMessage(policy=policy.SMTP)
    for name, values in (("From", [sender]), ("To", to), ("Cc", cc), ("Reply-To", reply_to)):
        if values:
            message[name] = ", ".join(values)
    message["Subject"] = body.subject
    for name, value in body.headers:
        message.add_header(name, value)
    if body.text is not None:
        message.set_content(body.text)
    if body.html is not None and body.text is None:
        message.set_content(body.html, subtype="html")
    elif body.html is not None:
        message.add_alternative(body.html, subtype="html")
    for attachment in body.attachments:
        kind, _, subtype = str(attachment.get("ContentType") or "application/octet-stream").partition("/")
        message.add_attachment(
            attachment["content"], maintype=kind, subtype=subtype or "octet-stream", filename=attachment.get("FileName")
        )
    out = BytesIO()
    BytesGenerator(out, mangle_from_=False, policy=policy.SMTP).flatten(message)
    return out.getvalue()


def split_headers(raw: bytes) -> tuple[list[tuple[str, bytes]], bytes]:
    """Header blocks (lower-case name, whole text with its folded lines) and the rest, byte for byte."""
    blocks: list[tuple[str, bytes]] = []
    position = 0
    while position < len(raw):
        end = raw.find(b"\n", position) + 1 or len(raw)
        line = raw[position:end]
        if not line.strip():
            break
        start = HEADER_LINE.match(line)
        if line[:1] in b" \t" and blocks:
            blocks[-1] = (blocks[-1][0], blocks[-1][1] + line)
        elif start:
            blocks.append((start[1].decode("ascii").lower(), line))
        else:
            break
        position = end
    return blocks, raw[position:]


def stamp(raw: bytes, message_id: str, now: Any) -> bytes:
    """What SES does to a message on its way: its own Message-ID, a Date, no Bcc and no X-SES control headers."""
    blocks, rest = split_headers(raw)
    kept = [text for name, text in blocks if name not in ("message-id", "bcc") and not name.startswith("x-ses-")]
    added = [f"Message-ID: <{message_id}@email.amazonses.com>\r\n".encode()]
    if all(name != "date" for name, _ in blocks):
        added.append(f"Date: {format_datetime(now)}\r\n".encode())
    return b"".join(added) + b"".join(kept) + rest


def addresses_in(values: Iterable[str]) -> list[str]:
    """Bare addresses out of header values such as ``Ada <ada@example.org>, b@example.org``."""
    return [address for _, address in getaddresses(list(values)) if address]
