"""Failures that a user can act on, told as one message; everything else keeps its traceback: it is our fault."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

# module -> exceptions in it whose message is written for the user
TOLD = {
    "scripts.terraform_cli": ("TerraformError",),
    "scripts.provider_mirror": ("NoMirror",),
    "scripts.packaging": ("PackagingError",),
    "scripts.bring_up": ("Stopped",),
    "scripts.state_bucket": ("BucketTaken",),
    "scripts.local_aws.process": ("LocalAwsError",),
    "scripts.plan_review.plan_json": ("PlanFormatError",),
    "personalize.driver.errors": ("DriverError",),
    "personalize.config.problems": ("DeclarationError",),
    "personalize.sample_data": ("SampleDataError",),
}


def told_exceptions() -> tuple[type[BaseException], ...]:
    """Those of TOLD whose modules are loaded: what was never imported cannot have been raised."""
    return tuple(
        getattr(sys.modules[module], name) for module, names in TOLD.items() if module in sys.modules for name in names
    )


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn known failures into a ClickException (exit code 1, message on standard error)."""
    try:
        yield
    except Exception as error:
        if isinstance(error, told_exceptions()):
            raise click.ClickException(str(error)) from error
        if type(error).__module__.startswith("botocore."):
            raise click.ClickException(f"AWS: {error}\n`kit doctor` checks credentials, region and quotas.") from error
        raise
