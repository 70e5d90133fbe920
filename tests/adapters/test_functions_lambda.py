"""Lambda: what a transformer answers, and every way in which it does not."""

from __future__ import annotations

import io
import json

import pytest
from botocore.exceptions import ReadTimeoutError

from engagement.adapters.functions_lambda import LambdaFunctions
from engagement.errors import Forbidden, NotFound, TooManyRequests, Unavailable
from tests.aws_faults import Broken, client_error


class Function:
    def __init__(self, payload, **more):
        self.payload, self.more, self.events = payload, more, []

    def invoke(self, FunctionName, Payload):
        self.events.append((FunctionName, json.loads(Payload)))
        return {"Payload": io.BytesIO(self.payload), **self.more}


@pytest.mark.parametrize(("payload", "answer"), [(b'{"a": ["\xc3\xbc"]}', {"a": ["ü"]}), (b"null", None), (b"", None)])
def test_the_answer_is_what_the_function_returned(payload, answer):
    function = Function(payload)
    assert LambdaFunctions(client=function).invoke("arn:f", {"Endpoints": {"e": 1}}) == answer
    assert function.events == [("arn:f", {"Endpoints": {"e": 1}})]


def test_an_error_of_the_function_is_named_without_its_text():
    function = Function(b'{"errorType": "KeyError", "errorMessage": "p@example.org"}', FunctionError="Unhandled")
    with pytest.raises(Unavailable, match="KeyError") as raised:
        LambdaFunctions(client=function).invoke("f", {})
    assert "example.org" not in raised.value.message


@pytest.mark.parametrize("payload", [b"<html>", b"\xff", b"[1"])
def test_an_answer_that_is_not_json_is_unavailable(payload):
    with pytest.raises(Unavailable):
        LambdaFunctions(client=Function(payload)).invoke("f", {})


@pytest.mark.parametrize("payload", [b"odd", b"[]"])
def test_an_error_without_a_type_is_still_an_error(payload):
    with pytest.raises(Unavailable, match="unknown"):
        LambdaFunctions(client=Function(payload, FunctionError="Unhandled")).invoke("f", {})


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (client_error("ResourceNotFoundException", 404), NotFound),
        (client_error("AccessDeniedException", 403), Forbidden),
        (client_error("TooManyRequestsException", 429), TooManyRequests),
        (client_error("ServiceException", 500), Unavailable),
        (ReadTimeoutError(endpoint_url="x"), Unavailable),
    ],
)
def test_errors_are_the_engine_s_own(error, expected):
    with pytest.raises(expected):
        LambdaFunctions(client=Broken(error)).invoke("f", {})
