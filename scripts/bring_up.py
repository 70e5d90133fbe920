"""From nothing to a running kit: package, apply Terraform, train beside it, wire the engine.

The recommender needs only the bucket, its policy and a role, so it is trained while Terraform still creates the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.client_environment import Clients, local_keys
from scripts.steps import StepLog
from scripts.terraform_cli import Terraform

Json = dict[str, Any]
REPO = Path(__file__).parents[1]
BUILD = REPO / "build"
TERRAFORM = REPO / "terraform"


class Stopped(Exception):
    """Terraform ended before what somebody waited for existed."""


class CreatedResources:
    """What ``terraform apply`` has created so far, fed by its event stream; others wait for what they need."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._changed = threading.Condition()
        self._over = False

    def see(self, event: Json) -> None:
        """Take one event of ``terraform apply -json``."""
        if event.get("type") != "apply_complete":
            return
        hook = event.get("hook", {})
        with self._changed:
            self._ids[hook["resource"]["addr"]] = hook.get("id_value", "")
            self._changed.notify_all()

    def end(self) -> None:
        """No more events will come."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

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


def local_terraform(run_folder: Path, endpoint_url: str) -> Terraform:
    """Terraform with its own state below ``run_folder``, talking to the local AWS."""
    return Terraform(
        TERRAFORM, data_folder=BUILD / "terraform", state=run_folder / "terraform.tfstate", env=local_keys(endpoint_url)
    )


def apply_with_work_beside(
    terraform: Terraform, log: StepLog, *, var_file: Path, variables: Json, plan_file: Path,
    work: Callable[[CreatedResources], Any],
) -> Applied:  # fmt: skip
    """Plan and apply; ``work`` runs in a thread from the start and may wait for resources as they appear."""
    created = CreatedResources()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="beside-terraform") as pool:
        beside: Future[Any] = pool.submit(work, created)
        try:
            with log.step("Apply the Terraform configuration"):
                terraform.init()
                terraform.plan(var_file=var_file, variables=variables, out=plan_file)
                terraform.apply(plan_file, on_event=created.see)
        finally:
            created.end()
        return Applied(outputs=terraform.output(), beside=beside.result())


def clients_of(outputs: Mapping[str, Any], *, endpoint_url: str | None, **place: str | None) -> Clients:
    """AWS clients, the engine's among them, for what was applied."""
    return Clients(api_url=outputs["api_url"], data_folder=BUILD / "client-data", endpoint_url=endpoint_url, **place)
