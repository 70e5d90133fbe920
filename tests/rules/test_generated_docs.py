"""Pages made from the plan are what the plan says now; every architecture has its picture."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.generated_part import END, start_mark, with_part
from scripts.mocked_plan import Resource
from scripts.plan_docs import pages
from scripts.resource_graph import Arrow, Thing, resource_graph

REPO = Path(__file__).parents[2]


@pytest.mark.terraform
def test_pages_are_what_the_plan_says(planned_runs):
    for path, text in pages(planned_runs).items():
        assert path.read_text("utf-8") == text, f"{path.relative_to(REPO)} is not up to date: run `make docs`"


@pytest.mark.terraform
def test_every_architecture_has_a_page_with_arrows(planned):
    graph = resource_graph(planned)
    assert {path.stem for path in (REPO / "docs/architectures").glob("*.md")} == {one.slug for one in planned} - {None}
    for slug in set(graph.home.values()):
        assert graph.around(slug), f"the picture of {slug} is empty"


def policy(role: str, *statements: tuple[str, list[str], list[str]]) -> Resource:
    body = [
        {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": places} for sid, actions, places in statements
    ]
    values = {"role": f"kit-prod-{role}", "policy": json.dumps({"Statement": body})}
    return Resource("module.m.aws_iam_role_policy.this", "aws_iam_role_policy", "this", values)


TABLE, QUEUE = "arn:aws:dynamodb:r:1:table/kit-prod-people", "arn:aws:sqs:r:1:kit-prod-sends"


def test_arrows_of_a_function_are_its_policy():
    found = resource_graph(
        [
            policy(
                "sender",
                ("Read", ["dynamodb:GetItem", "dynamodb:Query"], [TABLE]),
                ("Take", ["sqs:ReceiveMessage", "sqs:DeleteMessage"], [QUEUE]),
                ("Write", ["s3:PutObject"], ["arn:aws:s3:::kit-prod-data-1/audiences/*"]),
                ("Log", ["logs:PutLogEvents"], ["arn:aws:logs:r:1:log-group:x"]),
            )
        ]
    )
    sender = Thing("function", "sender")
    assert found.arrows == {
        Arrow(sender, Thing("table", "people"), "reads"),
        Arrow(Thing("queue", "sends"), sender, "starts"),
        Arrow(sender, Thing("files", "audiences/"), "writes"),
    }


def test_an_action_that_nobody_said_how_to_draw_is_refused():
    with pytest.raises(ValueError, match=r"sender: say in .* how \['glue:GetTable'\] are drawn"):
        resource_graph([policy("sender", ("Read", ["glue:GetTable"], ["*"]))])


def test_a_made_part_is_replaced_and_the_rest_is_kept():
    page = f"before\n{start_mark('table')}\nold\n{END}\nafter\n{start_mark('other')}\nkept\n{END}\n"
    assert with_part(page, "table", "new\n") == page.replace("old", "new")
    assert with_part(with_part(page, "table", "new"), "table", "new") == page.replace("old", "new")
    with pytest.raises(ValueError, match="lacks the lines"):
        with_part(page, "missing", "x")
