"""Mail through SES v2, one SendEmail per mail, never twice.

botocore must not retry a send: a request whose answer was lost may have been accepted. So each error is sorted into
"certainly not sent", "refused for good" and "unknown" (engagement/errors.py), and the use case decides.

The suppression list is asked with one ListSuppressedDestinations page per batch, which answers for everybody when the
account has at most PAGE entries. A longer list, or one that may not be listed, is asked address by address. SES allows
about one such call a second, so an account that sends fast is throttled here; what could not be asked is left to SES,
which applies the same list after our call (configuration set, ``suppression_options``) and reports such mails as
bounces.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
    SSLError,
)

from engagement.adapters.aws_client import aws_client, translated
from engagement.errors import (
    BadRequest,
    EngagementError,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    TooManyRequests,
    Unavailable,
)
from engagement.ports import Mail

PAGE = 1000
ANSWER_WITHIN_SECONDS = 8
LOOKUP_THREADS = 8
NEVER_LEFT = (ConnectTimeoutError, EndpointConnectionError, NoCredentialsError, ProxyConnectionError, SSLError)
# Errors whose class cannot be told from the HTTP status alone.
FORBIDDEN = frozenset({"MailFromDomainNotVerifiedException", "AccountSuspendedException"})
PAUSED = frozenset({"SendingPausedException"})


class SesMailer:
    def __init__(self, *, sender: Any = None, lookup: Any = None, sleep: Callable[[float], None] = time.sleep) -> None:
        """``sender`` and ``lookup`` are sesv2 clients; ``sender`` must not retry."""
        self._given_sender, self._given_lookup, self._sleep = sender, lookup, sleep

    @cached_property
    def _sender(self) -> Any:
        return self._given_sender or aws_client("sesv2", attempts=1, read_timeout=ANSWER_WITHIN_SECONDS)

    @cached_property
    def _lookup(self) -> Any:
        return self._given_lookup or aws_client("sesv2", attempts=1, read_timeout=5)

    def send(self, mail: Mail) -> str:
        request: dict[str, Any] = {
            "FromEmailAddress": mail.sender,
            "Destination": {"ToAddresses": [mail.to]},
            "Content": {"Raw": {"Data": mail.mime}},
            "EmailTags": [{"Name": name, "Value": value} for name, value in mail.tags.items()],
        }
        if mail.configuration_set:
            request["ConfigurationSetName"] = mail.configuration_set
        if mail.feedback_to:
            request["FeedbackForwardingEmailAddress"] = mail.feedback_to
        try:
            return self._sender.send_email(**request)["MessageId"]
        except (BotoCoreError, ClientError) as error:
            raise _sorted_error(error) from error

    def suppressed(self, addresses: Sequence[str]) -> set[str]:
        listed = self._whole_list()
        if listed is not None:
            return {address for address in addresses if address.lower() in listed}
        with ThreadPoolExecutor(max_workers=LOOKUP_THREADS) as pool:
            return {address for address, found in zip(addresses, pool.map(self._is_suppressed, addresses)) if found}

    def _whole_list(self) -> set[str] | None:
        """The suppression list in lower case when it fits one page; an empty set when SES would not say."""
        for attempt in range(2):
            try:
                answer = self._lookup.list_suppressed_destinations(PageSize=PAGE)
            except (BotoCoreError, ClientError) as error:
                known = translated(error, "SES ListSuppressedDestinations")
                if isinstance(known, Forbidden):
                    return None
                if not isinstance(known, TooManyRequests):
                    raise known from error
                if attempt == 0:
                    self._sleep(random.uniform(0.3, 1.2))  # noqa: S311 (spreads calls, no secret)
                continue
            if answer.get("NextToken"):
                return None
            return {entry["EmailAddress"].lower() for entry in answer["SuppressedDestinationSummaries"]}
        return set()

    def _is_suppressed(self, address: str) -> bool:
        try:
            self._lookup.get_suppressed_destination(EmailAddress=address)
        except (BotoCoreError, ClientError) as error:
            known = translated(error, "SES GetSuppressedDestination")
            if isinstance(known, NotFound | TooManyRequests | BadRequest):
                # A bad request is an address that is none; sending to it will say so.
                return False
            raise known from error
        return True


def _sorted_error(error: BotoCoreError | ClientError) -> EngagementError:
    what = "SES SendEmail"
    if isinstance(error, NEVER_LEFT):
        return Unavailable(f"{what}: {type(error).__name__}; the request did not reach SES", code=type(error).__name__)
    if not isinstance(error, ClientError):
        return OutcomeUnknown(f"{what}: {type(error).__name__}; no answer came back", code=type(error).__name__)
    known = translated(error, what)
    if known.code in FORBIDDEN:
        return Forbidden(known.message, code=known.code)
    if known.code in PAUSED:
        return Unavailable(known.message, code=known.code)
    if isinstance(known, Unavailable) and error.response["ResponseMetadata"].get("HTTPStatusCode") != 503:
        # 503 is SES's door saying "not now"; any other 5xx may come after the mail was accepted.
        return OutcomeUnknown(known.message, code=known.code)
    return known
