"""Tags: what a resource may carry, and which document an ARN of the API names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engagement.errors import BadRequest, NotFound

MAX_TAGS, MAX_KEY, MAX_VALUE = 50, 128, 256

_ARN = re.compile(r"arn:[a-z-]+:mobiletargeting:[a-z0-9-]*:\d*:(.+)\Z")
_OWNED = re.compile(r"(apps/[^/]+/(?:campaigns|journeys|segments))/([^/]+)\Z")
_TEMPLATE = re.compile(r"templates/([^/]+)/(EMAIL|SMS|PUSH|VOICE|INAPP)\Z")


def checked_tags(tags: Mapping[str, str], path: str) -> dict[str, str]:
    """The tags as they are stored. Raises BadRequest."""
    if len(tags) > MAX_TAGS:
        raise BadRequest(f"{path}: {len(tags)} tags, a resource may have {MAX_TAGS}")
    for key, value in tags.items():
        if not key or len(key) > MAX_KEY or key.lower().startswith("aws:"):
            raise BadRequest(f"{path}: key '{key[:40]}' must have 1 to {MAX_KEY} characters and not begin with aws:")
        if len(value) > MAX_VALUE:
            raise BadRequest(f"{path}.{key[:40]}: {len(value)} characters, the limit is {MAX_VALUE}")
    return dict(tags)


def tagged_document(arn: str) -> tuple[str, str]:
    """Collection and id of the resource with this ARN.

    Raises BadRequest for what is no ARN of this API, NotFound for a kind of resource that has no tags.
    """
    found = _ARN.match(arn)
    if found is None:
        raise BadRequest("ResourceArn: is not an ARN such as arn:aws:mobiletargeting:<region>:<account>:apps/<id>")
    resource = found.group(1)
    collection, _, document_id = resource.partition("/")
    if collection == "apps" and document_id and "/" not in document_id:
        return collection, document_id
    if owned := _OWNED.match(resource):
        return owned.group(1), owned.group(2)
    if template := _TEMPLATE.match(resource):
        return f"templates/{template.group(2)}", template.group(1)
    raise NotFound("ResourceArn: names no project, segment, campaign, journey or template")
