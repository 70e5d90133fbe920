"""From nothing to a running kit: package, apply Terraform, train beside it, wire the engine.

The recommender needs only the bucket, its policy and a role, so it is trained while Terraform still creates the rest. And
the kit works before Terraform ends: the provider watches each redrive policy for 25 s until it calls it settled.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape

from scripts.packaging import build_package
from scripts.sample_campaign import (
    DEFAULT_SUBSTITUTIONS,
    RECOMMENDED_ATTRIBUTES,
    SUBJECT,
    email_parts,
)
from scripts.steps import StepLog
from scripts.terraform_cli import Terraform, TerraformError
from scripts.wiring import Wanted

Json = dict[str, Any]
# What training needs of the configuration: name -> address.
TRAINING_NEEDS = {
    "bucket": "module.engagement_store.module.data_bucket.aws_s3_bucket.this[0]",
    "bucket_policy": "module.engagement_store.module.data_bucket.aws_s3_bucket_policy.this[0]",
    "role": "module.recommendations[0].aws_iam_role.personalize",
    "role_policy": "module.recommendations[0].aws_iam_role_policy.personalize",
}

# Nothing that is asked of a new kit waits for these: dead letters, notices of files to come, what people look at.
NOT_NEEDED_TO_WORK = frozenset(
    {"aws_sqs_queue_redrive_policy", "aws_s3_bucket_notification", "aws_cloudwatch_dashboard"}
)


class Stopped(Exception):
    """Terraform ended before what somebody waited for existed."""


class CreatedResources:
    """What ``terraform apply`` has created so far, fed by its event stream; others wait for what they need."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._planned: dict[str, str] = {}
        self._changed = threading.Condition()
        self._over = False
        self._given_up = threading.Event()

    def see(self, event: Json) -> None:
        """Take one event of ``terraform plan -json`` or ``apply -json``: what will be made or changed, what is done, and
        what a refresh finds to exist.
        """
        kind = event.get("type")
        with self._changed:
            if kind == "planned_change" and event["change"]["action"] in ("create", "update", "replace"):
                resource = event["change"]["resource"]
                self._planned[resource["addr"]] = resource["resource_type"]
            if kind not in ("apply_complete", "refresh_complete") or event["hook"].get("action") == "delete":
                return
            self._ids[event["hook"]["resource"]["addr"]] = event["hook"].get("id_value", "")
            if kind == "apply_complete":
                self._planned.pop(event["hook"]["resource"]["addr"], None)
            self._changed.notify_all()

    def end(self) -> None:
        """No more events will come."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def give_up(self) -> None:
        """The run is over: who waits or sleeps here stops."""
        self._given_up.set()
        self.end()

    def sleep(self, seconds: float) -> None:
        """Sleep, unless the run is given up. Raises Stopped then."""
        if self._given_up.wait(seconds):
            raise Stopped("the run was stopped")

    def wait_until_it_works(self) -> None:
        """Block until all that was planned is done but what is NOT_NEEDED_TO_WORK. Raises Stopped when it never will be.

        To be called when the apply has begun (after ``wait_for``).
        """
        with self._changed:
            while missing := [address for address, kind in self._planned.items() if kind not in NOT_NEEDED_TO_WORK]:
                if self._over:
                    raise Stopped(f"Terraform ended without creating {', '.join(sorted(missing))}")
                self._changed.wait(timeout=1.0)

    def wait_for(self, addresses: Mapping[str, str]) -> dict[str, str]:
        """Block until every address exists; answers name -> id. Raises Stopped when Terraform ended without them."""
        with self._changed:
            while not set(addresses.values()) <= set(self._ids):
                if self._over:
                    missing = sorted(set(addresses.values()) - set(self._ids))
                    raise Stopped(f"Terraform ended without creating {', '.join(missing)}")
                self._changed.wait(timeout=1.0)
            return {name: self._ids[address] for name, address in addresses.items()}


@dataclass(frozen=True)
class Applied:
    """The applied configuration: Terraform's outputs, and what the work beside the apply answered."""

    outputs: Json
    beside: Any


def apply_with_work_beside(
    terraform: Terraform,
    log: StepLog,
    *,
    var_file: Path,
    variables: Json,
    plan_file: Path,
    work: Callable[[CreatedResources], Any],
) -> Applied:
    """Package, plan and apply; ``work`` runs in a thread from the start and may wait for resources as they appear."""
    created = CreatedResources()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="beside-terraform") as pool:
        beside: Future[Any] = pool.submit(work, created)
        beside.add_done_callback(lambda ended: _tell_failure(ended, log))
        try:
            with log.step("Package the functions"):
                build_package()
            with log.step("Plan with Terraform"):
                terraform.init()
                terraform.plan(var_file=var_file, variables=variables, out=plan_file, on_event=created.see)
            with log.step("Apply the Terraform configuration"):
                log.note("a minute or two: the provider watches each new queue until it has settled")
                terraform.apply(plan_file, on_event=created.see)
            created.end()
            outputs, trained = terraform.output(), beside.result()
        except BaseException:
            created.give_up()
            raise
        return Applied(outputs, trained)


def _tell_failure(beside: Future[Any], log: StepLog) -> None:
    """At once: what Terraform is doing may take minutes, and is worth finishing."""
    error = beside.exception()
    if error is not None and not isinstance(error, Stopped):
        reason = escape(str(error) or type(error).__name__)
        log.note(f"[red]What runs beside Terraform has failed:[/red] {reason}")
        log.note("Terraform finishes what it is doing, then the run ends.")


def outputs_when_it_works(
    created: CreatedResources, terraform: Terraform, names: Collection[str], *, pause: float = 0.5, attempts: int = 60
) -> Json:
    """The outputs ``names`` (more may be among them) while the apply still runs. Raises Stopped.

    Terraform writes its state as it goes along; a reader may meet a file that is only half written.
    """
    created.wait_until_it_works()
    found: Json = {}
    for _ in range(attempts):
        with suppress(TerraformError, ValueError):
            found = terraform.output()
        if set(names) <= set(found):
            return found
        created.sleep(pause)
    raise Stopped(f"Terraform's state has no outputs {', '.join(sorted(set(names) - set(found)))}")


def sample_wanted(outputs: Mapping[str, Any], *, recommender_uri: str) -> Wanted:
    """What `kit wire` makes for the sample campaign on an applied configuration."""
    html, text = email_parts()
    return Wanted(
        name=f"{outputs['name_prefix']}-sample",
        from_address=outputs["from_address"],
        identity_arn=outputs["identity_arn"],
        role_arn=outputs["engine_role_arn"],
        recommender_uri=recommender_uri,
        transformer_arn=outputs["transformer_arn"],
        recommended_attributes=RECOMMENDED_ATTRIBUTES,
        subject=SUBJECT,
        html=html,
        text=text,
        default_substitutions=DEFAULT_SUBSTITUTIONS,
    )
