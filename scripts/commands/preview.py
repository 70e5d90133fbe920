"""``kit preview``: what would this person get?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from scripts.commands._options import aws_options
from scripts.environments import find_environment
from scripts.preview import Preview, options_of, preview_endpoint, without_endpoint
from scripts.stored_results import results_of
from scripts.wiring import find_application, find_recommender


@click.command()
@aws_options
@click.option("--user", "users", multiple=True, required=True, help="User id; give it again for several.")
@click.option("--template", help="Email template; default: the wired sample.")
@click.option("--application", help="Project id; default: the wired sample's.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the HTML part of the first mail here."
)
@click.option("--json", "as_json", is_flag=True, help="Print items, scores and parts as JSON.")
def command(
    name: str,
    profile: str | None,
    region: str | None,
    users: tuple[str, ...],
    template: str | None,
    application: str | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Show what users would get: recommended items with scores, and the rendered mail. Nothing is sent.

    The engine's own rules render it, for each email endpoint of each user; for a user without one, as if there were one
    of which nothing but the user's id is known.
    """
    environment = find_environment(name, profile=profile, region=region)
    outputs = environment.outputs()
    clients = environment.clients(outputs)
    pinpoint = clients.pinpoint()
    sample = f"{outputs['name_prefix']}-sample"
    application = application or find_application(pinpoint, sample)
    if application is None:
        raise click.ClickException(
            f"there is no project {sample} yet: run `kit wire --env {name}`, or give --application"
        )
    try:
        found = pinpoint.get_email_template(TemplateName=template or sample)["EmailTemplateResponse"]
    except pinpoint.exceptions.NotFoundException as error:
        raise click.ClickException(f"there is no email template {template or sample}") from error
    configuration = find_recommender(pinpoint, found.get("RecommenderId"))
    results = results_of(clients, outputs) if "recommendations" in outputs["tables"] else None
    previews = [
        preview_endpoint(clients, endpoint, found, configuration, results=results, options=options_of(outputs))
        for user in users
        for endpoint in _email_endpoints(pinpoint, application, user)
    ]
    if as_json:
        click.echo(json.dumps([preview.as_json() for preview in previews], indent=1, ensure_ascii=False))
    else:
        for preview in previews:
            click.echo(_told(preview))
    if html and previews and previews[0].content:
        html.write_text(previews[0].content.html or "", encoding="utf-8")


def _email_endpoints(pinpoint: Any, application: str, user: str) -> list[dict[str, Any]]:
    try:
        answer = pinpoint.get_user_endpoints(ApplicationId=application, UserId=user)
    except pinpoint.exceptions.NotFoundException:
        return [without_endpoint(application, user)]
    found = [item for item in answer["EndpointsResponse"]["Item"] if item.get("ChannelType") == "EMAIL"]
    return found or [without_endpoint(application, user)]


def _told(preview: Preview) -> str:
    scores = ", ".join(
        item["item"] if item["score"] is None else f"{item['item']} {item['score']:.3f}" for item in preview.recommended
    )
    where = f"endpoint {preview.endpoint_id}" if preview.endpoint_id else "no email endpoint in this project yet"
    lines = [f"{preview.user_id}  ({where})", f"  recommended: {scores or 'nothing'}"]
    if preview.fallback:
        instead = "what everybody likes" if preview.recommended else "the template's defaults"
        lines.append(f"  fallback: {preview.fallback}; {instead} in place of their own")
    if preview.content is None:
        return "\n".join([*lines, f"  not mailed: {preview.not_mailed}"])
    text = (preview.content.text or "").strip().replace("\n", "\n  | ")
    return "\n".join([*lines, f"  subject: {preview.content.subject}", f"  | {text}", ""])
