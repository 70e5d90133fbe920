"""Training the sample's recommender while Terraform is still at work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from personalize.config import DEFAULT_DECLARATION
from personalize.driver import Event, Poll, TrainingResult, train
from scripts.bring_up import TRAINING_NEEDS, CreatedResources
from scripts.steps import StepLog


def train_beside(
    created: CreatedResources, clients: Any, interactions: Path, log: StepLog, *, poll: Poll
) -> TrainingResult:
    """Train as soon as bucket, policy and role exist. Stops when the run is given up; what runs in AWS goes on there."""
    ids = created.wait_for(TRAINING_NEEDS)
    role = clients.client("iam").get_role(RoleName=ids["role"])["Role"]["Arn"]

    def tell(event: Event) -> None:
        if event.state == "ACTIVE":
            log.note(f"recommender: {event.kind} {event.name} is active")

    with log.step("Train the recommender", beside=True):
        return train(
            DEFAULT_DECLARATION,
            clients,
            {
                "bucket": ids["bucket"],
                "prefix": ids["role"].removesuffix("-personalize"),
                "role_arn": role,
                "interactions_file": str(interactions),
                "live_campaign": "true",
            },
            on_event=tell,
            sleep=created.sleep,
            poll_seconds=poll,
        )
