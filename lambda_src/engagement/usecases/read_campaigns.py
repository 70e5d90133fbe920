"""Campaigns, their versions and their activities, as the API lists them."""

from __future__ import annotations

from typing import Any

from engagement.app import App
from engagement.domain.campaign_activity import activities
from engagement.errors import BadRequest, NotFound
from engagement.ports import Document, Page
from engagement.usecases.find_application import find_application
from engagement.usecases.read_page import item_list, latest_page, read_page, versions_page

Json = dict[str, Any]


def find_campaign(app: App, app_id: str, campaign_id: str, version: int | None = None) -> Document:
    """Raises NotFound, saying whether the project, the campaign or the version is missing."""
    find_application(app.documents, app_id)
    document = app.documents.get(f"apps/{app_id}/campaigns", campaign_id, version)
    if document is None:
        wanted = f"version {version} of campaign {campaign_id[:64]}" if version else f"campaign {campaign_id[:64]}"
        raise NotFound(f"{wanted} does not exist in application {app_id}; GetCampaigns lists those that do")
    return document


def version_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 10):
        raise BadRequest(f"Version: value '{text[:20]}' is not a whole number from 1 on")
    return int(text)


def list_campaigns(app: App, app_id: str, page_size: str | None, token: str | None) -> Json:
    find_application(app.documents, app_id)
    collection = f"apps/{app_id}/campaigns"
    page = latest_page(app, collection, page_size, token)
    return item_list([one.body for one in page.items], page.next_token)


def list_campaign_versions(app: App, app_id: str, campaign_id: str, page_size: str | None, token: str | None) -> Json:
    find_campaign(app, app_id, campaign_id)
    collection = f"apps/{app_id}/campaigns"
    page = versions_page(app, collection, campaign_id, page_size, token)
    return item_list([one.body for one in page.items], page.next_token)


def list_activities(app: App, app_id: str, campaign_id: str, page_size: str | None, token: str | None) -> Json:
    """Newest run first, one activity per treatment."""
    find_campaign(app, app_id, campaign_id)
    shown = [activity for run in app.runs.of_campaign(app_id, campaign_id) for activity in activities(run)]

    def fetch(after: str | None, limit: int) -> Page:
        first = int(after or 0)
        items = [Document(one["Id"], one) for one in shown[first : first + limit]]
        return Page(items, str(first + limit) if first + limit < len(shown) else None)

    page = read_page(app.tokens, f"apps/{app_id}/campaigns/{campaign_id}/activities", page_size, token, fetch)
    return item_list([one.body for one in page.items], page.next_token)
