"""What tests of many folders need."""

from __future__ import annotations

import signal
from functools import cache

import boto3
import pytest
from moto import mock_aws

# A shell starts background jobs with SIGINT ignored, and children would inherit that: Ctrl-C is to be testable anywhere.
signal.signal(signal.SIGINT, signal.default_int_handler)

REGION = "us-east-1"
pytest_plugins = ["tests.chromium"]


@pytest.fixture
def aws(monkeypatch):
    """moto in place of AWS; answers ``boto3.client`` for our region."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_DATA_PATH"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield lambda service: _session().client(service, region_name=REGION)


@cache
def _session() -> boto3.Session:
    """One session for all tests: it keeps the service models, which take long to read."""
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test")
