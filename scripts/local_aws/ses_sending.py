"""What SES does with a mail, whichever API it came by: checks, delivery, bounces, suppression, events."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scripts.local_aws import ses_events
from scripts.local_aws.aws_in_process import Caller, InProcessAws
from scripts.local_aws.faults import SesFaults
from scripts.local_aws.mail_parsing import ParsedMail, addresses_in, parse_mail, stamp
from scripts.local_aws.mailbox import Mailbox, StoredMail
from scripts.local_aws.ses_account import SIMULATOR, ConfigurationSet, Identity, SesAccount
from scripts.local_aws.ses_errors import SesError
from scripts.local_aws.ses_publishing import Publisher
from scripts.local_aws.suppression import SuppressionList

Json = dict[str, Any]
MAX_RECIPIENTS = 50
MAX_BYTES = 40 * 1024 * 1024
DAY = 86_400.0
# The harmless text that every virus scanner takes for a virus, in two parts so that none finds it here.
VIRUS = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass(frozen=True)
class Outgoing:
    """A mail as handed to SES. ``recipients``: the envelope's addresses; ``sender``: what From says."""

    sender: str
    recipients: Sequence[str]
    mime: bytes = b""
    tags: Mapping[str, str] = field(default_factory=dict)
    configuration_set: str | None = None


@dataclass(frozen=True)
class _Accepted:
    """A mail that has its message id, and where its events go."""

    caller: Caller
    mail: ses_events.SentMail
    configuration_set: ConfigurationSet


