"""What a plan decides before anybody sees it."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.plan_review.plan_json import read_plan
from scripts.planning import made_but_cut_off
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
