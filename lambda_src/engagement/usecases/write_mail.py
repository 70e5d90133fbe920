"""One recipient's mail: rendered, with its unsubscribe link, its tags, and the configuration set that reports on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engagement.app import App
from engagement.domain.email_address import bare_address
from engagement.domain.endpoint_ref import tag_of
from engagement.domain.mime_message import assemble
from engagement.domain.recommendation import Joined
from engagement.domain.recommended_item import item_tags
from engagement.domain.run import Plan, Treatment
from engagement.domain.unsubscribe_link import PURPOSE, UnsubscribeLink
from engagement.ports import Mail
from engagement.usecases.load_content import RunContent


def write_mail(
    app: App, plan: Plan, treatment: Treatment, content: RunContent, endpoint: Mapping[str, Any], joined: Joined
) -> Mail:
    """Raises RenderError or MailFault when this recipient's mail cannot be made."""
    rendered = content.email.render({**endpoint, **joined.context()}, now=app.clock.now())
    return Mail(
        to=bare_address(endpoint["Address"]),
        sender=treatment.sender,
        mime=assemble(
            sender=treatment.sender,
            to=endpoint["Address"],
            content=rendered,
            extra_headers=unsubscribe_headers(app, plan.app_id, endpoint["Id"], plan.campaign_id),
        ),
        tags={
            "app_id": plan.app_id,
            "campaign_id": plan.campaign_id,
            "campaign_activity_id": treatment.activity_id,
            "treatment_id": treatment.id,
            "endpoint_ref": tag_of(endpoint["Id"]),
            **item_tags(joined, treatment.recommender["Id"] if treatment.recommender else None),
        },
        configuration_set=app.settings.configuration_set,
    )


def unsubscribe_headers(app: App, app_id: str, endpoint_id: str, campaign_id: str) -> list[tuple[str, str]]:
    """One-click unsubscribe (RFC 8058): a link that only this engine can make."""
    token = app.tokens.sign(PURPOSE, UnsubscribeLink(app_id, endpoint_id, campaign_id).payload())
    return [
        ("List-Unsubscribe", f"<{app.settings.public_url.rstrip('/')}/unsubscribe/{token}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]
