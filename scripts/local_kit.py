"""The whole kit on the local AWS: applied, trained on sample data, wired. What `make demo` and `make local` share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from personalize.driver import LOCAL
from personalize.sample_data import SampleSize, write_interactions
from scripts.bring_up import apply_with_work_beside, sample_wanted
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
VAR_FILE = TERRAFORM / "environments" / "local.tfvars"


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
    people = tuple(five_people(email, size.users))
    interactions = run_folder / "interactions.csv"
    with log.step("Generate sample interactions"):
        write_interactions(interactions, size)
    base = Clients(api_url=None, data_folder=BUILD / "client-data", endpoint_url=aws.endpoint_url)
    applied = apply_with_work_beside(
        local_terraform(aws, run_folder),
        log,
        var_file=VAR_FILE,
        variables={"local_aws_url": aws.endpoint_url, "from_address": email},
        plan_file=run_folder / "plan.tfplan",
        work=lambda created: train_beside(created, base, interactions, log, poll=LOCAL),
    )
    trained = applied.beside
    clients = Clients(
        api_url=applied.outputs["api_url"], data_folder=BUILD / "client-data", endpoint_url=aws.endpoint_url
    )
    with log.step("Wire recommender, transformer and template into the engine"):
        wired = wire(clients.pinpoint(), sample_wanted(applied.outputs, recommender_uri=trained.campaign_arn))
    return LocalKit(
        aws, applied.outputs, clients, wired, trained.campaign_arn, dict(trained.metrics), people, interactions
    )


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
