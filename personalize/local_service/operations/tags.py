"""Tags of any resource, and the check of tags that come with a creation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize.local_service.errors import ServiceError, invalid_input

if TYPE_CHECKING:
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]


def tags_of(service: Service, request: Json) -> dict[str, str]:
    """The tags in a request as a dictionary. Raises InvalidInput for a key given twice, TooManyTags for too many."""
    tags = request.get("tags", [])
    keys = [tag["tagKey"] for tag in tags]
    if len(set(keys)) != len(keys):
        raise invalid_input("A tag key is given more than once.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise invalid_input("Tag keys that begin with aws: are reserved.")
    _check_number(service, len(keys))
    return {tag["tagKey"]: tag["tagValue"] for tag in tags}


def tag_resource(service: Service, caller: Caller, request: Json) -> Json:
    wanted = tags_of(service, request)
    with service.store.lock:
        resource = service.store.get(request["resourceArn"])
        _check_number(service, len({**resource.tags, **wanted}))
        resource.tags.update(wanted)
    return {}


def untag_resource(service: Service, caller: Caller, request: Json) -> Json:
    with service.store.lock:
        resource = service.store.get(request["resourceArn"])
        for key in request["tagKeys"]:
            resource.tags.pop(key, None)
    return {}


def list_tags_for_resource(service: Service, caller: Caller, request: Json) -> Json:
    with service.store.lock:
        resource = service.store.get(request["resourceArn"])
        return {"tags": [{"tagKey": key, "tagValue": value} for key, value in resource.tags.items()]}


def _check_number(service: Service, number: int) -> None:
    most = service.settings.quotas["tags_per_resource"]
    if number > most:
        raise ServiceError("TooManyTagsException", f"{number} tags are more than a resource can have ({most}).")


OPERATIONS: dict[str, Operation] = {
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}
