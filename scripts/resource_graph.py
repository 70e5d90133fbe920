"""Who starts, reads, writes and calls whom: things and arrows, read from planned resources.

Arrows of a function are its policy's statements, so the picture shows what it may do, no more and no less. Arrows
between services come from their own settings (routes, event sources, destinations, notifications).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from scripts.mocked_plan import Resource

PREFIX = "kit-prod-"
DATA_BUCKET = "data bucket"
READS = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "s3:GetObject"}
WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "s3:PutObject"}
# What other actions of a policy are, on an arrow. Actions that are in none of these tables draw no arrow.
VERBS = {
    "sqs:SendMessage": "sends",
    "ses:SendEmail": "hands over mail",
    "ses:ListSuppressedDestinations": "asks who is suppressed",
    "personalize:GetRecommendations": "asks",
    "lambda:InvokeFunction": "calls",
    "firehose:PutRecordBatch": "records",
    "kms:GenerateMac": "signs",
    "personalize:CreateSolutionVersion": "trains",
    "personalize:PutEvents": "puts opens, clicks",
    "personalize:DescribeBatchInferenceJob": "asks how far it is",
    "personalize:DescribeSolutionVersion": "asks how far it is",
    "sns:Publish": "tells",
    "states:StartExecution": "starts",
}
NO_ARROW = {
    "s3:ListBucket", "s3:AbortMultipartUpload", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads", "ses:SendRawEmail",
    "ses:GetSuppressedDestination", "logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments",
    "xray:PutTelemetryRecords", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility",
    "sqs:ReceiveMessage", "s3:GetBucketPolicy", "iam:PassRole",
}  # fmt: skip
# Services of which one verb stands for all: training is some forty calls, delivering logs eight.
NO_ARROW_OF = ("personalize:", "logs:")


@dataclass(frozen=True, order=True)
class Thing:
    """``kind``: function, machine (states), queue, table, files, stream, api, key, service, alarm, person."""

    kind: str
    name: str


@dataclass(frozen=True, order=True)
class Arrow:
    start: Thing
    end: Thing
    label: str


@dataclass(frozen=True)
class Graph:
    """``home``: the architecture that a thing belongs to; services of AWS and people belong to none."""

    home: dict[Thing, str]
    arrows: frozenset[Arrow]

    def around(self, slug: str) -> list[Arrow]:
        """Arrows with an end in this architecture."""
        return sorted(arrow for arrow in self.arrows if slug in (self.home.get(arrow.start), self.home.get(arrow.end)))


NAMED = {
    "aws_lambda_function": ("function", "function_name"),
    "aws_sfn_state_machine": ("machine", "name"),
    "aws_sqs_queue": ("queue", "name"),
    "aws_dynamodb_table": ("table", "name"),
    "aws_kinesis_firehose_delivery_stream": ("stream", "name"),
    "aws_apigatewayv2_api": ("api", "name"),
}
API, KEY = Thing("api", "engagement"), Thing("key", "token key")
SES, PERSONALIZE, CALLERS = Thing("service", "SES"), Thing("service", "Personalize"), Thing("person", "your code")
PEOPLE, ON_CALL = Thing("person", "people"), Thing("person", "on call")
DASHBOARD, ALARMS, BUDGET = Thing("alarm", "dashboard"), Thing("alarm", "alarms"), Thing("alarm", "budget")


def resource_graph(resources: Iterable[Resource]) -> Graph:
    """The graph of a plan. Raises ValueError for an action that neither draws an arrow nor is known to draw none."""
    resources = list(resources)
    home: dict[Thing, str] = {KEY: "engagement_store", SES: "email_channel", PERSONALIZE: "recommendations"}
    home |= dict.fromkeys((DASHBOARD, ALARMS, BUDGET), "operations")
    for resource in resources:
        if resource.type in NAMED and resource.slug:
            kind, attribute = NAMED[resource.type]
            home[Thing(kind, _short(resource.values[attribute]))] = resource.slug
    arrows = {arrow for resource in resources for arrow in _arrows(resource, resources)}
    for thing in {end for arrow in arrows for end in (arrow.start, arrow.end) if end.kind == "files"}:
        home[thing] = "engagement_store"
    return Graph(home, frozenset(arrows))


def _arrows(resource: Resource, resources: list[Resource]) -> Iterator[Arrow]:
    values = resource.values
    match resource.type:
        case "aws_iam_role_policy":
            yield from _of_policy(_short(values["role"]), json.loads(values["policy"])["Statement"])
        case "aws_sqs_queue_redrive_policy":
            module = resource.address.rpartition(".aws_sqs_queue_redrive_policy")[0]
            (queue,) = (one for one in resources if one.address == f"{module}.aws_sqs_queue.this")
            name = _short(queue.values["name"])
            tries = json.loads(values["redrive_policy"])["maxReceiveCount"]
            yield Arrow(Thing("queue", name), Thing("queue", f"{name}-dead-letter"), f"after {tries} tries")
        case "aws_kinesis_firehose_delivery_stream":
            target = values["extended_s3_configuration"][0]
            yield Arrow(Thing("stream", _short(values["name"])), Thing("files", target["prefix"]), "writes")
        case "aws_apigatewayv2_integration":
            key = re.search(r'\["(.+)"\]$', resource.address)
            assert key is not None  # made by for_each over the routes
            by = Arrow(API, Thing("function", _short(values["integration_uri"])), "every other route (IAM)")
            public = key[1] != "$default"
            yield Arrow(by.start, by.end, f"{key[1]} (public)") if public else by
            yield Arrow(PEOPLE, API, "unsubscribe") if public else Arrow(CALLERS, API, "Pinpoint's API")
        case "aws_sesv2_configuration_set_event_destination":
            to = values["event_destination"][0]["kinesis_firehose_destination"][0]["delivery_stream_arn"]
            yield Arrow(SES, Thing("stream", _short(to)), "every event")
            yield Arrow(SES, PEOPLE, "mail (TLS only)")
        case "aws_s3_bucket_notification":
            for queue in values["queue"]:
                yield Arrow(Thing("files", queue["filter_prefix"]), Thing("queue", queue["id"]), "tells of new files")
        case "aws_cloudwatch_dashboard":
            yield Arrow(ALARMS, DASHBOARD, "all shown")
            yield Arrow(DASHBOARD, ON_CALL, "looks")
        case "aws_budgets_budget":
            told = " and ".join(
                f"{one['threshold']:g} % {one['notification_type'].lower()}" for one in values["notification"]
            )
            yield Arrow(BUDGET, ON_CALL, f"at {told}")
        case "aws_cloudwatch_metric_alarm":
            service = values["namespace"].removeprefix("AWS/")
            yield Arrow(Thing("service", service), ALARMS, values["metric_name"])
            yield Arrow(ALARMS, ON_CALL, "alarm_topic_arns")


def _of_policy(role: str, statements: list[dict[str, Any]]) -> Iterator[Arrow]:
    """Arrows of one role: a function's own, or one that a service takes."""
    actor = {
        "deliver-events": None,
        "archive-ses-events": None,
        "personalize": PERSONALIZE,
        "retrain": Thing("machine", "retrain"),
        "retrain-schedule": Thing("service", "EventBridge Scheduler"),
    }.get(role, Thing("function", role))
    if actor is None:
        return  # the service's own settings say it
    for statement in statements:
        actions = set(statement["Action"])
        named = {action for action in actions if not action.startswith(NO_ARROW_OF)}
        if unknown := named - READS - WRITES - set(VERBS) - NO_ARROW:
            raise ValueError(f"{role}: say in scripts/resource_graph.py how {sorted(unknown)} are drawn")
        for place in statement["Resource"]:
            for thing in _things(place):
                if "sqs:ReceiveMessage" in actions:
                    yield Arrow(thing, actor, "starts")
                for verb, these in (("reads", READS), ("writes", WRITES)):
                    if actions & these:
                        yield Arrow(actor, thing, verb)
            for action in sorted(actions & set(VERBS)):
                for thing in _served_by(action, place):
                    yield Arrow(actor, thing, VERBS[action])


def _things(arn: str) -> list[Thing]:
    """A table, a queue, or files below a prefix."""
    if ":table/" in arn:
        return [Thing("table", _short(arn))]
    if ":sqs:" in arn:
        return [Thing("queue", _short(arn))]
    if ":s3:::" in arn:
        prefix = arn.partition("/")[2].removesuffix("*")
        return [Thing("files", prefix or DATA_BUCKET)]
    return []


def _served_by(action: str, arn: str) -> list[Thing]:
    service = action.split(":")[0]
    if service == "sqs":
        return _things(arn)
    if service == "firehose":
        return [Thing("stream", _short(arn))]
    if service == "lambda":
        wild = arn.endswith(f":{PREFIX}*")
        return [Thing("function", "transform-recommendations" if wild else _short(arn))]
    if service == "states":
        return [Thing("machine", _short(arn))]
    if service == "sns":
        return [Thing("service", f"topic {_short(arn)}")]
    return {"ses": [SES], "personalize": [PERSONALIZE], "kms": [KEY]}[service]


def _short(name: str) -> str:
    """``arn:...:table/kit-prod-endpoints``, ``kit-prod-endpoints`` -> ``endpoints``."""
    return re.split(r"[:/]", name)[-1].removeprefix(PREFIX)
