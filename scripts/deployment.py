"""The stages of a deployment, each safe to repeat: show, ask, apply exactly that plan, wire, smoke test."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from typing import Any

import click
from rich.console import Console

from engagement.domain.batch_results import is_stored
from personalize.driver.estimates import hour_of_live_campaign, load_prices
from scripts.adoption import existing
from scripts.apply_progress import ApplyProgress
from scripts.bring_up import sample_wanted
from scripts.build_folder import BUILD
from scripts.client_environment import write_client_data, write_environment_file
from scripts.environments import Environment, local_client_variables
from scripts.packaging import ZIP
from scripts.plan_files import PlanFiles
from scripts.plan_review.review import Review, Verdict
from scripts.stored_results import declared_provider, newest_to_serve, serve_newest
from scripts.terraform_cli import Terraform, TerraformError
from scripts.wiring import Wired, wire

Json = dict[str, Any]


class ExistsAlready(click.ClickException):
    """The apply stopped at things that exist but are not in the state."""


def agreed(review: Review, environment: Environment, *, sure: bool, ask: Callable[[str], str]) -> bool:
    """Does the person want this plan? A second look asks for the environment's name, anything else for yes."""
    if sure:
        return True
    if review.verdict is Verdict.SECOND_LOOK:
        answer = ask(
            f"This plan needs a second look (see above). Type the environment's name ({environment.name}) to apply"
        )
        return answer.strip() == environment.name
    return ask("Apply exactly this plan? (yes/no)").strip().lower() in ("y", "yes")


def apply_plan(terraform: Terraform, files: PlanFiles, console: Console, *, environment: str) -> None:
    """Apply the plan file and show each resource as it is done.

    Raises ClickException with what was done, what is left, and the way on; ExistsAlready where a new plan can go on.
    """
    progress = ApplyProgress(console)
    done = progress.done
    _put_planned_package_in_place(files)
    try:
        with progress:
            terraform.apply(files.plan, on_event=progress.see)
    except TerraformError as error:
        if "Saved plan is stale" in str(error):
            raise click.ClickException(
                f"nothing was applied: the state of {environment} changed after this plan was made (Saved plan is stale). "
                f"Review anew (`kit plan --env {environment}`, with --save for a saved plan), then deploy that"
            ) from error
        if not done and "acquiring the state lock" in str(error):
            raise
        message = (
            f"{error}\n\nThe apply stopped after {len(done)} finished changes; the state holds them. Nothing was rolled "
            f"back. Mend the cause and run `kit deploy --env {environment}` again: it plans and applies what is left."
        )
        there = existing(error.diagnostics)
        if not there:
            raise click.ClickException(message) from error
        raise ExistsAlready(
            f"{message} What exists but is not in the state is taken over by that plan where it carries this "
            f"environment's names and tags; else remove it:\n  " + "\n  ".join(there)
        ) from error
    except KeyboardInterrupt:
        console.print(
            f"Interrupted after {len(done)} finished changes; the state holds them. "
            f"`kit deploy --env {environment}` goes on from there."
        )
        raise


def _put_planned_package_in_place(files: PlanFiles) -> None:
    """Terraform uploads the zip when it applies: it has to be the one that was planned."""
    if files.package.exists() and (not ZIP.exists() or ZIP.read_bytes() != files.package.read_bytes()):
        beside = ZIP.with_suffix(".planned")
        shutil.copyfile(files.package, beside)
        beside.replace(ZIP)


def recommender_of(environment: Environment, outputs: Mapping[str, Any], given: str | None) -> str | None:
    """The recommender to wire: the one given, else an active Personalize campaign whose name starts with the
    environment's, else the results of batch inference, which cost nothing while nobody asks; None before a training.
    """
    if given:
        return given
    return _live_campaign(environment, outputs) or _stored_results(environment, outputs)


def _stored_results(environment: Environment, outputs: Mapping[str, Any]) -> str | None:
    uri = declared_provider(outputs) if "recommendations" in outputs["tables"] else None
    return uri if uri and newest_to_serve(environment.clients(), uri) else None


def _live_campaign(environment: Environment, outputs: Mapping[str, Any]) -> str | None:
    personalize = environment.clients().client("personalize")
    pages = personalize.get_paginator("list_campaigns").paginate()
    campaigns = [campaign for page in pages for campaign in page["campaigns"] if campaign["status"] == "ACTIVE"]
    own = [item["campaignArn"] for item in campaigns if item["name"].startswith(outputs["name_prefix"])]
    return own[0] if own else None


def wire_up(environment: Environment, outputs: Mapping[str, Any], recommender_uri: str) -> Wired:
    """Connect recommender configuration, transformer and template to the engine; stored results are loaded first."""
    if is_stored(recommender_uri):
        serve_newest(environment.clients(), outputs, recommender_uri)
    return wire(environment.clients(outputs).pinpoint(), sample_wanted(outputs, recommender_uri=recommender_uri))


def source_line(recommender_uri: str) -> str:
    """Where recommendations come from, and what that costs."""
    if is_stored(recommender_uri):
        return f"Recommendations: results of batch inference, {recommender_uri} (nothing by the hour)."
    prices = load_prices()
    hourly = hour_of_live_campaign(prices["v2"])
    return (
        f"Recommendations: the live model {recommender_uri}, at least {hourly:.2f} USD an hour even when nobody asks "
        f"(list price of {prices['as_of']}, check it). `kit train --no-live` goes back to batch inference."
    )


def leave_client_environment(environment: Environment, outputs: Mapping[str, Any]) -> str:
    """Write the file that points AWS clients at the engine; answers its path."""
    variables = local_client_variables(environment.endpoint_url) if environment.endpoint_url else {}
    variables |= {
        "AWS_ENDPOINT_URL_PINPOINT": outputs["api_url"],
        "AWS_DATA_PATH": str(write_client_data(BUILD / "client-data")),
    }
    path = BUILD / f"{environment.name}.env"
    write_environment_file(path, variables)
    return str(path)


def leave_request_to_bucket_owner(environment: Environment, outputs: Mapping[str, Any]) -> str | None:
    """Write down what an existing bucket needs; answers the file's path, None where the bucket is the kit's own."""
    asked = outputs.get("asked_of_bucket_owner")
    if not asked:
        return None
    path = BUILD / f"{environment.name}.bucket-owner.json"
    path.write_text(json.dumps(asked, indent=1) + "\n", encoding="utf-8")
    return str(path)


def machine_summary(**facts: Any) -> str:
    """--json of a deployment."""
    return json.dumps(facts, indent=1)
