"""What became of one mail to one recipient of one run, and the word for it in events.

::

    (nothing) -> RESERVED -> SENT       SES took it and gave a message id
                          -> FAILED     SES refused it for good
                          -> UNKNOWN    the call was made or may have been made, no answer is known: never sent again
                          -> (nothing)  SES said "slow down": certainly not sent, free for another attempt
    (nothing) -> DROPPED                not mailed, ``reason`` says why

An item in any state but "nothing" means that this run never mails this endpoint again: at most once.
A reservation lives until its worker cannot be alive any more (``leased_until``); one found later was left by a crash
between reserving and recording. Whether that mail went out cannot be known, so it becomes UNKNOWN: counted, not sent
again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engagement.domain.endpoint import Endpoint

RESERVED, SENT, FAILED, UNKNOWN, DROPPED = "RESERVED", "SENT", "FAILED", "UNKNOWN", "DROPPED"

# Reasons for not mailing, in the names of Pinpoint's execution metrics where it has one.
MISSING_CHANNEL = "ENDPOINT_MISSING_CHANNEL"
CHANNEL_MISMATCH = "ENDPOINT_CHANNEL_MISMATCH"
MISSING_ADDRESS = "ENDPOINT_MISSING_ADDRESS"
INACTIVE = "ENDPOINT_INACTIVE"
OPT_OUT = "ENDPOINT_OPT_OUT"
HOLDOUT = "TREATMENT_HOLDOUT"
ENDED = "ENDED"
DELETED = "ENDPOINT_DELETED"
SUPPRESSED = "SUPPRESSED"
RECOMMENDATION_FAILURE = "RECOMMENDATION_FAILURE"
RENDERING_FAILURE = "RENDERING_FAILURE"

_STATUS_OF_STATE = {SENT: "SUCCESS", FAILED: "FAILURE_PERMANENT", UNKNOWN: "UNKNOWN"}
_STATUS_OF_DROP = {
    OPT_OUT: "OPT_OUT",
    SUPPRESSED: "SUPPRESSED",
    RECOMMENDATION_FAILURE: "RECOMMENDATION_FAILURE",
    CHANNEL_MISMATCH: "UNSUPPORTED_CHANNEL",
    MISSING_CHANNEL: "UNSUPPORTED_CHANNEL",
    HOLDOUT: "HOLDOUT",
    ENDED: "EXPIRED",
}


@dataclass(frozen=True)
class Delivery:
    """One run's answer for one endpoint. ``at`` is milliseconds since the epoch, ``leased_until`` seconds."""

    endpoint_id: str
    treatment_id: str
    state: str
    at: int
    attempt: str = ""
    leased_until: int = 0
    message_id: str | None = None
    code: str | None = None
    reason: str | None = None
    fallback: str | None = None

    def is_live(self, now_seconds: float) -> bool:
        """A reservation whose worker may still be at work."""
        return self.state == RESERVED and now_seconds <= self.leased_until

    def settled_as_unknown(self) -> Delivery:
        """What a reservation becomes when its worker ended without recording an outcome."""
        return replace(self, state=UNKNOWN, code="CRASHED", reason="the sender ended between reserving and recording")

    @property
    def send_status(self) -> str:
        """``campaign_send_status`` of the event (message_event.py)."""
        if self.state == DROPPED:
            return _STATUS_OF_DROP.get(self.code or "", "FAILURE")
        return _STATUS_OF_STATE[self.state]


def not_mailed_because(endpoint: Endpoint | None, channel: str = "EMAIL") -> str | None:
    """Why an endpoint is not written to on this channel, or None when it is. None stands for one that is gone."""
    if endpoint is None:
        return DELETED
    if not endpoint.channel_type:
        return MISSING_CHANNEL
    if endpoint.channel_type != channel:
        return CHANNEL_MISMATCH
    if not endpoint.address:
        return MISSING_ADDRESS
    if not endpoint.active:
        return INACTIVE
    if endpoint.opt_out != "NONE":
        return OPT_OUT
    return None
