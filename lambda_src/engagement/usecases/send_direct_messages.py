"""SendMessages: up to 100 mails at once, each with a result of its own. Not repeatable: a second call mails again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

from engagement.app import App
from engagement.domain.delivery import CHANNEL_MISMATCH, INACTIVE, OPT_OUT, not_mailed_because
from engagement.domain.direct_message import (
    ROOT,
    DirectMessage,
    Target,
    context_for,
    parts_for,
    read_request,
)
from engagement.domain.email_address import MailFault, bare_address, same_mailbox, written_to
from engagement.domain.email_content import EmailContent, EmailParts, parts_of_template
from engagement.domain.endpoint import Endpoint, endpoint_document
from engagement.domain.endpoint_ref import tag_of
from engagement.domain.mime_message import assemble
from engagement.domain.template import Options, TemplateError
from engagement.domain.template_resource import EMAIL
from engagement.errors import BadRequest, EngagementError, NotFound, OutcomeUnknown, TooManyRequests
from engagement.ports import Mail
from engagement.usecases.find_application import find_application
from engagement.usecases.find_template import find_template
from engagement.usecases.freeze_run import sender_of

Json = dict[str, Any]
THREADS = 10
SUCCESSFUL, OPTED_OUT, DUPLICATE = ("SUCCESSFUL", 200), ("OPT_OUT", 400), ("DUPLICATE", 400)
PERMANENT, TEMPORARY = ("PERMANENT_FAILURE", 400), ("TEMPORARY_FAILURE", 500)
THROTTLED, UNKNOWN = ("THROTTLED", 429), ("UNKNOWN_FAILURE", 500)


@dataclass(frozen=True)
class _Letter:
    """One target with what was found out about it: an address to write to, or the result that it gets instead."""

    target: Target
    address: str | None = None
    endpoint: Mapping[str, Any] | None = None
    result: Json | None = None


def send_messages(app: App, app_id: str, request: Mapping[str, Any]) -> Json:
    """The MessageResponse. Raises BadRequest for a request as a whole, NotFound for the project."""
    find_application(app.documents, app_id)
    message = read_request(request)
    template = _template(app, message)
    contents = _compile_all(message, template, app.template_options)
    sender = sender_of(app, app_id, {"FromAddress": message.sender})
    letters = _not_suppressed(app, _not_doubled(_looked_up(app, app_id, message)))

    def deliver(letter: _Letter) -> Json:
        return letter.result or _deliver(app, app_id, message, sender, contents[letter.target.key], letter)

    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        results = list(pool.map(deliver, letters))
    answer: Json = {"ApplicationId": app_id, "RequestId": str(uuid.uuid4()), "Result": {}, "EndpointResult": {}}
    for letter, result in zip(letters, results):
        if letter.target.is_endpoint:
            answer["EndpointResult"][letter.target.key] = {**result, "Address": letter.address or ""}
        else:
            answer["Result"][letter.target.key] = result
    return answer


def _template(app: App, message: DirectMessage) -> EmailParts | None:
    if message.template is None:
        return None
    try:
        found = find_template(app.documents, EMAIL, message.template["Name"], message.template.get("Version"))
    except (BadRequest, NotFound) as error:
        raise BadRequest(f"{ROOT}.TemplateConfiguration.EmailTemplate: {error.message}") from None
    return parts_of_template(found.body)


def _compile_all(
    message: DirectMessage, template: EmailParts | None, options: Options
) -> dict[str, EmailContent | None]:
    """By target; targets without an override share one. Raises BadRequest when a part does not compile."""

    @cache
    def compiled(title: str | None, body: str | None) -> EmailContent:
        try:
            return EmailContent(parts_for(message, Target("", False, title=title, body=body), template), options)
        except TemplateError as error:
            raise BadRequest(f"{ROOT}: the message does not compile: {error}") from None

    return {
        target.key: compiled(target.title, target.body) if target.is_served and not message.raw else None
        for target in message.targets
    }


def _looked_up(app: App, app_id: str, message: DirectMessage) -> list[_Letter]:
    wanted = [target.key for target in message.targets if target.is_endpoint]
    found = app.endpoints.get_many(app_id, wanted) if wanted else {}
    return [_letter(target, found.get(target.key)) for target in message.targets]


def _letter(target: Target, endpoint: Endpoint | None) -> _Letter:
    if not target.is_endpoint:
        if not target.is_served:
            return _Letter(target, result=_not_served(target.channel_type, "address", "give email addresses"))
        return _Letter(target, target.key, {"Address": target.key, "ChannelType": EMAIL})
    reason = not_mailed_because(endpoint)
    address = endpoint.address if endpoint else None
    if reason == OPT_OUT:
        return _Letter(target, address, result=_result(OPTED_OUT, "the endpoint has opted out"))
    if reason == INACTIVE:
        return _Letter(target, address, result=_result(PERMANENT, "the endpoint is INACTIVE"))
    if reason == CHANNEL_MISMATCH and endpoint:
        refusal = _not_served(endpoint.channel_type, "endpoint", "name email endpoints")
        return _Letter(target, address, result=refusal)
    if reason or endpoint is None:
        return _Letter(target, address, result=_result(PERMANENT, f"the endpoint cannot be mailed: {reason}"))
    return _Letter(target, address, endpoint_document(endpoint))


def _not_served(channel_type: str | None, of: str, remedy: str) -> Json:
    return _result(PERMANENT, f"the channel {channel_type} of this {of} is not served yet; {remedy}")


def _not_doubled(letters: list[_Letter]) -> list[_Letter]:
    """The first target of an address is mailed, later ones are DUPLICATE."""
    seen: set[str] = set()
    kept = []
    for letter in letters:
        address = same_mailbox(letter.address or "")
        if letter.result is None and address in seen:
            letter = _Letter(letter.target, letter.address, result=_result(DUPLICATE, "the address is given twice"))
        elif letter.result is None:
            seen.add(address)
        kept.append(letter)
    return kept


def _not_suppressed(app: App, letters: list[_Letter]) -> list[_Letter]:
    addresses = [written_to(letter.address) for letter in letters if letter.result is None and letter.address]
    suppressed = app.mailer.suppressed(addresses) if addresses else set()
    refusal = _result(PERMANENT, "the address is on the account's suppression list")
    return [
        _Letter(letter.target, letter.address, result=refusal)
        if letter.result is None and letter.address and written_to(letter.address) in suppressed
        else letter
        for letter in letters
    ]


def _deliver(
    app: App, app_id: str, message: DirectMessage, sender: str, content: EmailContent | None, letter: _Letter
) -> Json:
    try:
        mail = _mail(app, app_id, message, sender, content, letter)
        message_id = app.mailer.send(mail)
    except MailFault as fault:
        return _result(PERMANENT, str(fault))
    except TooManyRequests as error:
        return _result(THROTTLED, error.message)
    except OutcomeUnknown as error:
        return _result(UNKNOWN, error.message)
    except EngagementError as error:
        return _result(TEMPORARY if error.retry else PERMANENT, error.message)
    return {**_result(SUCCESSFUL, f"MessageId: {message_id}"), "MessageId": message_id}


def _mail(
    app: App, app_id: str, message: DirectMessage, sender: str, content: EmailContent | None, letter: _Letter
) -> Mail:
    """Raises RenderError, MailFault."""
    if letter.address is None or letter.endpoint is None:
        raise MailFault("there is no address")
    tags = {"app_id": app_id}
    if letter.target.is_endpoint:
        tags["endpoint_ref"] = tag_of(letter.target.key)
    mime = message.raw
    if content is not None:
        mime = assemble(
            sender=sender,
            to=letter.address,
            content=content.render(context_for(letter.endpoint, message, letter.target), now=app.clock.now()),
            extra_headers=[("X-Pinpoint-Trace", message.trace_id)] if message.trace_id else [],
            reply_to=message.reply_to,
        )
    return Mail(
        to=bare_address(letter.address),
        sender=sender,
        mime=mime or b"",
        tags=tags,
        configuration_set=app.settings.configuration_set,
        feedback_to=message.feedback_to,
    )


def _result(status: tuple[str, int], text: str) -> Json:
    return {"DeliveryStatus": status[0], "StatusCode": status[1], "StatusMessage": text}
