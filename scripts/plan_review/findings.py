"""One thing that a reviewer should read, and the areas in which they are told."""

from __future__ import annotations

from dataclasses import dataclass

AREAS = {
    "data": "Data that is lost or less safe",
    "access": "Who may do what",
    "exposure": "Public exposure",
    "encryption": "Encryption",
    "events": "Event sources",
    "alarms": "Alarms",
}


@dataclass(frozen=True)
class Finding:
    """``area`` is a key of AREAS. ``second_look`` means: not without a second person."""

    area: str
    address: str
    text: str
    second_look: bool = False
