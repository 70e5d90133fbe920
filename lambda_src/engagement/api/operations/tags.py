"""Tags of any resource that has an ARN."""

from __future__ import annotations

from typing import Any

from engagement.usecases.tag_resource import tag_resource, tags_of, untag_resource

Json = dict[str, Any]


def list_tags_for_resource(app: Any, request: Json) -> Json:
    return {"tags": tags_of(app, request["ResourceArn"])}


def tag(app: Any, request: Json) -> None:
    tag_resource(app, request["ResourceArn"], request["TagsModel"]["tags"])


def untag(app: Any, request: Json) -> None:
    untag_resource(app, request["ResourceArn"], request["TagKeys"])


OPERATIONS = {"ListTagsForResource": list_tags_for_resource, "TagResource": tag, "UntagResource": untag}
