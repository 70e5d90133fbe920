"""What Terraform asks again is answered as it was the first time.

On a busy machine Terraform's AWS provider now and then gives up a connection whose answer stands complete in its socket
(traced: the server has written all of it, the client closes a millisecond later), and asks again. A creation
that went well is then refused as existing already: Lambda's AddPermission for five minutes, after which the apply fails.
Only for Terraform: what the engine asks twice is done twice here, as at AWS.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from scripts.local_aws.exchange import AsgiApp, Receive, Scope, Send, headers_of

KEPT_ANSWERS = 500
KEPT_BYTES = 65536  # of one answer; larger ones are reads, which may run again
TERRAFORM = "terraform-provider-aws"
Messages = list[MutableMapping[str, Any]]


@dataclass
class RetriedRequests:
    """``app`` with a memory. A first attempt that is still at work is waited for; one that failed is made again.

    The AWS SDKs say which attempt this is: ``amz-sdk-invocation-id`` stays, ``amz-sdk-request: attempt=2`` counts.
    """

    app: AsgiApp
    _answers: OrderedDict[str, asyncio.Future[Messages | None]] = field(default_factory=OrderedDict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope) if scope["type"] == "http" else {}
        invocation = headers.get("amz-sdk-invocation-id")
        if not invocation or TERRAFORM not in headers.get("user-agent", ""):
            await self.app(scope, receive, send)
            return
        earlier = self._answers.get(invocation)
        kept = await asyncio.shield(earlier) if earlier else None
        if kept is None:
            await self._ask_and_keep(invocation, scope, receive, send)
            return
        while (await receive()).get("more_body"):
            pass
        for message in kept:
            await send(message)

    async def _ask_and_keep(self, invocation: str, scope: Scope, receive: Receive, send: Send) -> None:
        answer: asyncio.Future[Messages | None] = asyncio.get_running_loop().create_future()
        self._answers[invocation] = answer
        while len(self._answers) > KEPT_ANSWERS:
            self._answers.popitem(last=False)
        messages: Messages = []

        async def keep(message: MutableMapping[str, Any]) -> None:
            messages.append(message)
            await send(message)

        try:
            await self.app(scope, receive, keep)
        finally:
            answer.set_result(messages if _is_kept(messages) else None)


def _is_kept(messages: Messages) -> bool:
    """Complete, no failure, and small."""
    if not messages or messages[0].get("status", 500) >= 400 or messages[-1].get("more_body"):
        return False
    return len(messages) > 1 and sum(len(message.get("body", b"")) for message in messages) <= KEPT_BYTES
