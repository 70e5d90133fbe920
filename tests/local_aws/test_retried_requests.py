"""A request that Terraform sends again is answered as it was the first time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from scripts.local_aws.exchange import Request, Response, ask, json_response, read_request, send_response
from scripts.local_aws.process import LocalAws
from scripts.local_aws.retried_requests import KEPT_ANSWERS, KEPT_BYTES, RetriedRequests
from tests.local_aws.aws_clients import Clients, create_function

Answer = Callable[[int], Response]
TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 terraform-provider-aws/5.100.0"
BOTO = "Boto3/1.40"


class Counting:
    """An application that answers by the number of the call; ``gate`` holds it back."""

    def __init__(self, answer: Answer, gate: asyncio.Event | None = None) -> None:
        self.calls, self._answer, self._gate = 0, answer, gate

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await read_request(scope, receive)
        self.calls += 1
        number = self.calls
        if self._gate:
            await self._gate.wait()
        await send_response(send, self._answer(number))


def request(invocation: str | None, attempt: int = 1, agent: str = TERRAFORM) -> Request:
    headers = {"user-agent": agent, "amz-sdk-request": f"attempt={attempt}; max=25"}
    if invocation:
        headers["amz-sdk-invocation-id"] = invocation
    return Request("POST", "/", headers, body=b"{}")


def made(number: int) -> Response:
    return json_response({"call": number}, 201)


def refused(number: int) -> Response:
    return json_response({"call": number}, 500 if number == 1 else 201)


def large(number: int) -> Response:
    return Response(200, b"x" * (KEPT_BYTES + 1))


@pytest.mark.parametrize(
    ("answer", "first", "second", "calls"),
    [
        (made, request("a"), request("a", 2), 1),
        (made, request("a"), request("b"), 2),
        (made, request(None), request(None, 2), 2),
        (made, request("a", agent=BOTO), request("a", 2, agent=BOTO), 2),
        (refused, request("a"), request("a", 2), 2),
        (large, request("a"), request("a", 2), 2),
    ],
    ids=["again", "another", "unnamed", "not Terraform", "failed", "large"],
)
def test_what_was_answered_is_answered_again(answer: Answer, first: Request, second: Request, calls: int):
    app = Counting(answer)

    async def both() -> list[Response]:
        kept = RetriedRequests(app)
        return [await ask(kept, first), await ask(kept, second)]

    answers = asyncio.run(both())
    assert app.calls == calls
    assert (answers[1].status, answers[1].body) == (answer(calls).status, answer(calls).body)


def test_a_first_attempt_at_work_is_waited_for():
    async def impatient() -> tuple[int, list[Response]]:
        gate = asyncio.Event()
        app = Counting(made, gate)
        kept = RetriedRequests(app)
        tasks = [asyncio.create_task(ask(kept, request("a", attempt))) for attempt in (1, 2)]
        await asyncio.sleep(0)
        gate.set()
        answers = await asyncio.gather(*tasks)
        return app.calls, list(answers)

    calls, answers = asyncio.run(impatient())
    assert calls == 1
    assert answers[0] == answers[1] and answers[0].body == made(1).body


def test_only_the_newest_answers_are_kept():
    app = Counting(made)

    async def many() -> None:
        kept = RetriedRequests(app)
        for number in range(KEPT_ANSWERS + 1):
            await ask(kept, request(str(number)))
        await ask(kept, request(str(KEPT_ANSWERS), 2))
        assert app.calls == KEPT_ANSWERS + 1
        await ask(kept, request("0", 2))

    asyncio.run(many())
    assert app.calls == KEPT_ANSWERS + 2


@pytest.mark.local_aws
def test_a_permission_whose_answer_was_lost_is_not_refused_to_terraform(aws: LocalAws, clients: Clients):
    create_function(clients, "asked-twice", "def handle(event, context):\n    return 1\n")
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")

    def add(agent: str, attempt: int) -> int:
        client = session.client("lambda", endpoint_url=aws.endpoint_url)

        def name(request: Any, **_: Any) -> None:
            request.headers["user-agent"] = agent
            request.headers["amz-sdk-invocation-id"] = "5e1f0000-0000-4000-8000-000000000001"
            request.headers["amz-sdk-request"] = f"attempt={attempt}; max=25"

        client.meta.events.register("before-send.lambda", name)
        told = client.add_permission(
            FunctionName="asked-twice", StatementId="Api", Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )  # fmt: skip
        return told["ResponseMetadata"]["HTTPStatusCode"]

    assert [add(TERRAFORM, 1), add(TERRAFORM, 2)] == [201, 201]
    with pytest.raises(ClientError, match="ResourceConflictException"):
        add(BOTO, 2)
