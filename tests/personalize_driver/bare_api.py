"""The same chain by bare API calls, each waited for in turn: what a script without a driver does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

SCHEMA = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
    ],
    "version": "1.0",
}
RECIPES = "arn:aws:personalize:::recipe/"


def wait(describe: Callable[[], Mapping[str, Any]], poll_seconds: float) -> None:
    while (status := describe()["status"]) != "ACTIVE":
        if "FAILED" in status:
            raise RuntimeError(describe().get("failureReason"))
        time.sleep(poll_seconds)


def train_by_hand(
    client: Any, *, prefix: str, location: str, role_arn: str, recipes: Mapping[str, str], poll_seconds: float
) -> str:
    """Dataset group to campaign for the first of ``recipes``, a trained version for the others; the campaign's ARN."""
    group = client.create_dataset_group(name=prefix)["datasetGroupArn"]
    wait(lambda: client.describe_dataset_group(datasetGroupArn=group)["datasetGroup"], poll_seconds)
    schema = client.create_schema(name=f"{prefix}-schema", schema=json.dumps(SCHEMA))["schemaArn"]
    dataset = client.create_dataset(
        name=f"{prefix}-interactions", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions"
    )["datasetArn"]
    wait(lambda: client.describe_dataset(datasetArn=dataset)["dataset"], poll_seconds)
    job = client.create_dataset_import_job(
        jobName=f"{prefix}-import", datasetArn=dataset, dataSource={"dataLocation": location}, roleArn=role_arn
    )["datasetImportJobArn"]
    wait(lambda: client.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"], poll_seconds)
    versions = [_version(client, f"{prefix}-{n}", group, RECIPES + r, poll_seconds) for n, r in recipes.items()]
    campaign = client.create_campaign(name=f"{prefix}-live", solutionVersionArn=versions[0], minProvisionedTPS=1)
    arn = str(campaign["campaignArn"])
    wait(lambda: client.describe_campaign(campaignArn=arn)["campaign"], poll_seconds)
    return arn


def _version(client: Any, name: str, group: str, recipe: str, poll_seconds: float) -> str:
    solution = client.create_solution(name=name, datasetGroupArn=group, recipeArn=recipe)["solutionArn"]
    wait(lambda: client.describe_solution(solutionArn=solution)["solution"], poll_seconds)
    version = str(client.create_solution_version(solutionArn=solution)["solutionVersionArn"])
    wait(lambda: client.describe_solution_version(solutionVersionArn=version)["solutionVersion"], poll_seconds)
    return version
