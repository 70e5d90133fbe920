"""The comment and the terminal text: nothing secret, nothing that breaks out of its fence, never too long."""

import json

import pytest

from scripts.plan_review.plan_json import read_plan
from scripts.plan_review.rendering import GITHUB_LIMIT, code_span, markdown, marker, terminal
from scripts.plan_review.review import review_plan
from tests.plan_review.plans import allow, plan, policy, resource

SECRET = "hunter2-do-not-show"


def rendered(document, limit=GITHUB_LIMIT):
    review = review_plan(read_plan(document), environment="dev")
    return markdown(review, limit=limit), terminal(review, colour=False), json.dumps(review.as_json())


@pytest.mark.parametrize(
    "document",
    [
        plan(resource("aws_ssm_parameter.p", ["update"], {"value": "a"}, {"value": SECRET}, after_sensitive={"value": True})),
        plan(resource("aws_ssm_parameter.p", ["delete"], {"value": SECRET}, None, before_sensitive={"value": True})),
        plan(resource("aws_db_instance.d", ["create"], None, {"password": SECRET})),
        plan(resource("aws_lambda_function.f", ["create"], None,
                      {"environment": [{"variables": {"DB_PASSWORD": SECRET}}]})),
        plan(resource("aws_iam_role_policy.p", ["update"], {"policy": "{}"}, {"policy": policy(allow(resource=SECRET))},
                      after_sensitive={"policy": True})),
        plan(resource("aws_glue_connection.c", ["create"], None, {"properties": json.dumps({"password": SECRET})})),
        plan(output_changes={"o": {"actions": ["create"], "before": None, "after": SECRET, "after_sensitive": True}}),
        plan(resource_drift=[resource("aws_ssm_parameter.p", ["update"], {"value": SECRET}, {"value": "x"},
                                      before_sensitive={"value": True}, after_sensitive={"value": True})]),
        plan(variables={"password": {"value": SECRET}}, planned_values={"root_module": {"x": SECRET}}),
    ],
)  # fmt: skip
def test_what_is_sensitive_is_never_shown(document):
    assert all(SECRET not in text for text in rendered(document))


def test_the_comment_is_found_again_by_its_first_line():
    assert rendered(plan())[0].startswith(marker("dev") + "\n")
    assert marker("a --> b") == "<!-- kit plan review: a-b -->"


@pytest.mark.parametrize("queues", [1, 50, 500, pytest.param(5000, marks=pytest.mark.exhaustive)])
def test_the_comment_fits(queues):
    resources = [
        resource(
            f'module.m["{n}"].aws_sqs_queue.q',
            ["update"],
            {"policy": policy(allow(f"sqs:A{n}", "x" * 300)), "name": str(n)},
            {"policy": policy(allow(f"sqs:B{n}", "*")), "name": str(n)},
        )
        for n in range(queues)
    ]
    text = rendered(plan(*resources))[0]
    assert len(text) < GITHUB_LIMIT
    assert f"{queues} to update" in text
    assert text.count("<details>") == text.count("</details>")


def test_data_loss_survives_the_shortest_form():
    resources = [resource(f"aws_iam_role.r{n}", ["create"], None, {"name": "x" * 500}) for n in range(3000)]
    resources.append(resource("aws_dynamodb_table.endpoints", ["delete"], {"name": "endpoints"}))
    text = rendered(plan(*resources), limit=4000)[0]
    assert len(text) < 4000
    assert "`aws_dynamodb_table.endpoints`: `is deleted: loses every item of the table`" in text


@pytest.mark.parametrize("hostile", ["```\n# injected", "`", "</details><script>", "a\nb", "@everyone"])
def test_values_stay_inside_their_fences(hostile):
    document = plan(resource("aws_sqs_queue.q", ["update"], {"name": "a"}, {"name": hostile}))
    text = rendered(document)[0]
    fence = next(line for line in text.splitlines() if line.endswith("diff") and line.startswith("```"))
    inside = text.split(fence)[1].split("\n" + fence.removesuffix("diff") + "\n")[0]
    assert json.dumps(hostile)[1:-1] in inside


@pytest.mark.parametrize(
    ("text", "span"), [("a", "`a`"), ("a`b", "`` a`b ``"), ("``", "``` `` ```"), ("a\nb", "`a b`"), ("", "` `")]
)
def test_code_span(text, span):
    assert code_span(text) == span


def test_the_shared_zip_is_one_line():
    functions = [
        resource(f"aws_lambda_function.f{n}", ["update"], {"source_code_hash": "a"}, {"source_code_hash": "b"})
        for n in range(9)
    ]
    text = rendered(plan(*functions))[0]
    assert "new code for 9 functions" in text
    assert "aws_lambda_function.f0" not in text


def test_what_is_known_after_the_apply_says_so():
    document = plan(resource("aws_sqs_queue.q", ["create"], None, {"name": "q"}, after_unknown={"url": True}))
    assert '+url = "(known after apply)"' in rendered(document)[0]
