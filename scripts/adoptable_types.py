"""What happens when something is created a second time, because the answer to its first creation was lost.

A cancelled request, a killed Terraform or a broken network leaves things in the account that are not in the state. For each
type of the configuration this says what the next creation does, and how the thing that is there is found and imported
(the provider's pages, "Import").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]
ClientOf = Callable[[str], Any]  # service name -> boto3 client
Finder = Callable[[ClientOf, Values], list[str]]


@dataclass(frozen=True)
class Refused:
    """The second creation is refused: at once, or (functions, permissions, streams) after minutes of trying.

    ``find`` answers the import id of what is there. ``named``: the argument that has to carry the environment's prefix;
    None where an id from this state stands in its place.
    """

    find: Finder
    named: str | None


@dataclass(frozen=True)
class Doubled:
    """The second creation makes a second one, and nobody notices. ``find`` goes by name and tags."""

    find: Finder


@dataclass(frozen=True)
class Repeatable:
    """The second creation is as good as the first. ``find``: of what would stay when all that it is for is destroyed."""

    because: str
    find: Finder | None = None
    named: str = "name"


def _there(service: str, operation: str, parameter: str, argument: str) -> Finder:
    """For what AWS can be asked about by the name that is also the import id."""

    def find(client: ClientOf, values: Values) -> list[str]:
        name = values[argument]
        getattr(client(service), operation)(**{parameter: name})
        return [name]

    return find


def _log_group(client: ClientOf, values: Values) -> list[str]:
    found = client("logs").describe_log_groups(logGroupNamePrefix=values["name"])["logGroups"]
    return [group["logGroupName"] for group in found if group["logGroupName"] == values["name"]]


def _log_stream(client: ClientOf, values: Values) -> list[str]:
    group, name = values["log_group_name"], values["name"]
    found = client("logs").describe_log_streams(logGroupName=group, logStreamNamePrefix=name)["logStreams"]
    return [f"{group}:{name}" for stream in found if stream["logStreamName"] == name]


def _alias(client: ClientOf, values: Values) -> list[str]:
    pages = client("kms").get_paginator("list_aliases").paginate()
    return [item["AliasName"] for page in pages for item in page["Aliases"] if item["AliasName"] == values["name"]]


def _schedule(client: ClientOf, values: Values) -> list[str]:
    return [f"default/{client('scheduler').get_schedule(Name=values['name'])['Name']}"]


def _event_destination(client: ClientOf, values: Values) -> list[str]:
    of, name = values["configuration_set_name"], values["event_destination_name"]
    found = client("sesv2").get_configuration_set_event_destinations(ConfigurationSetName=of)["EventDestinations"]
    return [f"{of}|{name}" for destination in found if destination["Name"] == name]


def _stage(client: ClientOf, values: Values) -> list[str]:
    api, name = values["api_id"], values["name"]
    stages = client("apigatewayv2").get_stages(ApiId=api)["Items"]
    return [f"{api}/{name}" for stage in stages if stage["StageName"] == name]


def _mapping(client: ClientOf, values: Values) -> list[str]:
    pages = client("lambda").get_paginator("list_event_source_mappings")
    found = pages.paginate(EventSourceArn=values["event_source_arn"], FunctionName=values["function_name"])
    return [item["UUID"] for page in found for item in page["EventSourceMappings"]]


def _permission(client: ClientOf, values: Values) -> list[str]:
    # Not the JSON's form, which is the service's; a statement's id stands in it in quotes.
    function, statement = values["function_name"], values["statement_id"]
    policy = client("lambda").get_policy(FunctionName=function)["Policy"]
    return [f"{function}/{statement}"] if f'"{statement}"' in policy else []


def _route(client: ClientOf, values: Values) -> list[str]:
    pages = client("apigatewayv2").get_paginator("get_routes").paginate(ApiId=values["api_id"])
    routes = [route for page in pages for route in page["Items"] if route["RouteKey"] == values["route_key"]]
    return [f"{values['api_id']}/{route['RouteId']}" for route in routes]


def _api(client: ClientOf, values: Values) -> list[str]:
    pages = client("apigatewayv2").get_paginator("get_apis").paginate()
    apis = [api for page in pages for api in page["Items"] if api["Name"] == values["name"]]
    return [api["ApiId"] for api in apis if _tagged(api.get("Tags", {}), values)]


def _key(client: ClientOf, values: Values) -> list[str]:
    kms = client("kms")
    found = []
    for page in kms.get_paginator("list_keys").paginate():
        for key in (item["KeyId"] for item in page["Keys"]):
            about = kms.describe_key(KeyId=key)["KeyMetadata"]
            if about.get("Description") != values["description"] or about["KeyState"] != "Enabled":
                continue
            tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key)["Tags"]}
            found += [key] if _tagged(tags, values) else []
    return found


def _tagged(tags: Mapping[str, str], values: Values) -> bool:
    wanted = values["tags_all"]
    return bool(wanted) and wanted.items() <= tags.items()


def _queue(client: ClientOf, values: Values) -> list[str]:
    return [client("sqs").get_queue_url(QueueName=values["name"])["QueueUrl"]]


def _stream(client: ClientOf, values: Values) -> list[str]:
    described = client("firehose").describe_delivery_stream(DeliveryStreamName=values["name"])
    return [described["DeliveryStreamDescription"]["DeliveryStreamARN"]]


def _topic(client: ClientOf, values: Values) -> list[str]:
    pages = client("sns").get_paginator("list_topics").paginate()
    topics = [topic["TopicArn"] for page in pages for topic in page["Topics"]]
    return [arn for arn in topics if arn.rpartition(":")[2] == values["name"]]


def _state_machine(client: ClientOf, values: Values) -> list[str]:
    pages = client("stepfunctions").get_paginator("list_state_machines").paginate()
    return [
        machine["stateMachineArn"]
        for page in pages
        for machine in page["stateMachines"]
        if machine["name"] == values["name"]
    ]


def _budget(client: ClientOf, values: Values) -> list[str]:
    account = client("sts").get_caller_identity()["Account"]
    client("budgets").describe_budget(AccountId=account, BudgetName=values["name"])
    return [f"{account}:{values['name']}"]


def _alarm(client: ClientOf, values: Values) -> list[str]:
    found = client("cloudwatch").describe_alarms(AlarmNames=[values["alarm_name"]])["MetricAlarms"]
    return [alarm["AlarmName"] for alarm in found]


SAME_SETTING = Repeatable("it writes a setting of something else, and writes it again")
UNDER_ITS_NAME = "AWS puts it under its name, whether it is there or not"
SAME_NAME = Repeatable(UNDER_ITS_NAME)

SECOND_CREATION: dict[str, Refused | Doubled | Repeatable] = {
    "aws_apigatewayv2_api": Doubled(_api),
    "aws_apigatewayv2_integration": Repeatable("a lost one is used by no route, costs nothing and goes with its API"),
    "aws_apigatewayv2_route": Refused(_route, named=None),
    "aws_apigatewayv2_stage": Refused(_stage, named=None),
    "aws_budgets_budget": Refused(_budget, named="name"),
    "aws_cloudwatch_dashboard": Repeatable(
        UNDER_ITS_NAME, _there("cloudwatch", "get_dashboard", "DashboardName", "dashboard_name"), named="dashboard_name"
    ),
    "aws_cloudwatch_log_group": Refused(_log_group, named="name"),
    "aws_cloudwatch_log_stream": Refused(_log_stream, named="log_group_name"),
    "aws_cloudwatch_metric_alarm": Repeatable(UNDER_ITS_NAME, _alarm, named="alarm_name"),
    "aws_dynamodb_table": Refused(_there("dynamodb", "describe_table", "TableName", "name"), named="name"),
    "aws_iam_role": Refused(_there("iam", "get_role", "RoleName", "name"), named="name"),
    "aws_iam_role_policy": SAME_NAME,
    "aws_kinesis_firehose_delivery_stream": Refused(_stream, named="name"),
    "aws_kms_alias": Refused(_alias, named="name"),
    "aws_kms_key": Doubled(_key),
    "aws_lambda_event_source_mapping": Refused(_mapping, named="function_name"),
    "aws_lambda_function": Refused(
        _there("lambda", "get_function_configuration", "FunctionName", "function_name"), named="function_name"
    ),
    "aws_lambda_permission": Refused(_permission, named="function_name"),
    "aws_s3_bucket": Refused(_there("s3", "head_bucket", "Bucket", "bucket"), named="bucket"),
    "aws_s3_bucket_lifecycle_configuration": SAME_SETTING,
    "aws_s3_bucket_notification": SAME_SETTING,
    "aws_s3_bucket_policy": SAME_SETTING,
    "aws_s3_bucket_public_access_block": SAME_SETTING,
    "aws_s3_bucket_server_side_encryption_configuration": SAME_SETTING,
    "aws_s3_bucket_versioning": SAME_SETTING,
    "aws_s3_object": SAME_NAME,
    "aws_scheduler_schedule": Refused(_schedule, named="name"),
    "aws_sesv2_configuration_set": Refused(
        _there("sesv2", "get_configuration_set", "ConfigurationSetName", "configuration_set_name"),
        named="configuration_set_name",
    ),
    "aws_sesv2_configuration_set_event_destination": Refused(_event_destination, named="configuration_set_name"),
    # Not named by the kit: its tags say whose it is, before a plan is shown (shared_identity).
    "aws_sesv2_email_identity": Refused(
        _there("sesv2", "get_email_identity", "EmailIdentity", "email_identity"), named=None
    ),
    # Refused only where arguments changed in between.
    "aws_sfn_state_machine": Refused(_state_machine, named="name"),
    "aws_sns_topic": Refused(_topic, named="name"),
    "aws_sns_topic_policy": SAME_SETTING,
    "aws_sqs_queue": Refused(_queue, named="name"),
    "aws_sqs_queue_redrive_policy": SAME_SETTING,
}
# AWS tags these in a second call, which may never have been made.
TAGGED_LATER = {"aws_s3_bucket"}
