"""The configuration as Terraform evaluates it with a mocked provider: what generated docs and rule tests read.

No account, no local AWS, about four seconds. Names, policies and settings are as in an account named 111122223333 (run
``everything`` in terraform/tests/everything.tftest.hcl); what only AWS could say is missing from ``values``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.terraform_cli import Terraform

Json = dict[str, Any]
REPO = Path(__file__).parents[1]
DATA_FOLDER = REPO / "build" / "mocked-plan"
TEST_FILE = "tests/everything.tftest.hcl"


@dataclass(frozen=True)
class Resource:
    """``slug`` is the architecture that the resource belongs to, None in the root module."""

    address: str
    type: str
    name: str
    values: Json

    @property
    def slug(self) -> str | None:
        found = re.match(r"module\.(\w+)", self.address)
        return found[1] if found else None


def mocked_runs(data_folder: Path = DATA_FOLDER) -> dict[str, list[Resource]]:
    """Run of the test file -> every managed resource, in the order of addresses. Raises TerraformError."""
    terraform = Terraform(REPO / "terraform", data_folder)
    terraform.init()
    return {run: _resources(plan) for run, plan in terraform.mocked_plans(TEST_FILE).items()}


def _resources(plan: Json) -> list[Resource]:
    changes = [change for change in plan["resource_changes"] if change["mode"] == "managed"]
    return [
        Resource(change["address"], change["type"], change["name"], change["change"]["after"] or {})
        for change in sorted(changes, key=lambda change: change["address"])
    ]
