"""Results of batch inference as the recommender of a campaign: where they are, and that the engine has read them.

The bucket tells the loader of each new file. What was written before the loader existed (a training beside the first
apply) or has gone by its expiry is asked for here; asking twice loads once.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from engagement.adapters.batch_results_dynamodb import DynamoBatchResults
from engagement.domain.batch_results import UNKNOWN_USER, LineFault, OtherContents, read_line, result_file
from personalize.config import DEFAULT_DECLARATION, DeclarationError, load_declaration
from personalize.config.recipes import Purpose, purpose_of
from scripts.sample_run import wait_until

Json = dict[str, Any]
LOADING_SECONDS = 900.0


@dataclass(frozen=True)
class Generation:
    """The newest results of a provider: the files of one job, as messages of the loader's queue."""

    name: str
    files: tuple[Json, ...]


def declared_provider(outputs: Mapping[str, Any]) -> str | None:
    """``s3://...`` of the first batch job in personalize.yaml that recommends items to users; None without one."""
    variables = {
        "bucket": outputs["bucket"],
        "role_arn": outputs.get("personalize_role_arn") or "",
        "prefix": outputs["name_prefix"],
    }
    try:
        declaration = load_declaration(DEFAULT_DECLARATION, variables)
    except DeclarationError as error:
        raise click.ClickException(str(error)) from error
    return next(
        (
            job.output
            for group in declaration.groups
            for solution in group.solutions
            for job in solution.batches
            if not job.segments and purpose_of(solution.recipe) is Purpose.PERSONALISE
        ),
        None,
    )


def failed_jobs(personalize: Any) -> frozenset[str]:
    """Names of the batch jobs that failed: what they wrote before does not serve."""
    pages = personalize.get_paginator("list_batch_inference_jobs").paginate()
    jobs = (job for page in pages for job in page["batchInferenceJobs"])
    return frozenset(job["jobName"] for job in jobs if "FAILED" in job["status"])


def newest_generation(s3: Any, uri: str, *, but: Collection[str] = ()) -> Generation | None:
    """The newest results below the provider's folder, ``but`` those of some jobs; None when there are none."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix.rstrip("/") + "/")
    found: dict[str, list[Json]] = {}
    for item in (item for page in pages for item in page.get("Contents", [])):
        file = result_file(bucket, item["Key"], item["ETag"])
        if file and file.provider == uri.rstrip("/") and file.generation not in but:
            message = {"bucket": bucket, "key": item["Key"], "etag": item["ETag"].strip('"')}
            written = int(item["LastModified"].timestamp() * 1000)
            found.setdefault(file.generation, []).append({**message, "at": written})
    newest = max(found, key=lambda name: max(file["at"] for file in found[name]), default=None)
    return Generation(newest, tuple(found[newest])) if newest else None


def newest_to_serve(clients: Any, uri: str) -> Generation | None:
    """The newest results of a job that did not fail; None when there are none."""
    return newest_generation(clients.client("s3"), uri, but=failed_jobs(clients.client("personalize")))


def some_users(clients: Any, uri: str, count: int) -> list[str]:
    """Ids of the first users in the newest results: real people to try things with."""
    s3, newest = clients.client("s3"), newest_to_serve(clients, uri)
    found: list[str] = []
    for file in newest.files if newest else ():
        for line in s3.get_object(Bucket=file["bucket"], Key=file["key"])["Body"].iter_lines():
            try:
                user = read_line(line).user_id
            except (LineFault, OtherContents):
                continue
            if user != UNKNOWN_USER:
                found.append(user)
            if len(found) == count:
                return found
    return found


def results_of(clients: Any, outputs: Mapping[str, Any]) -> DynamoBatchResults:
    """The engine's own store, read from here."""
    return DynamoBatchResults(table=outputs["tables"]["recommendations"], client=clients.client("dynamodb"))


def ask_to_load(sqs: Any, queue_url: str, messages: Sequence[Json]) -> None:
    """Put files on the loader's queue."""
    for message in messages:
        sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(message))


def serve_newest(clients: Any, outputs: Mapping[str, Any], uri: str, *, seconds: float = LOADING_SECONDS) -> str:
    """Wait until the newest results serve, and answer their generation's name.

    Raises ClickException when there are none, and when they are not loaded after ``seconds``.
    """
    newest = newest_to_serve(clients, uri)
    if newest is None:
        raise click.ClickException(
            f"there are no results of batch inference below {uri} yet, or their jobs failed: `kit train` makes them, "
            "`kit status` tells why a job failed"
        )
    results = results_of(clients, outputs)

    def serves() -> bool:
        served = results.served(uri)
        return served is not None and served.current == newest.name

    if not serves():
        ask_to_load(clients.client("sqs"), outputs["queues"]["batch-results"]["url"], newest.files)
        wait_until(serves, what=f"loading the results {newest.name}", seconds=seconds)
    return newest.name
