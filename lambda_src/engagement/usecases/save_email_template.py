"""Create and change email templates: an update overwrites the latest version or makes a new one."""

from __future__ import annotations

from typing import Any

from engagement.domain.application import arn, timestamp
from engagement.domain.tags import checked_tags
from engagement.domain.template_resource import (
    EMAIL,
    MAX_VERSIONS,
    checked_template_name,
    email_content,
    escape_policy,
)
from engagement.errors import BadRequest, Conflict
from engagement.ports import Document
from engagement.usecases.find_template import ACTIVE, CREATED, latest_template, templates_of, version_number
from engagement.usecases.save_recommender import RECOMMENDERS
from engagement.usecases.upsert_document import ATTEMPTS

Json = dict[str, Any]


def create_email_template(app: Any, name: str, request: Json) -> str:
    """``request`` is an EmailTemplateRequest. Answers the ARN; version 1 is active. Raises BadRequest."""
    content = _checked(app, request)
    now = timestamp(app.clock.now())
    body: Json = {
        **content,
        "Arn": arn(app.settings.region, app.settings.account_id, f"templates/{checked_template_name(name)}/{EMAIL}"),
        "TemplateName": name,
        "TemplateType": EMAIL,
        "CreationDate": now,
        "LastModifiedDate": now,
        "tags": checked_tags(request.get("tags") or {}, "EmailTemplateRequest.tags"),
        ACTIVE: 1,
        CREATED: now,
    }
    escape_policy(body)
    try:
        app.documents.create(templates_of(EMAIL), name, body)
    except Conflict:
        raise BadRequest(f"email template {name} exists already; use UpdateEmailTemplate, or another name") from None
    return body["Arn"]


def change_email_template(
    app: Any, name: str, request: Json, *, create_new_version: bool = False, version: str | None = None
) -> None:
    """Overwrite the latest version, or add one that is not active yet. ``tags`` are ignored, as Pinpoint did.

    ``version``, when given, must be the latest version's number: it guards against a race. Raises NotFound, BadRequest.
    """
    if create_new_version and version:
        raise BadRequest("Version: is not allowed together with CreateNewVersion; leave one of them out")
    content = _checked(app, request)
    for _ in range(ATTEMPTS):
        latest = latest_template(app.documents, EMAIL, name)
        if version and version_number(version, latest) != latest.version:
            raise BadRequest(f"Version: value '{version}' is not the latest version, which is {latest.version}")
        if create_new_version and latest.version >= MAX_VERSIONS:
            raise BadRequest(f"email template {name} has {MAX_VERSIONS} versions, the limit")
        body = _changed(latest, content, timestamp(app.clock.now()), create_new_version)
        changed = Document(name, body, latest.version, latest.revision)
        try:
            app.documents.put(templates_of(EMAIL), changed, new_version=create_new_version)
            return
        except Conflict:
            continue
    raise Conflict(f"email template {name} is being changed by others all the time; try again")


def _changed(latest: Document, content: Json, now: str, new_version: bool) -> Json:
    kept = ("Arn", "TemplateName", "TemplateType", "CreationDate", "tags", ACTIVE)
    created = now if new_version else latest.body[CREATED]
    return {**content, **{name: latest.body[name] for name in kept}, "LastModifiedDate": now, CREATED: created}


def _checked(app: Any, request: Json) -> Json:
    content = email_content(request)
    recommender_id = content.get("RecommenderId")
    if recommender_id and app.documents.get(RECOMMENDERS, recommender_id) is None:
        path = "EmailTemplateRequest.RecommenderId"
        raise BadRequest(f"{path}: there is no recommender configuration {recommender_id[:64]}")
    return content
