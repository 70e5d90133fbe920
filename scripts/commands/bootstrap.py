"""``kit bootstrap``: make the bucket for Terraform's state."""

from __future__ import annotations

import json

import click

from scripts.build_folder import BUILD
from scripts.client_environment import Clients
from scripts.commands._options import aws_options
from scripts.environments import VALUE_FILES, loopback_endpoint, require_environment, tried_out_backend, value_of
from scripts.state_bucket import bucket_name, make_state_bucket, write_backend_file


@click.command()
@aws_options
@click.option("--bucket", help="Name of the bucket; default: kit-terraform-state-<account>-<region>.")
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON.")
def command(name: str, profile: str | None, region: str | None, bucket: str | None, as_json: bool) -> None:
    """Make the bucket that holds Terraform's state, once per account and region, and name it for an environment.

    Private, versioned, encrypted, TLS only; locks are Terraform's own. Each setting is read first and written only when
    it differs. Writes terraform/environments/<environment>.s3.tfbackend, which your team commits. On a local AWS
    (AWS_ENDPOINT_URL on this machine) that file goes below build/.
    """
    if name == "local":
        raise click.UsageError("local keeps its state on this machine; give --env dev, for example")
    require_environment(name)
    endpoint = loopback_endpoint()
    region = region or value_of(VALUE_FILES / f"{name}.tfvars", "region")
    clients = Clients(
        api_url=None, data_folder=BUILD / "client-data", endpoint_url=endpoint, region=region, profile=profile
    )
    place = clients.session.region_name
    if not place:
        raise click.ClickException(f"no region: name one in {name}.tfvars, set AWS_REGION, or give --region")
    account = clients.client("sts").get_caller_identity()["Account"]
    bucket = bucket or bucket_name("kit", account, place)
    say = (lambda text: None) if as_json else click.echo
    steps = []
    for step in make_state_bucket(clients.client("s3"), name=bucket, region=place):
        steps.append(step)
        say(f"{'made     ' if step.changed else 'was right'}  {step.what}")
    path = tried_out_backend(endpoint, name) if endpoint else VALUE_FILES / f"{name}.s3.tfbackend"
    key = f"targeted-messaging-kit/{name}.tfstate"
    written = write_backend_file(path, bucket=bucket, region=place, key=key, path_style=endpoint is not None)
    say(f"{'made     ' if written else 'was right'}  {path}")
    say(f"Next:  make plan ENV={name}")
    if as_json:
        made = [step.what for step in steps if step.changed]
        click.echo(json.dumps({"bucket": bucket, "region": place, "backend_file": str(path), "made": made}, indent=1))
