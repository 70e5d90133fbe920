"""Where a training happens: the clients and the variables of one environment."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from personalize.config import DEFAULT_DECLARATION, Declaration, DeclarationError, load_declaration
from personalize.driver import AWS, LOCAL, Poll
from personalize.driver.training import Clients as TrainingClients
from scripts.bring_up import BUILD
from scripts.client_environment import Clients

# Variable of the declaration <- output of Terraform (or key of build/local.json).
_FROM_OUTPUTS = {"bucket": "bucket", "role_arn": "personalize_role_arn", "prefix": "name_prefix", "region": "region"}


@dataclass(frozen=True)
class Place:
    """``variables`` fill the declaration; ``poll`` fits the speed of what answers."""

    env: str
    clients: TrainingClients
    variables: Mapping[str, str]
    poll: Poll

    @property
    def local(self) -> bool:
        return self.env == "local"

    def declaration(self, path: Path) -> Declaration:
        """Raises ClickException with every fault of the file."""
        try:
            return load_declaration(path, self.variables)
        except DeclarationError as error:
            hint = ""
            if "has no value" in str(error):
                hint = f"\nVariables come from --var, --outputs, or what is deployed for ENV={self.env}."
            raise click.ClickException(f"{error}{hint}") from error
        except OSError as error:
            raise click.ClickException(f"{path} cannot be read: {error.strerror}") from error


def place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Where to train and what: shared by `kit train` and `kit status`."""
    options = [
        click.option("--env", default="local", show_default=True, help="Environment: local, dev, prod ..."),
        click.option(
            "--file",
            "path",
            type=click.Path(dir_okay=False, path_type=Path),
            default=DEFAULT_DECLARATION,
            help="The declaration.  [default: personalize/personalize.yaml]",
        ),
        click.option("--var", "pairs", multiple=True, metavar="NAME=VALUE", help="A variable of the declaration."),
        click.option(
            "--outputs",
            type=click.Path(dir_okay=False, exists=True, path_type=Path),
            help="JSON of `terraform output -json`, in place of asking Terraform.",
        ),
        click.option("--endpoint-url", help="Where AWS answers, when neither AWS nor the local AWS of `make local`."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def place_of(env: str, pairs: Sequence[str], outputs: Path | None, endpoint_url: str | None) -> Place:
    """Clients and variables of ``env``. Raises ClickException when it is not there."""
    facts: dict[str, Any] = {}
    if outputs:
        facts = _flat(json.loads(outputs.read_text("utf-8")))
    elif env == "local" and not endpoint_url:
        facts = _local_facts()
        endpoint_url = facts["endpoint_url"]
    elif env != "local":
        facts = _terraform_outputs(env)
    variables = {name: str(facts[key]) for name, key in _FROM_OUTPUTS.items() if facts.get(key)}
    variables |= dict(_pair(pair) for pair in pairs)
    clients = Clients(
        api_url=None,
        data_folder=BUILD / "client-data",
        endpoint_url=endpoint_url,
        region=variables.get("region"),
    )
    local = endpoint_url is not None
    return Place("local" if local else env, TrainingClients.of(clients), variables, LOCAL if local else AWS)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.ClickException(f"--var {text!r}: write NAME=VALUE")
    return name, value


def _local_facts() -> dict[str, Any]:
    path = BUILD / "local.json"
    if not path.exists():
        raise click.ClickException(
            "no local AWS is up: `make local` starts one with the kit applied. "
            "For an account name its environment: `make train ENV=dev`"
        )
    facts: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return facts


def _flat(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """``terraform output -json`` wraps each value; a flat mapping is taken as it is."""
    return {k: v["value"] if isinstance(v, Mapping) and "value" in v else v for k, v in outputs.items()}


def _terraform_outputs(env: str) -> dict[str, Any]:
    from scripts.bring_up import TERRAFORM
    from scripts.terraform_cli import Terraform

    try:
        return _flat(Terraform(TERRAFORM, data_folder=BUILD / env / "terraform").output())
    except Exception as error:  # whatever Terraform says: the person can still name an outputs file
        raise click.ClickException(
            f"Terraform gives no outputs for ENV={env}: {error}\nDeploy first: make deploy ENV={env}"
        ) from error
