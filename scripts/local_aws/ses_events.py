"""SES's event-publishing records, field by field as AWS documents them.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scripts.local_aws.mailbox import iso_time

Json = dict[str, Any]
REMOTE = "a8-50.smtp-out.amazonses.com"

# eventType -> (name in MatchingEventTypes, member that holds its details, detail-type on EventBridge)
EVENT_TYPES: Mapping[str, tuple[str, str, str]] = {
    "Send": ("SEND", "send", "Email Sent"),
    "Delivery": ("DELIVERY", "delivery", "Email Delivered"),
    "Bounce": ("BOUNCE", "bounce", "Email Bounced"),
    "Complaint": ("COMPLAINT", "complaint", "Email Complaint Received"),
    "Open": ("OPEN", "open", "Email Opened"),
    "Click": ("CLICK", "click", "Email Clicked"),
    "Reject": ("REJECT", "reject", "Email Rejected"),
    "Rendering Failure": ("RENDERING_FAILURE", "failure", "Email Rendering Failed"),
    "DeliveryDelay": ("DELIVERY_DELAY", "deliveryDelay", "Email Delivery Delayed"),
    "Subscription": ("SUBSCRIPTION", "subscription", "Email Subscribed"),
}


@dataclass(frozen=True)
class SentMail:
    """What every event says about the mail. ``tags`` are the sender's own; SES adds its ``ses:`` tags."""

    message_id: str
    time: datetime
    sender: str
    identity_arn: str
    account_id: str
    destination: Sequence[str]
    headers: Sequence[tuple[str, str]]
    subject: str
    tags: Mapping[str, str]
    configuration_set: str | None


def event(kind: str, mail: SentMail, details: Json) -> Json:
    """One record; ``kind`` is a key of EVENT_TYPES."""
    return {"eventType": kind, "mail": _mail(mail), EVENT_TYPES[kind][1]: details}


def delivery(recipients: Sequence[str], now: datetime) -> Json:
    return {
        "timestamp": iso_time(now),
        "processingTimeMillis": 5,
        "recipients": list(recipients),
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": REMOTE,
    }


def hard_bounce(recipient: str, now: datetime) -> Json:
    failed = {"action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
    return _bounce("Permanent", "General", {"emailAddress": recipient, **failed}, now)


def soft_bounce(recipient: str, now: datetime) -> Json:
    failed = {"action": "failed", "status": "5.2.2", "diagnosticCode": "smtp; 552 5.2.2 mailbox full"}
    return _bounce("Transient", "MailboxFull", {"emailAddress": recipient, **failed}, now)


def suppressed_bounce(recipient: str, now: datetime, *, by_account: bool) -> Json:
    """By the account's own list, or (``suppressionlist@`` of the simulator) by the global one."""
    text = "Amazon SES did not send the message to this address because it is on the suppression list."
    failed = {"emailAddress": recipient, "action": "failed", "status": "5.1.1", "diagnosticCode": text}
    subtype = "OnAccountSuppressionList" if by_account else "Suppressed"
    return _bounce("Permanent", subtype, failed, now)


def complaint(recipient: str, now: datetime) -> Json:
    return {
        "complainedRecipients": [{"emailAddress": recipient}],
        "timestamp": iso_time(now),
        "feedbackId": _feedback_id(),
        "complaintSubType": None,
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": iso_time(now),
    }


def opened(now: datetime, address: str, user_agent: str) -> Json:
    return {"ipAddress": address, "timestamp": iso_time(now), "userAgent": user_agent}


def clicked(now: datetime, address: str, user_agent: str, link: str) -> Json:
    return {**opened(now, address, user_agent), "link": link, "linkTags": None}


def rejected(reason: str) -> Json:
    return {"reason": reason}


def rendering_failure(message: str, template: str) -> Json:
    return {"errorMessage": message, "templateName": template}


def _bounce(kind: str, subtype: str, recipient: Json, now: datetime) -> Json:
    return {
        "bounceType": kind,
        "bounceSubType": subtype,
        "bouncedRecipients": [recipient],
        "timestamp": iso_time(now),
        "feedbackId": _feedback_id(),
        "reportingMTA": f"dsn; {REMOTE}",
    }


def _mail(mail: SentMail) -> Json:
    common = {name.lower(): value for name, value in mail.headers if name.lower() in ("from", "to", "date")}
    domain = mail.sender.rpartition("@")[2].rstrip(">")
    tags = {
        "ses:operation": ["SendEmail"],
        "ses:configuration-set": [mail.configuration_set] if mail.configuration_set else [],
        "ses:source-ip": ["127.0.0.1"],
        "ses:from-domain": [domain],
        "ses:caller-identity": ["local"],
        **{name: [value] for name, value in mail.tags.items()},
    }
    return {
        "timestamp": iso_time(mail.time),
        "source": mail.sender,
        "sourceArn": mail.identity_arn,
        "sendingAccountId": mail.account_id,
        "messageId": mail.message_id,
        "destination": list(mail.destination),
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in mail.headers],
        "commonHeaders": {
            "from": [common.get("from", mail.sender)],
            "to": [part.strip() for part in common.get("to", "").split(",") if part.strip()],
            "date": common.get("date", ""),
            "messageId": mail.message_id,
            "subject": mail.subject,
        },
        "tags": {name: values for name, values in tags.items() if values},
    }


def _feedback_id() -> str:
    return f"0100local-{uuid.uuid4()}-000000"
