"""The real Terraform with the real provider: one initialised configuration, and plans of each environment."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.local_aws.process import LocalAws
from scripts.packaging import build_package
from scripts.terraform_cli import Terraform

REPO = Path(__file__).parents[2]
TERRAFORM = REPO / "terraform"
Json = dict[str, Any]


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A local AWS of this folder's own."""
    with LocalAws.start(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A copy of the zip, so that work on the source does not change it under a test."""
    copy = tmp_path_factory.mktemp("package") / "lambda.zip"
    shutil.copyfile(build_package().path, copy)
    return str(copy)


@pytest.fixture(scope="session")
def initialised(aws: LocalAws, package: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Terraform]:
    """``initialised(name)``: Terraform with a state of that name, ready to plan."""

    def make(name: str) -> Terraform:
        folder = tmp_path_factory.mktemp(name)
        terraform = Terraform(TERRAFORM, folder, env=aws.client_environment(), say=print)
        terraform.init()
        return terraform

    return make


@pytest.fixture(scope="session")
def plan_of(initialised: Callable[..., Terraform], aws: LocalAws, package: str) -> Callable[[str], Json]:
    """``plan_of("prod")``: the plan JSON of an environment's values on an empty account, made once."""
    terraform = initialised("plans")
    plans: dict[str, Json] = {}

    def plan(environment: str) -> Json:
        if environment not in plans:
            made = terraform.plan(
                out=terraform.data_folder / f"{environment}.tfplan",
                var_file=TERRAFORM / "environments" / f"{environment}.tfvars",
                variables={"local_aws_url": aws.endpoint_url, "package_path": package},
            )
            plans[environment] = terraform.show_json(made.file)
        return plans[environment]

    return plan


@pytest.fixture(scope="session")
def copied(
    tmp_path_factory: pytest.TempPathFactory, initialised: Callable[..., Terraform]
) -> tuple[Path, dict[str, str]]:
    """A copy of the configuration (``terraform test`` writes into it) and the environment to run it in."""
    folder = tmp_path_factory.mktemp("modules") / "terraform"
    shutil.copytree(TERRAFORM, folder, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    environment = initialised("modules").environment()
    del environment["TF_DATA_DIR"]
    return folder, environment
