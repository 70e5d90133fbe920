"""``kit doctor``: is everything there, before anything is touched?"""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import click
from botocore.exceptions import ProfileNotFound

from scripts.commands._options import aws_options
from scripts.doctor import Check, Health, account_checks, tool_checks
from scripts.environments import (
    LOCAL_RUN,
    VALUE_FILES,
    is_false,
    loopback_endpoint,
    require_environment,
    value_of,
    values_in,
)
from scripts.existing_checks import Given, existing_checks
from scripts.local_aws.process import PYTHON, LocalAws
from scripts.local_session import local_session

COLOURS = {Health.OK: "green", Health.WARN: "yellow", Health.FAIL: "red"}


@click.command()
@aws_options
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
def command(name: str, profile: str | None, region: str | None, as_json: bool) -> None:
    """Check tools, credentials, region, SES sandbox, quotas and roles. Only reads; nothing is touched.

    Exit code 1 when something would stop a deployment.
    """
    require_environment(name)
    checks = []
    for check in _checks(name, profile, region):
        checks.append(check)
        if not as_json:
            mark = click.style(f"{check.health:4}", fg=COLOURS[check.health])
            click.echo(f"{mark}  {check.name}: {check.seen}" + (f"\n      -> {check.advice}" if check.advice else ""))
    if as_json:
        click.echo(json.dumps([check.as_json() for check in checks], indent=1))
    failed = [check.name for check in checks if check.health is Health.FAIL]
    if failed:
        raise click.ClickException(f"not ready: {', '.join(failed)}")
    if not as_json:
        click.echo(f"Ready. Next:  make {'demo' if name == 'local' else f'plan ENV={name}'}")


def _checks(name: str, profile: str | None, region: str | None) -> Iterator[Check]:
    yield from tool_checks()
    if name == "local":
        yield _local_check()
        return
    endpoint = loopback_endpoint()
    try:
        if endpoint:
            session = local_session()
        else:
            session = boto3.Session(profile_name=profile, region_name=region or _region(name))
    except ProfileNotFound as error:
        advice = "name a profile of your AWS configuration with --profile, or sign in with `aws configure sso`"
        yield Check("credentials", Health.FAIL, str(error), advice)
        return
    known = True
    for check in account_checks(session, endpoint_url=endpoint, from_address=_value(name, "from_address")):
        known = known and not (check.health is Health.FAIL and check.name in ("region", "credentials"))
        yield check
    if known:
        region_name = str(session.region_name)
        yield from existing_checks(
            lambda service: session.client(service, endpoint_url=endpoint), _given(name), region=region_name
        )


def _local_check() -> Check:
    if not PYTHON.exists():
        return Check("local AWS", Health.FAIL, "not installed", "run `make setup`")
    running = LocalAws.attach(LOCAL_RUN)
    return Check("local AWS", Health.OK, running.endpoint_url if running else "installed, not running (`make local`)")


def _given(name: str) -> Given:
    file = VALUE_FILES / f"{name}.tfvars"
    return Given(
        prefix=_value(name, "prefix") or "kit",
        environment=_value(name, "environment") or name,
        value_file=file.name,
        identity=_value(name, "identity") or _value(name, "from_address"),
        create_identity=not is_false(file, "create_identity"),
        encryption_key_arn=_value(name, "encryption_key_arn"),
        existing=values_in(file, "existing"),
    )


def _region(name: str) -> str | None:
    return _value(name, "region")


def _value(name: str, key: str) -> str | None:
    return value_of(VALUE_FILES / f"{name}.tfvars", key)
