"""What every ``ports.Tokens`` promises."""

from __future__ import annotations

import re

import pytest

from engagement.adapters.tokens_kms import KmsTokens
from engagement.errors import BadRequest, Forbidden, TooManyRequests, Unavailable
from tests.aws_faults import Broken, client_error
from tests.fakes import FakeTokens

PAYLOADS = ["", "a", "app/endpoint", "größer", '{"x": [1]}', "a" * 2000, "\U0001f600", "with.dot", "\x00"]


def kms_key(kms) -> str:
    return kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]


@pytest.fixture(params=["fake", "kms"])
def tokens(request):
    if request.param == "fake":
        return FakeTokens()
    kms = request.getfixturevalue("aws")("kms")
    return KmsTokens(key_id=kms_key(kms), client=kms)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_token_opens_to_its_payload_and_fits_into_a_path(tokens, payload):
    token = tokens.sign("unsubscribe", payload)
    assert tokens.open("unsubscribe", token) == payload
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", token)
    assert tokens.sign("unsubscribe", payload) == token


def test_a_token_is_good_for_one_purpose(tokens):
    token = tokens.sign("page of apps", "x")
    for other in ("page of app", "page of appsx", "", "unsubscribe"):
        with pytest.raises(BadRequest):
            tokens.open(other, token)
    assert tokens.sign("a", "bc") != tokens.sign("ab", "c")


def test_no_other_string_opens(tokens):
    token = tokens.sign("p", "payload")
    body, mac = token.split(".")
    others = [
        "",
        ".",
        body,
        mac,
        f"{body}.",
        f".{mac}",
        f"{mac}.{body}",
        token + "A",
        token[:-1],
        token + ".",
        " " + token,
    ]
    others += [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token))]
    others += ["é" + token, token.replace("-", "+"), "x" * 100_000, f"{body}=.{mac}", "\ud800", "%2e" + token]
    for other in others:
        if other != token:
            with pytest.raises(BadRequest):
                tokens.open("p", other)


def test_every_container_of_one_key_makes_the_same_tokens_with_one_call_each(aws):
    kms = aws("kms")
    key = kms_key(kms)
    calls = []

    class Counted:
        def generate_mac(self, **request):
            calls.append(request)
            return kms.generate_mac(**request)

    one, two = KmsTokens(key_id=key, client=Counted()), KmsTokens(key_id=key, client=Counted())
    assert calls == []
    assert two.open("p", one.sign("p", "x")) == "x"
    assert one.open("p", one.sign("p", "y")) == "y"
    assert len(calls) == 2
    with pytest.raises(BadRequest):
        KmsTokens(key_id=kms_key(kms), client=kms).open("p", one.sign("p", "x"))


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("NotFoundException", 400, Unavailable),
        ("InvalidKeyUsageException", 400, Unavailable),
        ("AccessDeniedException", 400, Forbidden),
        ("ThrottlingException", 400, TooManyRequests),
        ("KMSInternalException", 500, Unavailable),
    ],
)
def test_a_key_that_cannot_be_had_is_not_the_callers_fault(code, status, expected):
    tokens = KmsTokens(key_id="k", client=Broken(client_error(code, status)))
    with pytest.raises(expected):
        tokens.sign("p", "x")
