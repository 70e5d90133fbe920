"""What the check before the upload counts, the training counts too."""

import pytest

from personalize.config import parse_declaration
from tests.personalize_local.account import csv_of
from tests.personalize_local.countable_rows import ENOUGH, HEADER, TOO_FEW, with_events

pytestmark = pytest.mark.local_aws
CASES = [*((solutions, rows, False) for solutions, rows, _ in TOO_FEW), *((*case, True) for case in ENOUGH)]
ANY_RECIPE = "{any: {recipe: aws-popularity-count}}"


@pytest.mark.parametrize(("solutions", "rows", "enough"), CASES)
def test_a_solution_can_be_trained_when_the_check_says_so(account, solutions, rows, enough):
    declaration = parse_declaration(with_events(ANY_RECIPE if solutions == "{}" else solutions), {})
    group = account.group()
    dataset = account.dataset(group, declaration.schemas["interactions"].avro)
    account.import_text(dataset, csv_of(HEADER, ([row] for row in rows)))
    ended = []
    for solution in declaration.groups[0].solutions:
        # Popularity is the quickest to train; how rows are counted is the same for all recipes.
        config = {"solutionConfig": dict(solution.config)} if solution.config else {}
        event = {"eventType": solution.options["eventType"]} if "eventType" in solution.options else {}
        arn = account.solution(group, "aws-popularity-count", **config, **event)
        version = account.personalize.create_solution_version(solutionArn=arn)["solutionVersionArn"]
        ended.append(account.ended("SolutionVersion", version))
    reasons = [body.get("failureReason", "") for body in ended]
    assert ("ACTIVE" in [body["status"] for body in ended]) is enough, reasons
    assert enough or all("are required" in reason for reason in reasons), reasons
