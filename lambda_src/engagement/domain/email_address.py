"""An email address as people write it, and the mailbox that it names: RFC 5322 addr-spec, with or without display name."""

from __future__ import annotations

import re
from email.header import Header
from email.utils import quote
from functools import lru_cache

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BREAKS = re.compile(r"[\r\n\x85\u2028\u2029]+[ \t]*")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[^@\s<>()\[\],;:\\\"]+")
_NAMED = re.compile(r"(.*?)\s*<([^<>]*)>")
_SPECIAL = re.compile(r'[][\\()<>@,:;".]')


class MailFault(ValueError):
    """A mail that cannot be built as asked; the text says which part and why, without any address."""


def bare_address(address: str) -> str:
    """``Display Name <a@b>`` or ``a@b`` as ``a@b`` with its domain in ASCII. Raises MailFault when it is neither."""
    found = _name_and_address(address)[1]
    if not _ADDRESS.fullmatch(found):
        raise MailFault("the address is not of the form local-part@domain, or its local part is not ASCII")
    local, _, domain = found.rpartition("@")
    if domain.isascii():
        return found
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError as error:
        raise MailFault("the domain of the address cannot be written in ASCII (IDNA)") from error


def written_to(address: str) -> str:
    """Where a mail to ``address`` really goes: the bare address, or the text itself when it is none."""
    if address.isascii() and address.isprintable() and "<" not in address:
        return address.strip() or address
    try:
        return bare_address(address)
    except MailFault:
        return address


def same_mailbox(address: str) -> str:
    """One text for all spellings of a mailbox: who counts or compares addresses compares these.

    Letters of either case, a display name (``Ann <a@b>``) and a domain in Unicode or ASCII make no other mailbox. What
    is no address of ours (a local part beyond ASCII) is only itself: folding would make strauss of strauß.
    """
    to = written_to(address)
    return to.lower() if to.isascii() else to


def one_line(value: str) -> str:
    """The text as a header may carry it: line breaks become one space, control characters go."""
    return CONTROL.sub("", _BREAKS.sub(" ", value)).strip()


@lru_cache(maxsize=64)  # senders: there are few
def mailbox(address: str) -> str:
    """An address with its display name, encoded for a header. Raises MailFault."""
    name = _name_and_address(address)[0]
    if not name:
        return bare_address(address)
    if not name.isascii():
        return f"{Header(name, 'utf-8', maxlinelen=75).encode()} <{bare_address(address)}>"
    return (
        f'"{quote(name)}" <{bare_address(address)}>' if _SPECIAL.search(name) else f"{name} <{bare_address(address)}>"
    )


def _name_and_address(address: str) -> tuple[str, str]:
    address = one_line(address)
    found = _NAMED.fullmatch(address)
    if not found:
        return "", address
    name = found[1]
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return name, found[2].strip()
