"""The inbox page that the local AWS serves: people explained by a POST, opens and clicks counted as SES events."""

from __future__ import annotations

import contextlib
import urllib.error
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.aws_clients import Clients, Kit, wait_for

pytestmark = [pytest.mark.local_aws, pytest.mark.browser]

SENDER = "news@live.example.org"
LINK = "https://example.invalid/read?a=1&b=2"


def test_the_page_shows_the_mailbox_and_reports_what_the_reader_does(chromium: Any, clients: Clients, kit: Kit) -> None:
    ses = clients("sesv2")
    with contextlib.suppress(ClientError):
        ses.create_email_identity(EmailIdentity=SENDER)
    html = '<h1>Hello Ada</h1><a id="read" href="https://example.invalid/read?a=1&amp;b=2">Read</a>'
    body = {"Html": {"Data": html}, "Text": {"Data": "Hello Ada"}}
    message_id = ses.send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": ["ada@example.net"]},
        Content={"Simple": {"Subject": {"Data": "For Ada"}, "Body": body}},
    )["MessageId"]
    why = {
        "name": "Ada Example",
        "user_id": "user_1",
        "recommended": [{"item": "NEWS", "score": 0.4}],
        "blocks": {"NEWS": "<p>The default block stands in the mail instead.</p>"},
    }
    kit.call("people", "POST", {"ada@example.net": why})

    page = chromium.new_page()
    page.goto(f"{kit.base}/_kit/inbox")
    assert page.get_by_role("article", name="Ada Example").count() == 1
    assert page.get_by_text("in this mail", exact=True).count() == 0
    frame = page.frame_locator("iframe")
    assert frame.locator("h1").inner_text() == "Hello Ada"

    def kinds() -> list[str]:
        return [record["eventType"] for record in kit.events_of(message_id)]

    wait_for(lambda: "Open" in kinds())
    frame.locator("#read").click()
    wait_for(lambda: "Click" in kinds())
    page.close()
    click = next(record for record in kit.events_of(message_id) if record["eventType"] == "Click")
    assert click["click"]["link"] == LINK


@pytest.mark.parametrize("body", [[1], "x"])
def test_people_must_be_a_mapping(kit: Kit, body: Any) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400"):
        kit.call("people", "POST", body)
