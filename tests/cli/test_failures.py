"""Failures reach the user as one message, never as a traceback; faults of ours keep theirs."""

import importlib

import click
import pytest
from botocore.exceptions import NoCredentialsError

from scripts.failures import TOLD, told_plainly


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in TOLD.items() for name in names])
def test_every_told_exception_exists(module, name):
    assert issubclass(getattr(importlib.import_module(module), name), Exception)


def test_a_known_failure_is_one_message():
    from scripts.plan_review.plan_json import PlanFormatError

    with pytest.raises(click.ClickException, match="not a plan"), told_plainly():
        raise PlanFormatError("not a plan")


def test_what_aws_says_names_the_next_command():
    with pytest.raises(click.ClickException, match="kit doctor"), told_plainly():
        raise NoCredentialsError


def test_a_fault_of_ours_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError), told_plainly():
        _ = 1 / 0
