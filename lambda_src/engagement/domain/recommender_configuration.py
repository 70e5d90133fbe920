"""Recommender configurations: which model is asked, about whom, and what its answers are called in templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engagement.errors import BadRequest

Json = dict[str, Any]
PREFIX = "Recommendations."
ID_TYPES = ("PINPOINT_ENDPOINT_ID", "PINPOINT_USER_ID")
MAX_PER_MESSAGE, MAX_ATTRIBUTES, MAX_CONFIGURATIONS = 5, 10, 100
MAX_ATTRIBUTE_NAME, MAX_DISPLAY_NAME, MAX_TEXT = 50, 25, 128

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]*\Z")
# The documented alphabet has no dot, yet clients of Pinpoint sent names such as Recommendations.Items.
_ATTRIBUTE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
_PROVIDER = re.compile(
    r"(?:arn:[a-z-]+:personalize:[a-z0-9-]+:\d{12}:(?:campaign|recommender)/.+|s3://[^/]+/.*|local:.*)\Z", re.DOTALL
)
_FUNCTION = re.compile(r"(?:arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:)?[A-Za-z0-9-_]{1,140}(?::[$\w-]+)?\Z")
_SETTABLE = (
    "Attributes", "Description", "Name", "RecommendationProviderRoleArn", "RecommendationProviderUri",
    "RecommendationTransformerUri", "RecommendationsDisplayName",
)  # fmt: skip


def configuration_body(recommender_id: str, request: Mapping[str, Any], root: str, now: str) -> Json:
    """The RecommenderConfigurationResponse for a request that holds every member it wants to have set.

    ``root`` begins the JSON paths of error messages. Attribute names are kept as they were sent. Raises BadRequest.
    """
    _check_texts(request, root)
    _check_sources(request, root)
    _check_variables(request, root)
    return {
        **{name: request[name] for name in _SETTABLE if name in request},
        "Id": recommender_id,
        "RecommendationProviderIdType": request.get("RecommendationProviderIdType") or ID_TYPES[0],
        "RecommendationsPerMessage": request.get("RecommendationsPerMessage", MAX_PER_MESSAGE),
        "CreationDate": now,
        "LastModifiedDate": now,
    }


def variable_names(configuration: Mapping[str, Any]) -> list[str]:
    """Names that templates may use below ``Recommendations``: a prefix that was sent with them is dropped."""
    return sorted({name.removeprefix(PREFIX) for name in configuration.get("Attributes") or {}})


def _check_texts(request: Mapping[str, Any], root: str) -> None:
    name = request.get("Name")
    if name is not None and (not _NAME.match(name) or len(name) > MAX_TEXT):
        rule = "begins with a letter or number, then letters, numbers, spaces, _ and -"
        raise BadRequest(f"{root}.Name: value '{name[:40]}' is not allowed: at most {MAX_TEXT} characters, {rule}")
    for member, limit in (("Description", MAX_TEXT), ("RecommendationsDisplayName", MAX_DISPLAY_NAME)):
        if len(request.get(member) or "") > limit:
            raise BadRequest(f"{root}.{member}: {len(request[member])} characters, the limit is {limit}")


def _check_sources(request: Mapping[str, Any], root: str) -> None:
    if not _PROVIDER.match(request["RecommendationProviderUri"]):
        raise BadRequest(
            f"{root}.RecommendationProviderUri: is not the ARN of a Personalize campaign or recommender "
            "(arn:aws:personalize:<region>:<account>:campaign/<name>), s3://<bucket>/<prefix> or local:<name>"
        )
    if not request["RecommendationProviderRoleArn"].startswith("arn:"):
        raise BadRequest(f"{root}.RecommendationProviderRoleArn: is not the ARN of an IAM role")
    transformer = request.get("RecommendationTransformerUri")
    if transformer and not _FUNCTION.match(transformer):
        raise BadRequest(f"{root}.RecommendationTransformerUri: is not the name or ARN of a Lambda function")
    id_type = request.get("RecommendationProviderIdType")
    if id_type and id_type not in ID_TYPES:
        rule = f"is not one of {', '.join(ID_TYPES)}"
        raise BadRequest(f"{root}.RecommendationProviderIdType: value '{id_type[:40]}' {rule}")
    count = request.get("RecommendationsPerMessage", MAX_PER_MESSAGE)
    if not 1 <= count <= MAX_PER_MESSAGE:
        raise BadRequest(f"{root}.RecommendationsPerMessage: value {count} is not from 1 to {MAX_PER_MESSAGE}")


def _check_variables(request: Mapping[str, Any], root: str) -> None:
    attributes = request.get("Attributes") or {}
    if request.get("RecommendationTransformerUri"):
        if not attributes:
            raise BadRequest(f"{root}.Attributes: is missing; name the attributes that the transformer answers")
    elif not request.get("RecommendationsDisplayName"):
        raise BadRequest(f"{root}.RecommendationsDisplayName: is missing; it is required without a transformer")
    if len(attributes) > MAX_ATTRIBUTES:
        raise BadRequest(f"{root}.Attributes: {len(attributes)} attributes, the limit is {MAX_ATTRIBUTES}")
    for name, display in attributes.items():
        bare = name.removeprefix(PREFIX)
        if not _ATTRIBUTE.match(bare) or len(bare) > MAX_ATTRIBUTE_NAME:
            rule = f"1 to {MAX_ATTRIBUTE_NAME} letters, numbers, _ and -, the first a letter or number"
            raise BadRequest(f"{root}.Attributes: name '{name[:60]}' is not allowed: {rule}")
        if len(display) > MAX_DISPLAY_NAME:
            size = f"{len(display)} characters, the limit is {MAX_DISPLAY_NAME}"
            raise BadRequest(f"{root}.Attributes.{name[:60]}: {size}")
