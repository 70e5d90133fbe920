"""Environments: local, and one per value file in terraform/environments. Where each keeps its state and who is asked.

With AWS_ENDPOINT_URL on this machine in the shell (``source build/local.env``) every environment is tried out on the
local AWS, with a state of its own: two environments side by side, no account needed. After ``kit bootstrap`` there, the
state is in the local AWS's S3, as it would be in an account.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from scripts.build_folder import BUILD, TERRAFORM
from scripts.client_environment import Clients
from scripts.local_aws.process import LocalAws
from scripts.terraform_cli import Terraform

Json = dict[str, Any]
# A local AWS that others started outlives a kit that is killed: what is being created has to reach the state.
GRACE_SECONDS_TRIED_OUT = 120.0
VALUE_FILES = TERRAFORM / "environments"
LOCAL_RUN = BUILD / "local" / "run"
# As Terraform's variable "environment" asks: the name of the value file is that of the environment.
NAME = re.compile(r"[a-z][a-z0-9]{1,9}")


@dataclass(frozen=True)
class Environment:
    """One environment: value file, state, and the AWS that answers (``endpoint_url`` None: a real account)."""

    name: str
    var_file: Path
    folder: Path
    state: Path | None = None
    backend: Path | None = None
    endpoint_url: str | None = None
    profile: str | None = None
    region: str | None = None

    @property
    def is_local(self) -> bool:
        """Nothing of it is in a real account."""
        return self.endpoint_url is not None

    def terraform(self) -> Terraform:
        """Terraform for this environment."""
        env = local_client_variables(self.endpoint_url) if self.endpoint_url else {}
        if self.profile:
            env["AWS_PROFILE"] = self.profile
        return Terraform(
            TERRAFORM, data_folder=self.folder / "terraform", state=self.state, backend=self.backend, env=env,
            grace_seconds=GRACE_SECONDS_TRIED_OUT if self.endpoint_url else None,
        )  # fmt: skip

    def variables(self) -> Json:
        """What comes on top of the value file."""
        found: Json = {}
        if self.endpoint_url:
            found["local_aws_url"] = self.endpoint_url
        if self.region and self.region != self.value("region"):
            found["region"] = self.region
        return found

    def value(self, name: str) -> str | None:
        """A quoted top-level value of the value file."""
        return value_of(self.var_file, name)

    def clients(self, outputs: Mapping[str, Any] | None = None) -> Clients:
        """AWS clients; with ``outputs`` the engine's own API among them."""
        return Clients(
            api_url=(outputs or {}).get("api_url"),
            data_folder=BUILD / "client-data",
            endpoint_url=self.endpoint_url,
            region=self.region or self.value("region"),
            profile=self.profile,
        )

    def outputs(self) -> Json:
        """Terraform's outputs. Raises ClickException when nothing is deployed."""
        terraform = self.terraform()
        terraform.init()
        found = terraform.output()
        if "api_url" not in found:
            raise click.ClickException(f"nothing is deployed in {self.name} yet: run `kit deploy --env {self.name}`")
        return found


def value_of(var_file: Path, name: str) -> str | None:
    """A quoted top-level value of a value file."""
    match = re.search(rf'^{name}\s*=\s*"([^"]*)"', var_file.read_text("utf-8"), re.MULTILINE)
    return match[1] if match else None


def values_in(var_file: Path, name: str) -> dict[str, str]:
    """The quoted values of a top-level map of a value file; {} where it is not set."""
    text = re.sub(r"(?m)^\s*(#|//).*$", "", var_file.read_text("utf-8"))
    match = re.search(rf"^{name}\s*=\s*\{{([^{{}}]*)\}}", text, re.MULTILINE)
    return dict(re.findall(r'"?(\w+)"?\s*=\s*"([^"]*)"', match[1])) if match else {}


def is_false(var_file: Path, name: str) -> bool:
    """Is a top-level switch of a value file off?"""
    return re.search(rf"^{name}\s*=\s*false\b", var_file.read_text("utf-8"), re.MULTILINE) is not None


def environment_names() -> list[str]:
    """Every environment that has a value file."""
    return sorted(path.stem for path in VALUE_FILES.glob("*.tfvars"))


def require_environment(name: str) -> None:
    """Raises UsageError for a name that no environment can have, and for one that has no value file."""
    names = environment_names()
    if name in names:
        return
    if not NAME.fullmatch(name):
        raise click.UsageError(
            f"{name!r} cannot name an environment: a name is 2 to 10 lower-case letters and digits, starting with a letter, "
            f"such as dev; there are: {', '.join(names)}"
        )
    raise click.UsageError(
        f"there is no environment {name!r}; there are: {', '.join(names)}. "
        f"To add it, copy terraform/environments/dev.tfvars to {name}.tfvars"
    )


def find_environment(name: str, *, profile: str | None = None, region: str | None = None) -> Environment:
    """The environment of this name. Raises UsageError for an unknown one, ClickException where it has no state yet."""
    require_environment(name)
    var_file = VALUE_FILES / f"{name}.tfvars"
    if name == "local":
        running = LocalAws.attach(LOCAL_RUN)
        if running is None:
            raise click.ClickException("no local AWS is running: start it with `make local`")
        state = LOCAL_RUN / "terraform.tfstate"
        return Environment(name, var_file, BUILD / "local", state=state, endpoint_url=running.endpoint_url)
    tried_out = loopback_endpoint()
    if tried_out:
        folder = tried_out_folder(tried_out, name)
        backend = tried_out_backend(tried_out, name)
        return Environment(
            name, var_file, folder, state=folder / "terraform.tfstate",
            backend=backend if backend.exists() else None, endpoint_url=tried_out, region=region,
        )  # fmt: skip
    backend = VALUE_FILES / f"{name}.s3.tfbackend"
    if not backend.exists():
        raise click.ClickException(
            f"{name} has no place for Terraform's state yet: run `kit bootstrap --env {name}` once "
            f"(it makes a bucket and writes {backend.name})"
        )
    return Environment(name, var_file, BUILD / name, backend=backend, profile=profile, region=region)


@contextmanager
def environment_to_plan(name: str, *, profile: str | None, region: str | None) -> Iterator[Environment]:
    """As ``find_environment``; where no local AWS runs, an empty one is started for the plan and ended after it."""
    if name != "local" or LocalAws.attach(LOCAL_RUN) is not None:
        yield find_environment(name, profile=profile, region=region)
        return
    folder = BUILD / "plan" / "local-aws"
    with LocalAws.start(folder) as aws:
        state = folder / "terraform.tfstate"
        state.unlink(missing_ok=True)
        yield Environment(
            name, VALUE_FILES / "local.tfvars", BUILD / "local", state=state, endpoint_url=aws.endpoint_url
        )


def tried_out_folder(endpoint_url: str, name: str) -> Path:
    """Where an environment that is tried out on a local AWS keeps its files."""
    return BUILD / "tried-out" / f"{urlsplit(endpoint_url).port}" / name


def tried_out_backend(endpoint_url: str, name: str) -> Path:
    """Where `kit bootstrap` writes the backend of an environment that is tried out."""
    return tried_out_folder(endpoint_url, name).with_suffix(".s3.tfbackend")


def loopback_endpoint() -> str | None:
    """AWS_ENDPOINT_URL, when it names this machine."""
    url = os.environ.get("AWS_ENDPOINT_URL", "")
    return url.rstrip("/") if urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1") else None


def local_client_variables(endpoint_url: str) -> dict[str, str]:
    """The environment of a client of the local AWS."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
