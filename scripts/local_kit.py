"""The whole kit on the local AWS: applied, trained on sample data, wired. What `make demo` and `make local` share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from personalize.driver import LOCAL
from personalize.sample_data import SampleSize, write_interactions
from scripts.bring_up import CreatedResources, apply_with_work_beside, outputs_when_it_works, sample_wanted
from scripts.build_folder import BUILD, TERRAFORM
from scripts.client_environment import Clients
from scripts.demo_report import interactions_of, why_each_block
from scripts.local_aws.process import LocalAws
from scripts.sample_campaign import Person, five_people
from scripts.sample_run import blocks_of_items, recommendations_now
from scripts.sample_training import train_beside
from scripts.steps import StepLog
from scripts.terraform_cli import Terraform
from scripts.wiring import Wired, wire

Json = dict[str, Any]
T = TypeVar("T")
VAR_FILE = TERRAFORM / "environments" / "local.tfvars"
NEEDED_OUTPUTS = (
    "api_url", "bucket", "engine_role_arn", "from_address", "identity_arn", "name_prefix", "transformer_arn",
)  # fmt: skip


@dataclass(frozen=True)
class LocalKit:
    """A running kit and everything that is needed to use it."""

    aws: LocalAws
    outputs: Json
    clients: Clients
    wired: Wired
    recommender_arn: str
    metrics: Json
    people: tuple[Person, ...]
    interactions_file: Path

    @property
    def mailbox_url(self) -> str:
        return f"{self.aws.endpoint_url}/_kit/mailbox"

    @property
    def inbox_url(self) -> str:
        return f"{self.aws.endpoint_url}/_kit/inbox"


def bring_up(aws: LocalAws, log: StepLog, run_folder: Path, *, email: str, size: SampleSize) -> LocalKit:
    """Apply the configuration on ``aws`` while the recommender trains beside it, then wire the engine."""
    return bring_up_and(aws, log, run_folder, email=email, size=size, then=lambda kit, sleep: None)[0]


def bring_up_and(
    aws: LocalAws,
    log: StepLog,
    run_folder: Path,
    *,
    email: str,
    size: SampleSize,
    then: Callable[[LocalKit, Callable[[float], None]], T],
) -> tuple[LocalKit, T]:
    """``bring_up``, and ``then(kit, sleep)`` as soon as the kit works, which is before Terraform has ended; it sleeps by
    ``sleep``, which raises Stopped when the run is given up.
    """
    people = tuple(five_people(email, size.users))
    interactions = run_folder / "interactions.csv"
    with log.step("Generate sample interactions"):
        write_interactions(interactions, size)
    terraform = local_terraform(aws, run_folder)

    def clients_of(api_url: str | None) -> Clients:
        return Clients(api_url=api_url, data_folder=BUILD / "client-data", endpoint_url=aws.endpoint_url)

    def beside(created: CreatedResources) -> tuple[LocalKit, T]:
        trained = train_beside(created, clients_of(None), interactions, log, poll=LOCAL)
        outputs = outputs_when_it_works(created, terraform, NEEDED_OUTPUTS)
        clients = clients_of(outputs["api_url"])
        with log.step("Wire recommender, transformer and template into the engine", beside=True):
            wired = wire(clients.pinpoint(), sample_wanted(outputs, recommender_uri=trained.campaign_arn))
        kit = LocalKit(aws, outputs, clients, wired, trained.campaign_arn, dict(trained.metrics), people, interactions)
        return kit, then(kit, created.sleep)

    applied = apply_with_work_beside(
        terraform,
        log,
        var_file=VAR_FILE,
        variables={"local_aws_url": aws.endpoint_url, "from_address": email},
        plan_file=run_folder / "plan.tfplan",
        work=beside,
    )
    kit, answer = applied.beside
    return replace(kit, outputs=applied.outputs), answer


def local_terraform(aws: LocalAws, run_folder: Path) -> Terraform:
    """Terraform with its own state below ``run_folder``, talking to the local AWS."""
    return Terraform(
        TERRAFORM,
        data_folder=run_folder / "terraform",
        state=run_folder / "terraform.tfstate",
        env=aws.client_environment(),
    )


def explain(kit: LocalKit) -> tuple[dict[str, list[Json]], dict[str, str], dict[str, Json]]:
    """What the recommender answers for each person now, the block of each item, and why each person gets theirs."""
    recommended = {
        person.user_id: recommendations_now(kit.clients, campaign_arn=kit.recommender_arn, user_id=person.user_id)
        for person in kit.people
    }
    items = sorted({item["item"] for answer in recommended.values() for item in answer})
    blocks = blocks_of_items(kit.clients, kit.outputs["transformer_arn"], items)
    behind = interactions_of(kit.interactions_file, (person.user_id for person in kit.people))
    return recommended, blocks, why_each_block(kit.people, recommended, behind, blocks)
