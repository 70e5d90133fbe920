"""SES's account-level suppression list, and which reasons it acts on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

REASONS = ("BOUNCE", "COMPLAINT")


@dataclass(frozen=True)
class Suppressed:
    address: str
    reason: str
    since: datetime
    message_id: str | None = None


class SuppressionList:
    """Addresses are compared without regard to case.

    ``account_reasons`` is what PutAccountSuppressionAttributes set; an account of today starts with both.
    """

    def __init__(self) -> None:
        self.account_reasons: tuple[str, ...] = REASONS
        self._entries: dict[str, Suppressed] = {}

    def put(self, entry: Suppressed) -> None:
        self._entries[entry.address.lower()] = entry

    def get(self, address: str) -> Suppressed | None:
        return self._entries.get(address.lower())

    def remove(self, address: str) -> Suppressed | None:
        return self._entries.pop(address.lower(), None)

    def all(self) -> Sequence[Suppressed]:
        return sorted(self._entries.values(), key=lambda entry: entry.address)

    def stops(self, address: str, reasons: Sequence[str] | None) -> bool:
        """Is a mail to this address held back? ``reasons`` are those of its configuration set, None: the account's."""
        entry = self.get(address)
        acting = self.account_reasons if reasons is None else reasons
        return entry is not None and entry.reason in acting

    def learn(self, address: str, reason: str, message_id: str, now: datetime) -> None:
        """A bounce or a complaint came in: the address goes on the list if the account acts on that reason."""
        if reason in self.account_reasons:
            self.put(Suppressed(address, reason, now, message_id))
