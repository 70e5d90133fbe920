"""Applications and their settings."""

from __future__ import annotations

from typing import Any

from engagement.usecases.change_settings import change_settings, read_settings
from engagement.usecases.create_application import create_application
from engagement.usecases.delete_application import delete_application
from engagement.usecases.find_application import APPS, find_application
from engagement.usecases.read_page import item_list, latest_page

Json = dict[str, Any]


def create_app(app: Any, request: Json) -> Json:
    return create_application(app, request["CreateApplicationRequest"])


def get_app(app: Any, request: Json) -> Json:
    return find_application(app.documents, request["ApplicationId"]).body


def get_apps(app: Any, request: Json) -> Json:
    page = latest_page(app, APPS, request.get("PageSize"), request.get("Token"))
    return item_list([document.body for document in page.items], page.next_token)


def delete_app(app: Any, request: Json) -> Json:
    return delete_application(app, request["ApplicationId"])


def get_application_settings(app: Any, request: Json) -> Json:
    return read_settings(app, request["ApplicationId"])


def update_application_settings(app: Any, request: Json) -> Json:
    return change_settings(app, request["ApplicationId"], request["WriteApplicationSettingsRequest"])


OPERATIONS = {
    "CreateApp": create_app,
    "GetApp": get_app,
    "GetApps": get_apps,
    "DeleteApp": delete_app,
    "GetApplicationSettings": get_application_settings,
    "UpdateApplicationSettings": update_application_settings,
}
