"""Campaigns and their activities."""

from __future__ import annotations

from typing import Any

from engagement.app import App
from engagement.usecases.create_campaign import create_campaign
from engagement.usecases.read_campaigns import (
    find_campaign,
    list_activities,
    list_campaign_versions,
    list_campaigns,
    version_number,
)
from engagement.usecases.update_campaign import delete_campaign, update_campaign

Json = dict[str, Any]


def _create(app: App, request: Json) -> Json:
    return create_campaign(app, request["ApplicationId"], request["WriteCampaignRequest"])


def _update(app: App, request: Json) -> Json:
    return update_campaign(app, request["ApplicationId"], request["CampaignId"], request["WriteCampaignRequest"])


def _delete(app: App, request: Json) -> Json:
    return delete_campaign(app, request["ApplicationId"], request["CampaignId"])


def _get(app: App, request: Json) -> Json:
    return find_campaign(app, request["ApplicationId"], request["CampaignId"]).body


def _get_version(app: App, request: Json) -> Json:
    version = version_number(request["Version"])
    return find_campaign(app, request["ApplicationId"], request["CampaignId"], version).body


def _list(app: App, request: Json) -> Json:
    return list_campaigns(app, request["ApplicationId"], request.get("PageSize"), request.get("Token"))


def _versions(app: App, request: Json) -> Json:
    return list_campaign_versions(
        app, request["ApplicationId"], request["CampaignId"], request.get("PageSize"), request.get("Token")
    )


def _activities(app: App, request: Json) -> Json:
    return list_activities(
        app, request["ApplicationId"], request["CampaignId"], request.get("PageSize"), request.get("Token")
    )


OPERATIONS = {
    "CreateCampaign": _create,
    "UpdateCampaign": _update,
    "DeleteCampaign": _delete,
    "GetCampaign": _get,
    "GetCampaignVersion": _get_version,
    "GetCampaigns": _list,
    "GetCampaignVersions": _versions,
    "GetCampaignActivities": _activities,
}
