"""Where a training happens: the clients and the variables of one environment."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from personalize.config import DEFAULT_DECLARATION, Declaration, DeclarationError, load_declaration
from personalize.driver import AWS, LOCAL, Poll
from personalize.driver.training import Clients as TrainingClients
from scripts.build_folder import BUILD
from scripts.client_environment import Clients
from scripts.commands._options import aws_options
from scripts.environments import find_environment

# Variable of the declaration <- output of Terraform (or key of build/local.json).
_FROM_OUTPUTS = {"bucket": "bucket", "role_arn": "personalize_role_arn", "prefix": "name_prefix"}


@dataclass(frozen=True)
class Place:
    """``variables`` fill the declaration; ``poll`` fits the speed of what answers."""

    env: str
    local: bool
    clients: TrainingClients
    variables: Mapping[str, str]
    poll: Poll

    def given(self, **variables: str) -> Place:
        """The same place with some variables set."""
        return replace(self, variables={**self.variables, **variables})

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
    """Where to train and what, shared by `kit train` and `kit status`: the command gets ``place`` and ``path``."""

    @aws_options
    @click.option(
        "--file",
        "path",
        type=click.Path(dir_okay=False, path_type=Path),
        default=DEFAULT_DECLARATION,
        show_default="personalize/personalize.yaml",
        help="The declaration.",
    )
    @click.option("--var", "pairs", multiple=True, metavar="NAME=VALUE", help="A variable of the declaration.")
    @click.option(
        "--outputs",
        type=click.Path(dir_okay=False, exists=True, path_type=Path),
        help="JSON of `terraform output -json`, in place of asking Terraform.",
    )
    @click.option("--endpoint-url", help="Where AWS answers, when neither AWS nor the local AWS of `make local`.")
    @functools.wraps(command)
    def with_place(
        name: str,
        profile: str | None,
        region: str | None,
        pairs: tuple[str, ...],
        outputs: Path | None,
        endpoint_url: str | None,
        **rest: Any,
    ) -> Any:
        return command(place=place_of(name, pairs, outputs, endpoint_url, profile, region), **rest)

    return with_place


def place_of(
    name: str,
    pairs: Sequence[str] = (),
    outputs: Path | None = None,
    endpoint_url: str | None = None,
    profile: str | None = None,
    region: str | None = None,
) -> Place:
    """Clients and variables of the environment ``name``. Raises ClickException when it is not there.

    What is known comes from ``outputs``, else from what `make local` wrote, else from Terraform.
    """
    if outputs or endpoint_url:
        facts = _flat(_outputs_in(outputs)) if outputs else {}
        if endpoint_url and urlsplit(endpoint_url).scheme not in ("http", "https"):
            raise click.ClickException(f"--endpoint-url {endpoint_url!r} is no http:// or https:// address")
        clients = Clients(
            api_url=None, data_folder=BUILD / "client-data", endpoint_url=endpoint_url, region=region, profile=profile
        )
        local = endpoint_url is not None
    else:
        environment = find_environment(name, profile=profile, region=region)
        facts = _local_facts() if name == "local" else environment.outputs()
        clients, local = environment.clients(), environment.is_local
    variables = {variable: str(facts[key]) for variable, key in _FROM_OUTPUTS.items() if facts.get(key)}
    if "role_arn" in variables:
        variables.setdefault("prefix", variables["role_arn"].rsplit("/", 1)[-1].removesuffix("-personalize"))
    variables |= dict(_pair(pair) for pair in pairs)
    return Place(name, local, TrainingClients.of(clients), variables, LOCAL if local else AWS)


def _outputs_in(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise click.ClickException(f"--outputs {file} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise click.ClickException(f"--outputs {file} is not a JSON object: make it with `terraform output -json`")
    return found


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
