"""The people who get the sample mail, and the import file that names them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from scripts.sample_campaign.mail_address import parts_of

PREFERRED = (1, 2, 3, 14, 5)


@dataclass(frozen=True)
class Person:
    """Somebody who gets the sample mail."""

    user_id: str
    first_name: str
    country: str
    platform: str
    make: str
    address: str


ROSTER = (
    ("Amara", "US", "iOS", "Apple"),
    ("Diego", "US", "Android", "LG"),
    ("Ingrid", "US", "iOS", "Apple"),
    ("Kofi", "US", "iOS", "Apple"),
    ("Mei", "US", "Android", "Google"),
)


def plus_address(email: str, label: str) -> str:
    """``you@example.org`` and ``user_1`` give ``you+user_1@example.org`` (subaddressing, RFC 5233).

    Raises ValueError when the sample cannot use ``email``: which rule it breaks and what to do.
    """
    local, domain = parts_of(email, added=len(label) + 1)
    return f"{local}+{label}@{domain}"


def sample_address(email: str) -> str:
    """``email`` as mails carry it, its domain in ASCII. Raises ValueError when one of the five could not be written to."""
    longest = max(len(f"+user_{number}") for number in PREFERRED)
    return "@".join(parts_of(email, added=longest))


def five_people(email: str, users: int) -> list[Person]:
    """Five people among ``users`` generated users (``user_0`` ...), addressed at plus-addresses of ``email``."""
    numbers = [n for n in PREFERRED if n < users]
    numbers += [n for n in range(users) if n not in numbers]
    if users < len(ROSTER):
        raise ValueError(f"the sample writes to {len(ROSTER)} people; {users} users are too few")
    return [
        Person(f"user_{number}", *about, address=plus_address(email, f"user_{number}"))
        for number, about in zip(numbers, ROSTER)
    ]


def audience_csv(people: Sequence[Person]) -> str:
    """The people as an import file in Pinpoint's CSV format."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(
        ("ChannelType", "Address", "Location.Country", "Demographic.Platform", "Demographic.Make", "User.UserId",
         "User.UserAttributes.FirstName")
    )  # fmt: skip
    for person in people:
        rows.writerow(
            (
                "EMAIL",
                person.address,
                person.country,
                person.platform,
                person.make,
                person.user_id,
                person.first_name,
            )
        )
    return text.getvalue()
