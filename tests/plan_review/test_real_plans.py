"""Reviews of real plans: the real Terraform and provider make one plan of each kind, and people read the examples.

After a change of the review: ``make plan-examples`` writes docs/plan-review-examples anew; read the difference.
"""

import json

import pytest

from scripts.plan_review.rendering import GITHUB_LIMIT, markdown, terminal
from tests.plan_review.real_plans import EXAMPLES, KINDS, SECRETS, make_real_plans, stable

pytestmark = pytest.mark.terraform

# kind -> exit code, what is counted, what has to stand in the review
EXPECTED = {
    "create": (2, {"create": 5}, ["may dynamodb:GetItem, dynamodb:PutItem", "table_arn: (known after apply) (new)"]),
    "update": (2, {"update": 5}, ['-        "period": 100', "threshold: 10 -> 20", "Nothing but tags changes on 1"]),
    "replace": (3, {"replace": 3}, ["is replaced: loses every item", "because of hash_key", '-name = "shop-cashier"']),
    "delete": (3, {"delete": 5}, ["loses every object", "its index is beyond count", "its key is no longer in for_each"]),
    "drift": (3, {"create": 1, "update": 2}, ["was deleted outside Terraform", "this plan brings it back"]),
    "moved": (2, {"update": 1, "move": 2}, ['`aws_ssm_parameter.moved_one` is now `aws_ssm_parameter.window["left"]`']),
    "import": (3, {"update": 2, "import": 2}, ["takes over `/shop/made-by-hand`", "for ever -> 30 days"]),
    "sensitive": (2, {"create": 1, "update": 3}, ["variables.TENANTS: sensitive value changes", '"COLOUR": "green"']),
    "forget": (2, {"forget": 2}, ["leaves Terraform's care and stays in the account"]),
    "code": (2, {"update": 3}, ["new code for 2 functions, nothing else about them changes"]),
    "access": (3, {"create": 2, "update": 2}, [
        "may be assumed by arn:aws:iam::999999999999:root [another account", "table/* [wider than before]",
        "dynamodb:DeleteTable on * [no longer forbidden]", "may s3:* on * [every action of a service", "AdministratorAccess",
    ]),
    "exposure": (3, {"create": 1, "update": 3}, [
        "everybody may s3:GetObject", "without authorisation: GET /orders", "restrict_public_buckets off", "lets in 0.0.0.0/0",
    ]),
    "encryption": (3, {"update": 3, "delete": 1}, ["encryption setting goes away", "enabled on", "-> off"]),
    "events": (3, {"update": 1, "delete": 1}, ["is switched off", "what it delivered is no longer processed"]),
    "alarms": (2, {"update": 2, "delete": 1}, ["alarm removed", "alarm tells nobody", "threshold: 1 -> 100"]),
    "error": (1, {"create": 1, "delete": 1}, ["couldn't find resource", "it cannot be applied", "planned-before-the-error"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def plans(tmp_path_factory):
    return make_real_plans(tmp_path_factory.mktemp("plans"))


def test_every_kind_is_expected():
    assert sorted(EXPECTED) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_verdict_counts_and_words(plans, kind):
    code, counts, phrases = EXPECTED[kind]
    review = plans[kind].review
    assert int(review.verdict) == code
    assert {name: number for name, number in review.counts.items() if number} == counts
    assert [phrase for phrase in phrases if phrase not in markdown(review)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_changed_outside_is_drift(plans, kind):
    drifted = [item.address for item in plans[kind].review.drift]
    changed = ["aws_cloudwatch_log_group.drift", "aws_dynamodb_table.drift", "aws_ssm_parameter.drift"]
    assert drifted == (changed if kind == "drift" else [])


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_sensitive_is_shown(plans, kind):
    review = plans[kind].review
    shown = markdown(review) + terminal(review, colour=False) + json.dumps(review.as_json())
    for secret in [SECRETS["database_password"], SECRETS["session_token"], *SECRETS["tenant_secrets"].values()]:
        assert secret not in shown
    assert len(markdown(review)) < GITHUB_LIMIT


def test_the_plan_itself_holds_what_is_not_shown(plans):
    """Else the test above would prove nothing."""
    document = json.dumps(plans["sensitive"].document)
    assert SECRETS["database_password"] in document
    assert SECRETS["tenant_secrets"]["north"] in document
    assert SECRETS["session_token"] not in document, "an ephemeral value must not reach a plan"


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_is_what_the_review_says(plans, kind):
    example = EXAMPLES / f"{kind}.md"
    assert example.read_text("utf-8") == stable(markdown(plans[kind].review)), "run `make plan-examples`"
