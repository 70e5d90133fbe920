"""``_campaign.send`` records as Pinpoint put them on the event stream (developer guide, campaign events).

Records are made again when a batch is repeated after a crash, so a consumer may see one twice: the key of a record is
(campaign_activity_id, client_id). Ours, beside Pinpoint's attributes: ``campaign_send_code`` and
``campaign_send_reason`` (what is behind the status), ``message_id`` (SES), ``recommendation_status`` "FALLBACK" with
``recommendation_reason``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engagement.domain.delivery import Delivery
from engagement.domain.run import Plan

Json = dict[str, Any]


def campaign_send(
    plan: Plan, delivery: Delivery, endpoint: Mapping[str, Any] | None, *, now_ms: int, account_id: str
) -> Json:
    """The record for one recipient; ``endpoint`` in Pinpoint's names, None when it no longer exists."""
    attributes = {
        "campaign_id": plan.campaign_id,
        "campaign_activity_id": plan.treatment(delivery.treatment_id).activity_id,
        "treatment_id": delivery.treatment_id,
        "delivery_type": "EMAIL",
        "campaign_send_status": delivery.send_status,
    }
    if delivery.code:
        attributes["campaign_send_code"] = delivery.code
    if delivery.reason:
        attributes["campaign_send_reason"] = delivery.reason
    if delivery.message_id:
        attributes["message_id"] = delivery.message_id
    if delivery.fallback:
        attributes["recommendation_status"] = "FALLBACK"
        attributes["recommendation_reason"] = delivery.fallback
    shown = endpoint if endpoint is not None else {"Id": delivery.endpoint_id, "ApplicationId": plan.app_id}
    return envelope(
        "_campaign.send",
        app_id=plan.app_id,
        client_id=delivery.endpoint_id,
        attributes=attributes,
        custom={"endpoint": json.dumps(shown, ensure_ascii=False, separators=(",", ":"))},
        event_ms=delivery.at,
        now_ms=now_ms,
        account_id=account_id,
    )


def envelope(
    event_type: str,
    *,
    app_id: str,
    client_id: str,
    attributes: Mapping[str, str],
    custom: Mapping[str, str],
    event_ms: int,
    now_ms: int,
    account_id: str,
) -> Json:
    """The members that every record of the engine's own events has (event_version 3.1)."""
    return {
        "event_type": event_type,
        "event_timestamp": event_ms,
        "arrival_timestamp": now_ms,
        "event_version": "3.1",
        "application": {"app_id": app_id, "sdk": {}},
        "client": {"client_id": client_id},
        "device": {"platform": {}},
        "session": {},
        "attributes": dict(attributes),
        "client_context": {"custom": dict(custom)},
        "awsAccountId": account_id,
    }
