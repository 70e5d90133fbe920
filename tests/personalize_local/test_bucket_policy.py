"""Bucket policies: when may the service read? A table of the policies that people write."""

import pytest

from personalize.local_service.bucket_policy import allows

FACTS = {
    "aws:SourceAccount": "000000000000",
    "aws:SourceArn": "arn:aws:personalize:us-east-1:000000000000:any",
    "aws:SecureTransport": "true",
}
ALLOW = {
    "Effect": "Allow",
    "Principal": {"Service": "personalize.amazonaws.com"},
    "Action": ["s3:GetObject", "s3:ListBucket"],
    "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"],
}
TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "arn:aws:s3:::data/*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


@pytest.mark.parametrize(
    "statements,expected",
    [
        ([], False),
        ([ALLOW], True),
        ([ALLOW, TLS_ONLY], True),
        ([{**ALLOW, "Action": "s3:Get*"}], True),
        ([{**ALLOW, "Action": "S3:getobject"}], True),
        ([{**ALLOW, "Action": "s3:PutObject"}], False),
        ([{**ALLOW, "Principal": {"Service": "forecast.amazonaws.com"}}], False),
        ([{**ALLOW, "Principal": {"Service": ["a.amazonaws.com", "personalize.amazonaws.com"]}}], True),
        ([{**ALLOW, "Principal": {"AWS": "*"}}], True),
        ([{**ALLOW, "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}], False),
        ([{**ALLOW, "Resource": "arn:aws:s3:::data"}], False),
        ([{**ALLOW, "Resource": "arn:aws:s3:::data/in/*"}], True),
        ([{**ALLOW, "Resource": "arn:aws:s3:::other/*"}], False),
        ([ALLOW, {**ALLOW, "Effect": "Deny"}], False),
        ([{**ALLOW, "Condition": {"StringEquals": {"aws:SourceAccount": "000000000000"}}}], True),
        ([{**ALLOW, "Condition": {"StringEquals": {"AWS:sourceaccount": "111111111111"}}}], False),
        ([{**ALLOW, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:personalize:*:000000000000:*"}}}], True),
        ([{**ALLOW, "Condition": {"StringNotEquals": {"aws:SourceAccount": "000000000000"}}}], False),
        ([{**ALLOW, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}], False),
        ([{**ALLOW, "Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}}], True),
    ],
)
def test_reading_is_allowed_or_not(statements, expected):
    policy = {"Version": "2012-10-17", "Statement": statements}
    assert allows(policy, action="s3:GetObject", resource="arn:aws:s3:::data/in/a.csv", facts=FACTS) is expected


def test_a_single_statement_needs_no_list():
    assert allows({"Statement": ALLOW}, action="s3:ListBucket", resource="arn:aws:s3:::data", facts=FACTS)
