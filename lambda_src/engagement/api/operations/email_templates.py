"""Email templates, and what all kinds of templates have in common: listing, versions, the active version."""

from __future__ import annotations

from typing import Any

from engagement.domain.template_resource import EMAIL
from engagement.usecases.activate_template import activate_template
from engagement.usecases.find_template import find_template, list_template_versions, list_templates
from engagement.usecases.read_page import item_list
from engagement.usecases.remove_template import remove_template
from engagement.usecases.save_email_template import change_email_template, create_email_template

Json = dict[str, Any]
ACCEPTED = {"Message": "Accepted"}


def create(app: Any, request: Json) -> Json:
    return {**ACCEPTED, "Arn": create_email_template(app, request["TemplateName"], request["EmailTemplateRequest"])}


def get(app: Any, request: Json) -> Json:
    return find_template(app.documents, EMAIL, request["TemplateName"], request.get("Version")).body


def update(app: Any, request: Json) -> Json:
    change_email_template(
        app,
        request["TemplateName"],
        request["EmailTemplateRequest"],
        create_new_version=request.get("CreateNewVersion", False),
        version=request.get("Version"),
    )
    return ACCEPTED


def delete(app: Any, request: Json) -> Json:
    remove_template(app, EMAIL, request["TemplateName"], request.get("Version"))
    return ACCEPTED


def listed(app: Any, request: Json) -> Json:
    """Only what names a template and says its state: parts, ARN, tags and defaults are left to Get*Template."""
    page = list_templates(
        app, request.get("TemplateType"), request.get("Prefix"), request.get("PageSize"), request.get("NextToken")
    )
    left_out = {"Arn", "DefaultSubstitutions", "tags"}
    items = [{name: value for name, value in one.body.items() if name not in left_out} for one in page.items]
    return item_list(items, page.next_token)


def versions(app: Any, request: Json) -> Json:
    page = list_template_versions(
        app, request["TemplateType"], request["TemplateName"], request.get("PageSize"), request.get("NextToken")
    )
    return item_list([document.body for document in page.items], page.next_token)


def activate(app: Any, request: Json) -> Json:
    wanted = request["TemplateActiveVersionRequest"].get("Version")
    activate_template(app, request["TemplateType"], request["TemplateName"], wanted)
    return ACCEPTED


OPERATIONS = {
    "CreateEmailTemplate": create,
    "GetEmailTemplate": get,
    "UpdateEmailTemplate": update,
    "DeleteEmailTemplate": delete,
    "ListTemplates": listed,
    "ListTemplateVersions": versions,
    "UpdateTemplateActiveVersion": activate,
}
