"""The mailbox: every mail that the local SES delivered, newest last."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scripts.local_aws.mail_parsing import ParsedMail


def iso_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


@dataclass(frozen=True)
class StoredMail:
    """One delivered mail. ``to`` are the addresses that it was delivered to (Cc and Bcc among them)."""

    id: str
    time: datetime
    sender: str
    to: tuple[str, ...]
    parsed: ParsedMail
    configuration_set: str | None
    tags: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """``headers``: name -> value, a repeated header's values joined by a line break."""
        headers: dict[str, str] = {}
        for name, value in self.parsed.headers:
            headers[name] = f"{headers[name]}\n{value}" if name in headers else value
        return {
            "id": self.id,
            "time": iso_time(self.time),
            "from": self.sender,
            "to": list(self.to),
            "subject": self.parsed.subject,
            "html": self.parsed.html,
            "text": self.parsed.text,
            "headers": headers,
            "configuration_set": self.configuration_set,
            "tags": dict(self.tags),
            "source": self.parsed.source,
        }


class Mailbox:
    """Holds mails in memory for as long as the local AWS runs."""

    def __init__(self) -> None:
        self._mails: dict[str, StoredMail] = {}
        self._lock = threading.Lock()

    def put(self, mail: StoredMail) -> None:
        with self._lock:
            self._mails[mail.id] = mail

    def get(self, mail_id: str) -> StoredMail | None:
        return self._mails.get(mail_id)

    def all(self) -> Sequence[StoredMail]:
        with self._lock:
            return list(self._mails.values())

    def empty(self) -> int:
        """Throw every mail away; answers how many there were."""
        with self._lock:
            count = len(self._mails)
            self._mails.clear()
            return count
