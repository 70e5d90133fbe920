import json

import pytest

from scripts.plan_review.iam_words import compare, read_policy, trouble, words

SEND = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:1:sends"}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_order_and_form_of_lists_do_not_matter():
    one = policy({**SEND, "Action": ["sqs:SendMessage"], "Sid": "a"})
    other = policy({**SEND, "Sid": "b"})
    assert compare(one, other).added == compare(one, other).removed == ()


@pytest.mark.parametrize(
    ("before", "after", "wider"),
    [
        (None, SEND, True),
        (SEND, None, False),
        (SEND, {**SEND, "Action": ["sqs:SendMessage", "sqs:DeleteQueue"]}, True),
        ({**SEND, "Action": "sqs:*"}, SEND, False),
        ({**SEND, "Action": "SQS:send*"}, SEND, False),
        ({**SEND, "Resource": "*"}, SEND, False),
        (SEND, {**SEND, "Resource": "*"}, True),
        (SEND, {**SEND, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, False),
        ({**SEND, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, SEND, True),
        ({**SEND, "Effect": "Deny"}, None, True),
        (None, {**SEND, "Effect": "Deny"}, False),
        ({**SEND, "Effect": "Deny"}, {**SEND, "Effect": "Deny", "Action": "sqs:*"}, False),
        ({**SEND, "Effect": "Deny", "Action": "sqs:*"}, {**SEND, "Effect": "Deny"}, True),
        (SEND, {"Effect": "Allow", "NotAction": "iam:*", "Resource": SEND["Resource"]}, True),
        ({**SEND, "Principal": {"AWS": "arn:aws:iam::1:root"}}, {**SEND, "Principal": "*"}, True),
        ({**SEND, "Principal": "*"}, {**SEND, "Principal": {"AWS": "arn:aws:iam::1:root"}}, False),
        ({**SEND, "Resource": "arn:aws:s3:::a[b]"}, {**SEND, "Resource": "arn:aws:s3:::ab"}, True),
    ],
)
def test_wider_access_is_recognised(before, after, wider):
    as_policy = [None if side is None else policy(side) for side in (before, after)]
    assert bool(compare(*as_policy).wider) is wider


def test_words():
    statement = read_policy(policy({**SEND, "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}))[0]
    assert words(statement) == (
        "may sqs:SendMessage on arn:aws:sqs:eu-west-1:1:sends, if aws:SourceAccount StringEquals 1"
    )


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (SEND, []),
        ({**SEND, "Action": "*"}, ["every action of every service"]),
        ({**SEND, "Action": "s3:*", "Resource": "*"}, ["every action of a service", "on every resource"]),
        ({**SEND, "Principal": "*"}, ["anybody on the internet"]),
        ({**SEND, "Principal": {"AWS": "*"}, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o"}}}, []),
        ({**SEND, "Action": "iam:PassRole", "Resource": "arn:aws:iam::1:role/*"}, ["may pass roles by wildcard"]),
        ({**SEND, "Effect": "Deny", "Action": "*"}, []),
    ],
)
def test_trouble(statement, expected):
    assert trouble(read_policy(policy(statement))[0]) == expected


@pytest.mark.parametrize("text", [None, "", "not json", "[]", "{}", 7, '{"Statement": "x"}'])
def test_what_is_no_policy_has_no_statements(text):
    assert read_policy(text) == ()
