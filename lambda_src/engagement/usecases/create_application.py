"""A new application: Pinpoint's "project", the parent of endpoints, segments and campaigns."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from engagement.domain.application import arn, checked_name, timestamp
from engagement.domain.tags import checked_tags
from engagement.usecases.find_application import APPS

Json = dict[str, Any]


def create_application(app: Any, request: Json) -> Json:
    """``request`` is a CreateApplicationRequest; answers the ApplicationResponse. Names may repeat."""
    app_id = uuid4().hex
    body: Json = {
        "Id": app_id,
        "Arn": arn(app.settings.region, app.settings.account_id, f"apps/{app_id}"),
        "Name": checked_name(request["Name"]),
        "CreationDate": timestamp(app.clock.now()),
        "tags": checked_tags(request.get("tags") or {}, "CreateApplicationRequest.tags"),
    }
    return app.documents.create(APPS, app_id, body).body
