"""What ministack keeps of SES (identities, configuration sets, the account), as sending needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.local_aws.aws_in_process import Caller, InProcessAws, quote_part
from scripts.local_aws.mail_parsing import addresses_in
from scripts.local_aws.ses_errors import SesError

Json = dict[str, Any]
SIMULATOR = "simulator.amazonses.com"


@dataclass(frozen=True)
class Identity:
    """A verified identity, and the configuration set that its mails use when they name none."""

    name: str
    arn: str
    configuration_set: str | None


@dataclass(frozen=True)
class ConfigurationSet:
    """``suppressed_reasons`` None: those of the account."""

    name: str | None = None
    events: Sequence[Json] = ()
    suppressed_reasons: Sequence[str] | None = None


@dataclass
class SesAccount:
    """``default_sets``: identity -> its default configuration set, which ministack does not keep."""

    aws: InProcessAws
    default_sets: dict[str, str] = field(default_factory=dict)

    async def sending_identity(self, caller: Caller, sender: str, recipients: Sequence[str]) -> Identity:
        """Raises SesError when the sender, or in the sandbox a recipient, is not verified."""
        froms = addresses_in([sender])
        found = await self._verified(caller, froms[0]) if froms else None
        failed = [] if found else [sender]
        account = (await self.aws.ses(caller, "GET", "/account")).json()
        if not account.get("ProductionAccessEnabled", True):
            for recipient in recipients:
                in_simulator = recipient.lower().endswith(f"@{SIMULATOR}")
                if not in_simulator and await self._verified(caller, recipient) is None:
                    failed.append(recipient)
        if found is None or failed:
            raise SesError.unverified(caller.region, failed)
        return found

    async def _verified(self, caller: Caller, address: str) -> Identity | None:
        """The address, the address without its +label, its domain or a parent domain: whichever is verified."""
        local, _, domain = address.rpartition("@")
        labels = domain.lower().split(".")
        parents = [".".join(labels[i:]) for i in range(len(labels) - 1)]
        for name in dict.fromkeys([address, f"{local.partition('+')[0]}@{domain}", *parents]):
            answer = await self.aws.ses(caller, "GET", f"/identities/{quote_part(name)}")
            if answer.status == 200 and answer.json().get("VerifiedForSendingStatus"):
                arn = f"arn:aws:ses:{caller.region}:{caller.account_id}:identity/{name}"
                return Identity(name, arn, self.default_sets.get(name))
        return None

    async def configuration_set(self, caller: Caller, name: str | None) -> ConfigurationSet:
        """Raises SesError when it does not exist or its sending is paused."""
        if not name:
            return ConfigurationSet()
        path = f"/configuration-sets/{quote_part(name)}"
        answer = await self.aws.ses(caller, "GET", path)
        if answer.status == 404:
            return await self._v1_configuration_set(caller, name)
        options = answer.json()
        if not options.get("SendingOptions", {}).get("SendingEnabled", True):
            raise SesError.paused(name)
        destinations = await self.aws.ses(caller, "GET", f"{path}/event-destinations")
        reasons = options.get("SuppressionOptions", {}).get("SuppressedReasons")
        return ConfigurationSet(name, destinations.json().get("EventDestinations", []), reasons)

    async def _v1_configuration_set(self, caller: Caller, name: str) -> ConfigurationSet:
        """ministack keeps those that v1 made apart; they have no event destinations."""
        answer = await self.aws.query(caller, "ses", "DescribeConfigurationSet", {"ConfigurationSetName": name})
        if answer.status != 200:
            raise SesError.no_configuration_set(name)
        return ConfigurationSet(name)

    async def template(self, caller: Caller, name: str) -> Json:
        """``{"Subject", "Html", "Text"}``. Raises SesError when there is none of that name."""
        answer = await self.aws.ses(caller, "GET", f"/templates/{quote_part(name)}")
        if answer.status == 404:
            raise SesError.no_template(name)
        return answer.json()["TemplateContent"]
