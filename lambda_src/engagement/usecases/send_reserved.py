"""Send mails that are reserved: one by one while SES answers at once, else side by side."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType

from engagement.domain import delivery as states
from engagement.domain.delivery import Delivery
from engagement.errors import EngagementError, OutcomeUnknown
from engagement.ports import Clock, Mail, Mailer

Reserved = Sequence[tuple[Delivery, Mail]]
Outcome = Delivery | tuple[Delivery, str]  # the latter: a reservation to give back, and why
SENDERS = 4
FAST_ANSWER = timedelta(milliseconds=3)
NO_TIME = "no time left in this invocation"


class Senders:
    """Threads that send, for as long as the ``with`` lasts. No mail is begun after ``stop_at`` (epoch seconds)."""

    def __init__(self, mailer: Mailer, clock: Clock, stop_at: float) -> None:
        self._mailer, self._clock, self._stop_at = mailer, clock, stop_at
        self._pool = ThreadPoolExecutor(max_workers=SENDERS)

    def __enter__(self) -> Senders:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, at: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def send(self, mails: Reserved) -> list[Outcome]:
        """An outcome for each mail, in any order."""
        outcomes = self._one_by_one_while_fast(mails)
        rest = mails[len(outcomes) :]
        if rest:
            shares = [rest[first::SENDERS] for first in range(SENDERS)]
            outcomes += [one for share in self._pool.map(self._one_by_one, shares) for one in share]
        return outcomes

    def _one_by_one_while_fast(self, mails: Reserved) -> list[Outcome]:
        """The outcomes of the first mails, until SES takes its time to answer.

        An SES that answers at once leaves nothing to do while waiting for it: more senders would only take the
        interpreter from each other, at a tenth more CPU for every mail. Its time is what we waited: our own work for a
        mail takes as long as an answer on a slow machine, and more senders make none of it shorter.
        """
        outcomes: list[Outcome] = []
        waited = self._waited()
        for number in range(len(mails)):
            outcomes += self._one_by_one(mails[number : number + 1])
            if isinstance(outcomes[-1], tuple):
                return outcomes + [(reservation, outcomes[-1][1]) for reservation, _ in mails[number + 1 :]]
            before, waited = waited, self._waited()
            if waited - before > FAST_ANSWER:
                break
        return outcomes

    def _waited(self) -> datetime:
        """A clock that stands still while this thread computes."""
        return self._clock.now() - self._clock.worked()

    def _one_by_one(self, mails: Reserved) -> list[Outcome]:
        """One sender's mails; once SES says "slow down", the rest is not tried."""
        outcomes: list[Outcome] = []
        for reservation, mail in mails:
            if outcomes and isinstance(outcomes[-1], tuple):
                outcomes.append((reservation, outcomes[-1][1]))
            elif self._clock.now().timestamp() > self._stop_at:
                outcomes.append((reservation, NO_TIME))
            else:
                outcomes.append(self._one(reservation, mail))
        return outcomes

    def _one(self, reservation: Delivery, mail: Mail) -> Outcome:
        """The outcome, or the reservation and the reason when the mail was certainly not sent and may be tried again."""
        try:
            message_id = self._mailer.send(mail)
        except OutcomeUnknown as error:
            return replace(reservation, state=states.UNKNOWN, code="NO_ANSWER", reason=error.message)
        except EngagementError as error:
            if error.retry:
                return reservation, error.message
            code = error.code or type(error).__name__
            return replace(reservation, state=states.FAILED, code=code, reason=error.message)
        return replace(reservation, state=states.SENT, message_id=message_id)
