"""What Terraform cannot make, because it lives inside the engine: the project, its email channel, the recommender
configuration and the template. Found by name, created when missing, updated when different; a second call changes
nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """What shall be wired. ``identity_arn`` and ``role_arn`` are what Pinpoint's own requests carry."""

    name: str
    from_address: str
    identity_arn: str
    role_arn: str
    recommender_uri: str
    transformer_arn: str
    recommended_attributes: Mapping[str, str]
    subject: str
    html: str
    text: str
    default_substitutions: Mapping[str, str]
    recommendations_per_message: int = 1


@dataclass(frozen=True)
class Wired:
    """Ids of what now exists, and a line for each thing that had to change."""

    application_id: str
    recommender_id: str
    template_name: str
    changes: tuple[str, ...]


def wire(pinpoint: Any, wanted: Wanted) -> Wired:
    """Bring the engine's own resources to ``wanted``. Raises botocore ClientError with the engine's message."""
    changes: list[str] = []
    application_id = _application(pinpoint, wanted, changes)
    _email_channel(pinpoint, application_id, wanted, changes)
    recommender_id = _recommender(pinpoint, wanted, changes)
    _template(pinpoint, recommender_id, wanted, changes)
    return Wired(application_id, recommender_id, wanted.name, tuple(changes))


def find_application(pinpoint: Any, name: str) -> str | None:
    """Id of the project of this name."""
    for item in _all_items(lambda **page: pinpoint.get_apps(**page)["ApplicationsResponse"]):
        if item["Name"] == name:
            return item["Id"]
    return None


def find_recommender(pinpoint: Any, recommender_id: str | None) -> Json | None:
    """The recommender configuration of this id; None when there is none."""
    if not recommender_id:
        return None
    answer = pinpoint.get_recommender_configuration(RecommenderId=recommender_id)
    return answer["RecommenderConfigurationResponse"]


def _application(pinpoint: Any, wanted: Wanted, changes: list[str]) -> str:
    found = find_application(pinpoint, wanted.name)
    if found:
        return found
    made = pinpoint.create_app(CreateApplicationRequest={"Name": wanted.name})["ApplicationResponse"]
    changes.append(f"project {wanted.name} created")
    return made["Id"]


def _email_channel(pinpoint: Any, application_id: str, wanted: Wanted, changes: list[str]) -> None:
    request = {
        "Enabled": True,
        "FromAddress": wanted.from_address,
        "Identity": wanted.identity_arn,
        "RoleArn": wanted.role_arn,
    }
    try:
        current = pinpoint.get_email_channel(ApplicationId=application_id)["EmailChannelResponse"]
    except pinpoint.exceptions.NotFoundException:
        current = {}
    if _differs(current, request):
        pinpoint.update_email_channel(ApplicationId=application_id, EmailChannelRequest=request)
        changes.append("email channel set")


def _recommender(pinpoint: Any, wanted: Wanted, changes: list[str]) -> str:
    request: Json = {
        "Name": wanted.name,
        "Attributes": dict(wanted.recommended_attributes),
        "RecommendationProviderIdType": "PINPOINT_USER_ID",
        "RecommendationProviderRoleArn": wanted.role_arn,
        "RecommendationProviderUri": wanted.recommender_uri,
        "RecommendationTransformerUri": wanted.transformer_arn,
        "RecommendationsPerMessage": wanted.recommendations_per_message,
    }
    listing = _all_items(
        lambda **page: pinpoint.get_recommender_configurations(**page)["ListRecommenderConfigurationsResponse"]
    )
    current = next((item for item in listing if item.get("Name") == wanted.name), None)
    if current is None:
        made = pinpoint.create_recommender_configuration(CreateRecommenderConfiguration=request)
        changes.append("recommender configuration created")
        return made["RecommenderConfigurationResponse"]["Id"]
    if _differs(current, request):
        pinpoint.update_recommender_configuration(RecommenderId=current["Id"], UpdateRecommenderConfiguration=request)
        changes.append("recommender configuration updated")
    return current["Id"]


def _template(pinpoint: Any, recommender_id: str, wanted: Wanted, changes: list[str]) -> None:
    request: Json = {
        "Subject": wanted.subject,
        "HtmlPart": wanted.html,
        "TextPart": wanted.text,
        "RecommenderId": recommender_id,
        "DefaultSubstitutions": json.dumps(dict(wanted.default_substitutions), sort_keys=True),
    }
    try:
        current = pinpoint.get_email_template(TemplateName=wanted.name)["EmailTemplateResponse"]
    except pinpoint.exceptions.NotFoundException:
        pinpoint.create_email_template(TemplateName=wanted.name, EmailTemplateRequest=request)
        changes.append(f"email template {wanted.name} created")
        return
    if _differs(current, request):
        pinpoint.update_email_template(TemplateName=wanted.name, EmailTemplateRequest=request, CreateNewVersion=True)
        versions = pinpoint.list_template_versions(TemplateName=wanted.name, TemplateType="EMAIL")
        newest = versions["TemplateVersionsResponse"]["Item"][0]["Version"]
        pinpoint.update_template_active_version(
            TemplateName=wanted.name, TemplateType="EMAIL", TemplateActiveVersionRequest={"Version": newest}
        )
        changes.append(f"email template {wanted.name}: version {newest} is active")


def _differs(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return any(current.get(name) != value for name, value in wanted.items())


def _all_items(fetch: Callable[..., Json]) -> list[Json]:
    items: list[Json] = []
    page: dict[str, str] = {}
    while True:
        answer = fetch(**page)
        items += answer.get("Item", [])
        if not answer.get("NextToken"):
            return items
        page = {"Token": answer["NextToken"]}
