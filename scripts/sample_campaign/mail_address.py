"""Which address the sample can write from and to: the engine's own rule, and what mail, SES and the local AWS ask beyond it.

Sizes and forms: RFC 5321 4.5.3.1 (local part 64, path 254 without its brackets), RFC 5322 3.2.3 (dots), RFC 1123 2.1 (names
of domains). The engine writes a domain that is not ASCII by IDNA, so it may be given either way.
"""

from __future__ import annotations

import re
import unicodedata

from engagement.domain.email_address import MailFault, bare_address

MAX_LOCAL, MAX_ADDRESS, MAX_LABEL = 64, 254, 63
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")


def parts_of(email: str, *, added: int = 0) -> tuple[str, str]:
    """Local part and domain, the domain in ASCII. ``added``: characters that a plus-address will add to the local part.

    Raises ValueError, which says the rule that is broken and what to do.
    """
    try:
        _check_characters(email)
        local, domain = email.split("@")
        _check_local(local, added)
        domain = _ascii_domain(domain)
        if len(local) + added + 1 + len(domain) > MAX_ADDRESS:
            raise ValueError(f"with what the sample adds it is over {MAX_ADDRESS} characters; use a shorter one")
    except ValueError as error:
        raise ValueError(f"{email!r} is not an email address for the sample: {error}") from None
    return local, domain


def _check_characters(email: str) -> None:
    if not email:
        raise ValueError("it is empty; give one such as you@example.org")
    for place, character in enumerate(email, 1):
        if unicodedata.category(character)[0] in "CZ":
            name = unicodedata.name(character, "a control character")
            raise ValueError(
                f"character {place} is U+{ord(character):04X} ({name}); type the address anew, without spaces or "
                "invisible characters"
            )
    if email.count("@") != 1:
        raise ValueError(f"it has {email.count('@')} times @ in place of once; give one such as you@example.org")


def _check_local(local: str, added: int) -> None:
    if not local:
        raise ValueError("nothing is before the @; give one such as you@example.org")
    if not local.isascii():
        strange = "".join(dict.fromkeys(c for c in local if not c.isascii()))
        raise ValueError(f"before the @ SES takes ASCII only, not {strange}; give an alias without it")
    strange = "".join(dict.fromkeys(c for c in local if not _engine_takes(f"{c}@example.org")))
    if strange:
        raise ValueError(f"before the @ the engine does not take {strange}; give an alias without it")
    if "/" in local:
        raise ValueError(
            "a / before the @ makes an ARN that is refused (Invalid ResourceArn: its parts end at a /); give an alias without it"
        )
    if pattern := re.search(r"[*?]|\$\{", local):
        raise ValueError(
            f"{pattern.group()} before the @ would be a pattern in the policy that lets the kit send; give an alias without it"
        )
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise ValueError("before the @ a dot must stand between two other characters; take it out")
    if len(local) + added > MAX_LOCAL:
        raise ValueError(
            f"{len(local)} characters are before the @, at most {MAX_LOCAL - added} may be (mail allows {MAX_LOCAL}, "
            f"of which the sample adds {added}); give a shorter alias"
        )


def _engine_takes(address: str) -> bool:
    try:
        bare_address(address)
    except MailFault:
        return False
    return True


def _ascii_domain(given: str) -> str:
    """The domain as mail carries it. Raises ValueError for what is no name of a domain."""
    if "" in given.split("."):
        raise ValueError("after the @ a dot must stand between two names, such as in example.org; mend the dots")
    domain = given if given.isascii() else _written_in_ascii(given)
    labels = domain.split(".")
    if len(labels) < 2:
        raise ValueError("after the @ must be a whole domain, with a dot, such as example.org; write it out")
    for label in labels:
        if len(label) > MAX_LABEL:
            raise ValueError(
                f"after the @ a part has {len(label)} characters ({label[:12]}...), at most {MAX_LABEL} may be; check it"
            )
        if not _LABEL.fullmatch(label):
            raise ValueError(
                f"after the @ {label!r} is not made of letters, digits and, inside, hyphens; check the domain's spelling"
            )
    if labels[-1].isdigit():
        raise ValueError("after the @ must be a domain such as example.org, not an IP address; use the domain's name")
    return domain


def _written_in_ascii(given: str) -> str:
    try:
        domain = bare_address(f"x@{given}").removeprefix("x@")
    except MailFault:
        raise ValueError(f"{given} cannot be written in ASCII (IDNA, parts of at most {MAX_LABEL}); check it") from None
    # The standard that the engine follows makes ss of a sharp s: another domain than the one that browsers look up today.
    if domain.encode().decode("idna") != unicodedata.normalize("NFC", given.lower()):
        raise ValueError(f"{given} would be written as {domain}, another name; give the domain in its xn-- form")
    return domain
