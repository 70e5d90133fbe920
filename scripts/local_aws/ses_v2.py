"""SES's v2 API (REST and JSON, below /v2/email): what ministack lacks or does otherwise; the rest passes through."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from scripts.local_aws.aws_in_process import Caller, InProcessAws, quote_part
from scripts.local_aws.exchange import Request, Response, json_response
from scripts.local_aws.mail_parsing import Body
from scripts.local_aws.ses_contents import Envelope, from_body, from_raw, tags_of, template_body
from scripts.local_aws.ses_errors import SesError
from scripts.local_aws.ses_identities import SesIdentities
from scripts.local_aws.ses_sending import SesSending
from scripts.local_aws.ses_templates import RenderingFailed
from scripts.local_aws.suppression_api import SuppressionApi

Json = dict[str, Any]
Handler = Callable[[Caller, Request, Json], Awaitable[Response | None]]
PREFIX = "/v2/email"
ENTRY_STATUS = {
    "MessageRejected": "MESSAGE_REJECTED",
    "TooManyRequestsException": "ACCOUNT_THROTTLED",
    "BadRequestException": "INVALID_PARAMETER",
}


@dataclass(frozen=True)
class SesV2:
    aws: InProcessAws
    sending: SesSending
    identities: SesIdentities

    def claims(self, method: str, path: str, headers: dict[str, str]) -> bool:
        return self._handler(method, path) is not None

    async def answer(self, request: Request) -> Response | None:
        handler = self._handler(request.method, request.path)
        if handler is None:
            return None
        try:
            body = request.json()
        except ValueError:
            return _refusal(SesError.bad_request("the request body is not a JSON object"))
        try:
            return await handler(Caller.of(request), request, body)
        except SesError as error:
            return _refusal(error)

    def _handler(self, method: str, path: str) -> Handler | None:
        if not path.startswith(PREFIX):
            return None
        match method, path.removeprefix(PREFIX).strip("/").split("/"):
            case "POST", ["outbound-emails"]:
                return self._send_email
            case "POST", ["outbound-bulk-emails"]:
                return self._send_bulk_email
            case "POST", ["identities"]:
                return self._create_identity
            case "GET" | "DELETE", ["identities", _]:
                return self._get_identity if method == "GET" else self._delete_identity
            case "PUT", ["identities", _, "configuration-set"]:
                return self._put_identity_configuration_set
            case "GET", ["account"]:
                return self._get_account
            case _, ["suppression", *_] | ["account", "suppression"]:
                return SuppressionApi(self.sending.suppression).handler(method, path.removeprefix(PREFIX))
        return None

    async def _send_email(self, caller: Caller, request: Request, body: Json) -> Response:
        self.sending.count_call()
        _refuse_unserved(body)
        envelope = _envelope(body, body.get("Destination") or {}, body.get("EmailTags"))
        content = body.get("Content") or {}
        if content.get("Raw"):
            return _sent(await self.sending.send(caller, from_raw(envelope, content["Raw"].get("Data", ""))))
        if content.get("Simple"):
            return _sent(await self.sending.send(caller, from_body(envelope, _simple_body(content["Simple"]))))
        if content.get("Template"):
            template = content["Template"]
            data = template.get("TemplateData", "")
            return _sent(await self._send_template(caller, envelope, template, data, _headers(template)))
        raise SesError.bad_request("Content needs one of Simple, Raw, Template")

    async def _send_bulk_email(self, caller: Caller, request: Request, body: Json) -> Response:
        self.sending.count_call()
        _refuse_unserved(body)
        template = (body.get("DefaultContent") or {}).get("Template")
        entries = body.get("BulkEmailEntries") or []
        if not template or not entries:
            raise SesError.bad_request("DefaultContent.Template and BulkEmailEntries are required")
        await self._template(caller, template)
        return json_response({"BulkEmailEntryResults": [await self._bulk_entry(caller, body, e) for e in entries]})

    async def _bulk_entry(self, caller: Caller, body: Json, entry: Json) -> Json:
        template = body["DefaultContent"]["Template"]
        replacement = (entry.get("ReplacementEmailContent") or {}).get("ReplacementTemplate") or {}
        data = replacement.get("ReplacementTemplateData") or template.get("TemplateData", "")
        headers = [*_headers(template), *_headers({"Headers": entry.get("ReplacementHeaders")})]
        try:
            tags = [*(body.get("DefaultEmailTags") or ()), *(entry.get("ReplacementTags") or ())]
            envelope = _envelope(body, entry.get("Destination") or {}, tags)
            message_id = await self._send_template(caller, envelope, template, data, headers)
        except SesError as error:
            return {"Status": ENTRY_STATUS.get(error.code, "FAILED"), "Error": error.message}
        return {"Status": "SUCCESS", "MessageId": message_id}

    async def _send_template(
        self, caller: Caller, envelope: Envelope, template: Json, data: str, headers: list[tuple[str, str]]
    ) -> str:
        content = await self._template(caller, template)
        try:
            body = template_body(content, data, headers, _attachments(template))
        except RenderingFailed as failure:
            name = _template_name(template) or "inline"
            return await self.sending.fail_rendering(caller, envelope.outgoing(), name, str(failure))
        return await self.sending.send(caller, from_body(envelope, body))

    async def _template(self, caller: Caller, template: Json) -> Json:
        name = _template_name(template)
        if name:
            return await self.sending.account.template(caller, name)
        if isinstance(template.get("TemplateContent"), dict):
            return template["TemplateContent"]
        raise SesError.bad_request("a template needs TemplateName, TemplateArn or TemplateContent")

    async def _create_identity(self, caller: Caller, request: Request, body: Json) -> Response:
        name = body.get("EmailIdentity", "")
        if name and await self.identities.exists(caller, name):
            raise SesError("AlreadyExistsException", f"Email identity {name} already exist.")
        answer = await self.aws.ses(caller, "POST", "/identities", body)
        if answer.status == 200:
            await self.identities.created_by_v2(caller, name, body.get("ConfigurationSetName"))
        return answer

    async def _get_identity(self, caller: Caller, request: Request, body: Json) -> Response:
        answer = await self.aws.ses(caller, "GET", _quoted_rest(request))
        if answer.status != 200:
            return answer
        return json_response(self.identities.details(_identity_name(request), answer.json()))

    async def _delete_identity(self, caller: Caller, request: Request, body: Json) -> Response:
        answer = await self.aws.ses(caller, "DELETE", _quoted_rest(request))
        if answer.status == 200:
            await self.identities.deleted(caller, _identity_name(request))
        return answer

    async def _put_identity_configuration_set(self, caller: Caller, request: Request, body: Json) -> Response:
        name = _identity_name(request)
        if not await self.identities.exists(caller, name):
            raise SesError("NotFoundException", f"Email identity {name} does not exist.", status=404)
        self.identities.set_configuration_set(name, body.get("ConfigurationSetName"))
        return json_response({})

    async def _get_account(self, caller: Caller, request: Request, body: Json) -> Response:
        answer = (await self.aws.ses(caller, "GET", "/account")).json()
        quota = answer["SendQuota"]
        quota["SentLast24Hours"] = self.sending.sent_last_24_hours()
        if self.sending.faults.max_send_rate:
            quota["MaxSendRate"] = float(self.sending.faults.max_send_rate)
        answer["SuppressionAttributes"] = {"SuppressedReasons": list(self.sending.suppression.account_reasons)}
        return json_response(answer)


def _refuse_unserved(body: Json) -> None:
    if body.get("ListManagementOptions"):
        raise SesError.bad_request("ListManagementOptions is not served by the local SES: it has no contact lists")


def _envelope(body: Json, destination: Json, tags: Any) -> Envelope:
    return Envelope(
        sender=body.get("FromEmailAddress"),
        to=destination.get("ToAddresses") or (),
        cc=destination.get("CcAddresses") or (),
        bcc=destination.get("BccAddresses") or (),
        reply_to=body.get("ReplyToAddresses") or (),
        tags=tags_of(tags),
        configuration_set=body.get("ConfigurationSetName"),
    )


def _simple_body(simple: Json) -> Body:
    parts = simple.get("Body") or {}
    return Body(
        subject=(simple.get("Subject") or {}).get("Data", ""),
        html=(parts.get("Html") or {}).get("Data"),
        text=(parts.get("Text") or {}).get("Data"),
        headers=_headers(simple),
        attachments=_attachments(simple),
    )


def _headers(content: Json) -> list[tuple[str, str]]:
    return [(header.get("Name", ""), header.get("Value", "")) for header in content.get("Headers") or ()]


def _attachments(content: Json) -> list[Json]:
    try:
        return [{**a, "content": base64.b64decode(a.get("RawContent", ""))} for a in content.get("Attachments") or ()]
    except ValueError as error:
        raise SesError.bad_request("an attachment's RawContent is not base64") from error


def _template_name(template: Json) -> str:
    return template.get("TemplateName") or (template.get("TemplateArn") or "").rpartition("/")[2]


def _quoted_rest(request: Request) -> str:
    return f"/identities/{quote_part(_identity_name(request))}"


def _identity_name(request: Request) -> str:
    return unquote(request.path.removeprefix(PREFIX).strip("/").split("/")[1])


def _sent(message_id: str) -> Response:
    return json_response({"MessageId": message_id})


def _refusal(error: SesError) -> Response:
    headers = {"content-type": "application/json", "x-amzn-errortype": error.code}
    return Response(error.status, json.dumps({"message": error.message}).encode(), headers)
