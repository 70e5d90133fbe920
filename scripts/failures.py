"""Failures that a user can act on, told as one message; everything else keeps its traceback: it is our fault."""

from __future__ import annotations

import errno
import re
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


OF_THE_DISK = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR,
    errno.EEXIST,
}  # fmt: skip


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
            raise click.ClickException(str(error) + _advice(str(error))) from error
        if type(error).__module__.startswith("botocore."):
            raise click.ClickException(f"AWS: {error}\n`kit doctor` checks credentials, region and quotas.") from error
        if isinstance(error, OSError) and error.errno in OF_THE_DISK:
            raise click.ClickException(_of_the_disk(error)) from error
        raise


def _advice(message: str) -> str:
    """What to do about failures that Terraform names but does not explain for this kit."""
    lock = re.search(r"Lock Info:\s+ID:\s+(\S+)", message)
    if "acquiring the state lock" in message:
        force = f"terraform -chdir=build/<environment>/terraform/root force-unlock {lock[1]}" if lock else ""
        return (
            "\nAnother run holds the state, or one that was killed is still finishing: wait some minutes and try again "
            "(KIT_LOCK_TIMEOUT=10m waits by itself). "
            "Only when nobody is at work" + (f":  {force}" if force else " unlock it (`terraform force-unlock`)")
        )
    credentials = ("ExpiredToken", "InvalidClientTokenId", "No valid credential sources", "SignatureDoesNotMatch")
    if any(word in message for word in credentials):
        return "\n`kit doctor` checks credentials, region and quotas."
    return ""


def _of_the_disk(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"cannot write: {where}{error.strerror}. Free some space or mend the folder build/, then run this again"
