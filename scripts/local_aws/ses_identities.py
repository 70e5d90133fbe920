"""Identities of SES: the two APIs share them, and a new email identity gets a verification mail.

ministack keeps v1 and v2 identities apart and verifies both at once. Here they are kept equal. Nobody has to open the
verification mail: the local mailbox clicks the link itself, so the identity is verified when the mail arrives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scripts.local_aws.aws_in_process import Caller, InProcessAws, quote_part
from scripts.local_aws.mail_parsing import Body, build_mail
from scripts.local_aws.ses_sending import SesSending

Json = dict[str, Any]
SENDER = "Amazon Web Services <no-reply-aws@amazon.com>"
SUBJECT = "Amazon Web Services - Email Address Verification Request in region {region}"
TEXT = """\
Somebody asked to send mail from {address} through Amazon SES, in account {account} and region {region}.

At AWS this mail has a link to confirm that the address is yours. Here the local mailbox has clicked it already:
the address is verified and can send.
"""


@dataclass
class SesIdentities:
    aws: InProcessAws
    sending: SesSending

    async def exists(self, caller: Caller, name: str) -> bool:
        return (await self.aws.ses(caller, "GET", f"/identities/{quote_part(name)}")).status == 200

    async def created_by_v2(self, caller: Caller, name: str, configuration_set: str | None) -> None:
        self.set_configuration_set(name, configuration_set)
        action, key = _v1_verification(name)
        await self.aws.query(caller, "ses", action, {key: name})
        self._welcome(caller, name)

    async def created_by_v1(self, caller: Caller, name: str) -> None:
        """Called after ministack took the v1 call; a repeated call sends no second mail."""
        if not await self.exists(caller, name):
            await self.aws.ses(caller, "POST", "/identities", {"EmailIdentity": name})
            self._welcome(caller, name)

    async def deleted(self, caller: Caller, name: str) -> None:
        """Called after one API deleted it: the other forgets it too."""
        self.set_configuration_set(name, None)
        await self.aws.query(caller, "ses", "DeleteIdentity", {"Identity": name})
        await self.aws.ses(caller, "DELETE", f"/identities/{quote_part(name)}")

    def set_configuration_set(self, name: str, configuration_set: str | None) -> None:
        """None takes the default away."""
        if configuration_set:
            self.sending.account.default_sets[name] = configuration_set
        else:
            self.sending.account.default_sets.pop(name, None)

    def details(self, name: str, stored: Json) -> Json:
        """What GetEmailIdentity says beyond what ministack keeps."""
        extra: Json = {"VerificationStatus": "SUCCESS", "FeedbackForwardingStatus": True, "Policies": {}}
        if name in self.sending.account.default_sets:
            extra["ConfigurationSetName"] = self.sending.account.default_sets[name]
        return {**extra, **stored}

    def _welcome(self, caller: Caller, name: str) -> None:
        if "@" not in name:
            return
        subject = SUBJECT.format(region=caller.region)
        text = TEXT.format(address=name, account=caller.account_id, region=caller.region)
        mime = build_mail(SENDER, [name], [], [], Body(subject, text=text))
        self.sending.deliver_notice(name, SENDER, mime)


def _v1_verification(name: str) -> tuple[str, str]:
    return ("VerifyEmailIdentity", "EmailAddress") if "@" in name else ("VerifyDomainIdentity", "Domain")
