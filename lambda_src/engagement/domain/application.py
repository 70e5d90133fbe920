"""What an application (Pinpoint's "project") and its settings are allowed to hold, and the names of what it owns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from engagement.errors import BadRequest

Json = dict[str, Any]
SERVICE = "mobiletargeting"
MAX_NAME = 64

_QUIET_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")
# member path -> lowest, highest (Pinpoint API reference, CampaignLimits)
_LIMITS = {
    "Limits.Daily": (0, 100),
    "Limits.Total": (0, 100),
    "Limits.MaximumDuration": (60, None),
    "Limits.MessagesPerSecond": (1, 20_000),
    "Limits.Session": (0, None),
    "JourneyLimits.DailyCap": (0, 100),
    "JourneyLimits.TotalCap": (0, 100),
    "JourneyLimits.TimeframeCap.Cap": (0, 100),
    "JourneyLimits.TimeframeCap.Days": (0, 30),
}


def timestamp(now: datetime) -> str:
    """ISO-8601 in UTC with milliseconds and Z: every date of the API."""
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def arn(region: str, account_id: str, resource: str) -> str:
    """``resource`` is ``apps/<id>``, ``templates/<name>/EMAIL``, ``recommenders/<id>``, ``apps/<id>/segments/<id>``."""
    return f"arn:aws:{SERVICE}:{region}:{account_id}:{resource}"


def checked_name(name: str) -> str:
    """An application's name. Raises BadRequest."""
    if not name.strip():
        raise BadRequest("CreateApplicationRequest.Name: is empty; give the project a name")
    if len(name) > MAX_NAME:
        raise BadRequest(f"CreateApplicationRequest.Name: {len(name)} characters, the limit is {MAX_NAME}")
    return name


def checked_settings(settings: Mapping[str, Any]) -> None:
    """Raises BadRequest for limits, quiet times and hooks that the engine could not keep to."""
    for path, (lowest, highest) in _LIMITS.items():
        value: Any = settings
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is not None and (value < lowest or (highest is not None and value > highest)):
            allowed = f"{lowest} to {highest}" if highest is not None else f"{lowest} or more"
            raise BadRequest(f"WriteApplicationSettingsRequest.{path}: value {value} is not allowed; give {allowed}")
    checked_quiet_time(settings.get("QuietTime") or {}, "WriteApplicationSettingsRequest.QuietTime")
    checked_hook(settings.get("CampaignHook") or {}, "WriteApplicationSettingsRequest.CampaignHook")


def checked_quiet_time(quiet_time: Mapping[str, str], path: str) -> None:
    """Start and End are both given as HH:MM, or both absent or empty. Raises BadRequest."""
    given = {name: quiet_time.get(name) or "" for name in ("Start", "End")}
    if not any(given.values()):
        return
    for name, value in given.items():
        if not _QUIET_TIME.match(value):
            raise BadRequest(f"{path}.{name}: value '{value[:20]}' is not a time as HH:MM, 24 hours")


def checked_hook(hook: Mapping[str, str], path: str) -> None:
    """Mode DELIVERY was given up by Pinpoint in 2020. Raises BadRequest."""
    if hook.get("Mode") == "DELIVERY":
        raise BadRequest(f"{path}.Mode: value 'DELIVERY' is not supported since 2020; use FILTER")
