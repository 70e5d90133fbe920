"""Direct messages."""

from __future__ import annotations

from typing import Any

from engagement.app import App
from engagement.usecases.send_direct_messages import send_messages

Json = dict[str, Any]


def _send(app: App, request: Json) -> Json:
    return send_messages(app, request["ApplicationId"], request["MessageRequest"])


OPERATIONS = {"SendMessages": _send}
