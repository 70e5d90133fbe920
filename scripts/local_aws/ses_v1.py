"""SES's first API (Query protocol): sending and verification; every other action passes through to ministack."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from scripts.local_aws.aws_in_process import Caller, InProcessAws
from scripts.local_aws.exchange import Request, Response, credential_scope
from scripts.local_aws.mail_parsing import Body
from scripts.local_aws.ses_contents import Envelope, from_body, from_raw, tags_of, template_body
from scripts.local_aws.ses_errors import SesError
from scripts.local_aws.ses_identities import SesIdentities
from scripts.local_aws.ses_sending import SesSending
from scripts.local_aws.ses_templates import RenderingFailed

NAMESPACE = "http://ses.amazonaws.com/doc/2010-12-01/"
Values = Mapping[str, str]
Handler = Callable[[Caller, Values], Awaitable[Response]]


@dataclass(frozen=True)
class SesV1:
    aws: InProcessAws
    sending: SesSending
    identities: SesIdentities

    def claims(self, method: str, path: str, headers: dict[str, str]) -> bool:
        return method == "POST" and path == "/" and credential_scope(headers) in ("ses", "email")

    async def answer(self, request: Request) -> Response | None:
        values = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        handlers: dict[str, Handler] = {
            "SendEmail": self._send_email,
            "SendRawEmail": self._send_raw_email,
            "SendTemplatedEmail": self._send_templated_email,
            "SendBulkTemplatedEmail": self._send_bulk_templated_email,
            "VerifyEmailIdentity": self._verify,
            "VerifyEmailAddress": self._verify,
            "VerifyDomainIdentity": self._verify,
            "DeleteIdentity": self._delete_identity,
            "GetSendQuota": self._get_send_quota,
        }
        handler = handlers.get(values.get("Action", ""))
        if handler is None:
            return None
        try:
            return await handler(Caller.of(request), values)
        except SesError as error:
            return _refusal(error)

    async def _send_email(self, caller: Caller, values: Values) -> Response:
        self.sending.count_call()
        body = Body(
            subject=values.get("Message.Subject.Data", ""),
            html=values.get("Message.Body.Html.Data"),
            text=values.get("Message.Body.Text.Data"),
        )
        return _sent("SendEmail", await self.sending.send(caller, from_body(_envelope(values), body)))

    async def _send_raw_email(self, caller: Caller, values: Values) -> Response:
        self.sending.count_call()
        envelope = Envelope(
            sender=values.get("Source"),
            to=_members(values, "Destinations"),
            tags=_tags(values, "Tags"),
            configuration_set=values.get("ConfigurationSetName"),
        )
        mail = from_raw(envelope, values.get("RawMessage.Data", ""))
        return _sent("SendRawEmail", await self.sending.send(caller, mail))

    async def _send_templated_email(self, caller: Caller, values: Values) -> Response:
        self.sending.count_call()
        message_id = await self._send_template(caller, _envelope(values), values, values.get("TemplateData", ""))
        return _sent("SendTemplatedEmail", message_id)

    async def _send_bulk_templated_email(self, caller: Caller, values: Values) -> Response:
        self.sending.count_call()
        statuses = []
        for index in range(1, _count(values, "Destinations") + 1):
            prefix = f"Destinations.member.{index}"
            data = values.get(f"{prefix}.ReplacementTemplateData") or values.get("DefaultTemplateData", "")
            try:
                tags = {**_tags(values, "DefaultTags"), **_tags(values, f"{prefix}.ReplacementTags")}
                envelope = _envelope(values, f"{prefix}.Destination", tags)
                message_id = await self._send_template(caller, envelope, values, data)
                statuses.append(f"<member><Status>Success</Status><MessageId>{message_id}</MessageId></member>")
            except SesError as error:
                text = f"<Status>{escape(error.v1_code)}</Status><Error>{escape(error.message)}</Error>"
                statuses.append(f"<member>{text}</member>")
        return _result("SendBulkTemplatedEmail", f"<Status>{''.join(statuses)}</Status>")

    async def _send_template(self, caller: Caller, envelope: Envelope, values: Values, data: str) -> str:
        name = values.get("Template", "")
        content = await self.sending.account.template(caller, name)
        try:
            body = template_body(content, data)
        except RenderingFailed as failure:
            return await self.sending.fail_rendering(caller, envelope.outgoing(), name, str(failure))
        return await self.sending.send(caller, from_body(envelope, body))

    async def _verify(self, caller: Caller, values: Values) -> Response:
        answer = await self.aws.query(caller, "ses", values["Action"], values)
        name = values.get("EmailAddress") or values.get("Domain")
        if answer.status == 200 and name:
            await self.identities.created_by_v1(caller, name)
        return answer

    async def _delete_identity(self, caller: Caller, values: Values) -> Response:
        answer = await self.aws.query(caller, "ses", "DeleteIdentity", values)
        if answer.status == 200:
            await self.identities.deleted(caller, values.get("Identity", ""))
        return answer

    async def _get_send_quota(self, caller: Caller, values: Values) -> Response:
        quota: dict[str, Any] = (await self.aws.ses(caller, "GET", "/account")).json()["SendQuota"]
        quota["SentLast24Hours"] = self.sending.sent_last_24_hours()
        if self.sending.faults.max_send_rate:
            quota["MaxSendRate"] = float(self.sending.faults.max_send_rate)
        return _result("GetSendQuota", "".join(f"<{k}>{json.dumps(v)}</{k}>" for k, v in quota.items()))


def _envelope(values: Values, destination: str = "Destination", tags: Mapping[str, str] | None = None) -> Envelope:
    return Envelope(
        sender=values.get("Source"),
        to=_members(values, f"{destination}.ToAddresses"),
        cc=_members(values, f"{destination}.CcAddresses"),
        bcc=_members(values, f"{destination}.BccAddresses"),
        reply_to=_members(values, "ReplyToAddresses"),
        tags=_tags(values, "Tags") if tags is None else tags,
        configuration_set=values.get("ConfigurationSetName"),
    )


def _count(values: Values, name: str) -> int:
    index = 0
    while any(key.startswith(f"{name}.member.{index + 1}.") for key in values):
        index += 1
    return index


def _members(values: Values, name: str) -> list[str]:
    found: list[str] = []
    while f"{name}.member.{len(found) + 1}" in values:
        found.append(values[f"{name}.member.{len(found) + 1}"])
    return found


def _tags(values: Values, name: str) -> dict[str, str]:
    prefixes = [f"{name}.member.{index}" for index in range(1, _count(values, name) + 1)]
    return tags_of([{"Name": values.get(f"{p}.Name", ""), "Value": values.get(f"{p}.Value", "")} for p in prefixes])


def _sent(action: str, message_id: str) -> Response:
    return _result(action, f"<MessageId>{message_id}</MessageId>")


def _result(action: str, content: str) -> Response:
    xml = (
        f'<{action}Response xmlns="{NAMESPACE}"><{action}Result>{content}</{action}Result>'
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></{action}Response>"
    )
    return Response(200, xml.encode(), {"content-type": "text/xml"})


def _refusal(error: SesError) -> Response:
    status = error.status if error.status >= 500 else 400
    fault = "Receiver" if status >= 500 else "Sender"
    xml = (
        f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>{fault}</Type><Code>{escape(error.v1_code)}</Code>'
        f"<Message>{escape(error.message)}</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    )
    return Response(status, xml.encode(), {"content-type": "text/xml"})
