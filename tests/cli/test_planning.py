"""What a plan decides before anybody sees it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scripts.plan_files import PlanFiles
from scripts.plan_review.plan_json import read_plan
from scripts.planning import lost_before_destroy, made_but_cut_off
from tests.plan_review.plans import plan, resource

REPLACED, TAINTED = ["delete", "create"], {"action_reason": "replace_because_tainted"}


@pytest.mark.parametrize(
    ("kind", "actions", "more", "kept"),
    [
        ("aws_dynamodb_table", REPLACED, TAINTED, True),
        ("aws_sqs_queue", ["create", "delete"], TAINTED, True),
        ("aws_lambda_function", REPLACED, TAINTED, False),
        ("aws_dynamodb_table", REPLACED, {"action_reason": "replace_because_cannot_update"}, False),
        ("aws_dynamodb_table", REPLACED, {"action_reason": "replace_by_request"}, False),
        ("aws_dynamodb_table", ["delete"], TAINTED, False),
        ("aws_dynamodb_table", ["update"], {}, False),
    ],
    ids=["table", "created first", "holds nothing", "another key", "asked for", "deleted", "updated"],
)
def test_what_holds_data_is_kept_when_only_its_creation_was_cut_off(
    kind: str, actions: list[str], more: dict[str, Any], kept: bool
):
    found = made_but_cut_off(read_plan(plan(resource(f"{kind}.this", actions, {}, {}, **more))))
    assert found == ([f"{kind}.this"] if kept else [])


TAGS = {"project": "kit", "environment": "dev"}
PREFIX = {"output_changes": {"name_prefix": {"actions": ["no-op"], "before": "kit-dev", "after": "kit-dev"}}}


class LostTerraform:
    """Plans three tables that exist; imported, one is this environment's, one another's, one would be made anew."""

    def __init__(self) -> None:
        self.blocks = ""

    def push_unsaved_state(self) -> None:
        """Nothing was left."""

    def import_with_next_plan(self, blocks: str) -> None:
        self.blocks = blocks

    def plan(self, **options: Any) -> None:
        assert options["refresh"] is False, "what is in the state is not looked at again"

    def show_json(self, plan_file: Path) -> Any:
        before = {"own": TAGS, "other": {**TAGS, "environment": "prod"}, "anew": TAGS}
        changes = []
        for name, tags in before.items():
            wanted = {"name": f"kit-dev-{name}", "tags_all": TAGS}
            there = {"name": f"kit-dev-{name}", "tags_all": tags}
            address = f"aws_dynamodb_table.{name}"
            if address in self.blocks:
                actions = REPLACED if name == "anew" else ["update"]
                changes.append(resource(address, actions, there, wanted, importing={"id": wanted["name"]}))
            else:
                changes.append(resource(address, ["create"], None, wanted))
        return plan(*changes, **PREFIX)


class LostEnvironment:
    name, var_file = "dev", Path("dev.tfvars")

    def variables(self) -> dict[str, Any]:
        return {}

    def clients(self) -> Any:
        return self

    def shared(self) -> Any:
        return lambda service: SimpleNamespace(describe_table=lambda TableName: {})


def test_before_a_destroy_only_what_is_ones_own_and_keeps_its_data_is_taken_over(monkeypatch: pytest.MonkeyPatch):
    """A table that the import would make anew is left: its items would go before anybody was asked about them."""
    terraform = LostTerraform()
    monkeypatch.setattr("scripts.planning._ready", lambda environment: (terraform, PlanFiles.of("dev")))
    _, lost = lost_before_destroy(LostEnvironment())  # type: ignore[arg-type]
    assert lost.imports == {"aws_dynamodb_table.own": "kit-dev-own"}
    assert len(lost.left) == 2 and any("every item of the table" in sentence for sentence in lost.left)
    assert "aws_dynamodb_table.own" in terraform.blocks and "other" not in terraform.blocks