class SesSending:
    """The sending half of SES. ``now`` answers the time, aware, in UTC."""

    def __init__(self, aws: InProcessAws, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.mailbox = Mailbox()
        self.suppression = SuppressionList()
        self.account = SesAccount(aws)
        self.publisher = Publisher(aws)
        self.faults = SesFaults()
        self._now = now
        self._calls = 0
        self._taken: deque[float] = deque()
        self._accepted: dict[str, _Accepted] = {}

    def count_call(self) -> None:
        """Every send call passes here once. Raises SesError when an injected fault says so."""
        self._calls += 1
        if self.faults.unavailable_every and self._calls % self.faults.unavailable_every == 0:
            raise SesError.unavailable()
        if self.faults.throttle_every and self._calls % self.faults.throttle_every == 0:
            raise SesError.throttled()

    async def send(self, caller: Caller, mail: Outgoing) -> str:
        """Take one mail and answer its message id. Raises SesError when SES would refuse it."""
        recipients = addresses_in(mail.recipients)
        self._check_form(mail, recipients)
        identity, configuration_set = await self._settings(caller, mail, recipients)
        self._take_rate(len(recipients))
        now = self._now()
        message_id = _new_message_id(now)
        parsed = parse_mail(stamp(mail.mime, message_id, now))
        accepted = self._accept(message_id, caller, mail, recipients, identity, configuration_set, parsed)
        if VIRUS in mail.mime:
            self._report(accepted, "Reject", ses_events.rejected("Bad content"))
            return message_id
        self._report(accepted, "Send", {})
        delivered = [r for r in recipients if self._arrives(r, accepted)]
        if delivered:
            name, tags = configuration_set.name, dict(mail.tags)
            self.mailbox.put(StoredMail(message_id, now, mail.sender, tuple(delivered), parsed, name, tags))
            self._report(accepted, "Delivery", ses_events.delivery(delivered, now))
            self._complain(delivered, accepted)
        return message_id

    async def fail_rendering(self, caller: Caller, mail: Outgoing, template: str, reason: str) -> str:
        """SES answers a message id, sends nothing and reports a Rendering Failure."""
        recipients = addresses_in(mail.recipients)
        identity, configuration_set = await self._settings(caller, mail, recipients)
        message_id = _new_message_id(self._now())
        parsed = ParsedMail((), "", None, None, "")
        accepted = self._accept(message_id, caller, mail, recipients, identity, configuration_set, parsed)
        self._report(accepted, "Rendering Failure", ses_events.rendering_failure(reason, template))
        return message_id

    def opened(self, message_id: str, address: str, user_agent: str) -> None:
        """The reader opened the mail. An unknown id is ignored, like the pixel of a mail that is gone."""
        if message_id in self._accepted:
            details = ses_events.opened(self._now(), address, user_agent)
            self._report(self._accepted[message_id], "Open", details)

    def clicked(self, message_id: str, link: str, address: str, user_agent: str) -> None:
        if message_id in self._accepted:
            details = ses_events.clicked(self._now(), address, user_agent, link)
            self._report(self._accepted[message_id], "Click", details)

    def deliver_notice(self, recipient: str, sender: str, mime: bytes) -> None:
        """A mail that AWS itself writes, such as the verification mail: no checks, no events."""
        now = self._now()
        message_id = _new_message_id(now)
        parsed = parse_mail(stamp(mime, message_id, now))
        self.mailbox.put(StoredMail(message_id, now, sender, (recipient,), parsed, None, {}))

    def sent_last_24_hours(self) -> float:
        """Recipients, as SES counts."""
        since = time.monotonic() - DAY
        while self._taken and self._taken[0] < since:
            self._taken.popleft()
        return float(len(self._taken))

    async def _settings(
        self, caller: Caller, mail: Outgoing, recipients: Sequence[str]
    ) -> tuple[Identity, ConfigurationSet]:
        identity = await self.account.sending_identity(caller, mail.sender, recipients)
        name = mail.configuration_set or identity.configuration_set
        return identity, await self.account.configuration_set(caller, name)

    def _accept(
        self,
        message_id: str,
        caller: Caller,
        mail: Outgoing,
        recipients: Sequence[str],
        identity: Identity,
        configuration_set: ConfigurationSet,
        parsed: ParsedMail,
    ) -> _Accepted:
        sent = ses_events.SentMail(
            message_id=message_id,
            time=self._now(),
            sender=mail.sender,
            identity_arn=identity.arn,
            account_id=caller.account_id,
            destination=recipients,
            headers=parsed.headers,
            subject=parsed.subject,
            tags=mail.tags,
            configuration_set=configuration_set.name,
        )
        self._accepted[message_id] = _Accepted(caller, sent, configuration_set)
        return self._accepted[message_id]

    def _report(self, accepted: _Accepted, kind: str, details: Json) -> None:
        record = ses_events.event(kind, accepted.mail, details)
        self.publisher.publish(accepted.caller, accepted.configuration_set.events, record)

    def _check_form(self, mail: Outgoing, recipients: Sequence[str]) -> None:
        if not recipients:
            raise SesError.bad_request("at least one recipient is required")
        if len(recipients) > MAX_RECIPIENTS:
            raise SesError.bad_request(f"Recipient count exceeds {MAX_RECIPIENTS}.")
        if len(mail.mime) > MAX_BYTES:
            raise SesError.bad_request(f"Message length is more than {MAX_BYTES} bytes long: '{len(mail.mime)}'.")
        for address in [*addresses_in([mail.sender]), *recipients]:
            local, at, domain = address.rpartition("@")
            if not at or not local or not domain or not address.isascii():
                raise SesError.bad_request("Missing final '@domain'")
            if any(c.isspace() for c in address):
                raise SesError.bad_request("Local address contains control or whitespace")
        if any(r.lower() in self.faults.fail_address for r in recipients):
            raise SesError.rejected("the fault fail_address refuses this recipient")

    def _take_rate(self, recipients: int) -> None:
        now = time.monotonic()
        limit = self.faults.max_send_rate
        if limit:
            last_second = sum(1 for moment in reversed(self._taken) if moment > now - 1)
            if last_second + recipients > limit:
                raise SesError.throttled()
        self._taken.extend([now] * recipients)

    def _arrives(self, recipient: str, accepted: _Accepted) -> bool:
        """Whether the mail reaches this mailbox; if not, the bounce is reported."""
        now, role = self._now(), _simulator_role(recipient)
        if self.suppression.stops(recipient, accepted.configuration_set.suppressed_reasons):
            details = ses_events.suppressed_bounce(recipient, now, by_account=True)
        elif role == "suppressionlist":
            details = ses_events.suppressed_bounce(recipient, now, by_account=False)
        elif role == "bounce":
            # The simulator's addresses never go on the list.
            details = ses_events.hard_bounce(recipient, now)
        elif recipient.lower() in self.faults.bounce:
            details = ses_events.hard_bounce(recipient, now)
            self.suppression.learn(recipient, "BOUNCE", accepted.mail.message_id, now)
        elif recipient.lower() in self.faults.soft_bounce:
            details = ses_events.soft_bounce(recipient, now)
        else:
            return True
        self._report(accepted, "Bounce", details)
        return False

    def _complain(self, delivered: Sequence[str], accepted: _Accepted) -> None:
        now = self._now()
        for recipient in delivered:
            asked_for = recipient.lower() in self.faults.complain
            if asked_for:
                self.suppression.learn(recipient, "COMPLAINT", accepted.mail.message_id, now)
            if asked_for or _simulator_role(recipient) == "complaint":
                self._report(accepted, "Complaint", ses_events.complaint(recipient, now))


def _new_message_id(now: datetime) -> str:
    return f"{int(now.timestamp() * 1000):016x}-{uuid.uuid4()}-000000"


def _simulator_role(recipient: str) -> str | None:
    """``bounce`` for bounce@simulator.amazonses.com and bounce+label@..., None for any other domain."""
    local, _, domain = recipient.lower().rpartition("@")
    return local.partition("+")[0] if domain == SIMULATOR else None
