"""Roles: which trust policies let Personalize in, and an IAM that does not answer."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from personalize.local_service.errors import ServiceError
from personalize.local_service.role_trust import Roles, trusts_personalize

FACTS = {"aws:SourceAccount": "000000000000"}
ARN = "arn:aws:iam::000000000000:role/reader"
TRUST = {"Effect": "Allow", "Principal": {"Service": "personalize.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.mark.parametrize(
    "statement,trusted",
    [
        ([TRUST], True),
        (TRUST, True),
        ([{**TRUST, "Condition": {"StringEquals": {"aws:SourceAccount": "000000000000"}}}], True),
        ([{**TRUST, "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}], False),
        ([{**TRUST, "Principal": {"Service": ["lambda.amazonaws.com", "personalize.amazonaws.com"]}}], True),
        ([{**TRUST, "Principal": {"Service": "lambda.amazonaws.com"}}], False),
        ([{**TRUST, "Action": "sts:TagSession"}], False),
        ([TRUST, {**TRUST, "Effect": "Deny"}], False),
        ([], False),
    ],
)
def test_a_trust_policy_lets_personalize_in_or_not(statement, trusted):
    assert trusts_personalize({"Statement": statement}, FACTS) is trusted


class Iam:
    def __init__(self, answer):
        self.answer = answer

    def get_role(self, **_):
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"Role": self.answer}


def refused(code):
    return ClientError({"Error": {"Code": code, "Message": ""}}, "GetRole")


@pytest.mark.parametrize(
    "answer",
    [
        {"Arn": ARN, "AssumeRolePolicyDocument": {"Statement": [TRUST]}},
        refused("ServiceUnavailable"),
        refused("AccessDenied"),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    ],
)
def test_a_role_that_trusts_and_an_iam_that_can_t_tell_refuse_nothing(answer):
    Roles(Iam(answer), "000000000000", "us-east-1").demand(ARN)


@pytest.mark.parametrize(
    "answer,words",
    [
        (refused("NoSuchEntity"), "does not exist"),
        ({"Arn": ARN, "AssumeRolePolicyDocument": {"Statement": []}}, "trust policy"),
    ],
)
def test_a_role_that_iam_does_not_give_is_refused(answer, words):
    with pytest.raises(ServiceError, match=words) as caught:
        Roles(Iam(answer), "000000000000", "us-east-1").demand(ARN)
    assert caught.value.code == "InvalidInputException"
