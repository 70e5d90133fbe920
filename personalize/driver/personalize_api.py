"""The Personalize control API behind one small set of verbs; the only file that calls its client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from personalize.driver.errors import (
    AlreadyExists,
    Denied,
    DriverError,
    Gone,
    InUse,
    NotServed,
    OverQuota,
    Refused,
    Throttled,
)
from personalize.driver.model import Found, Kind

_ERRORS: dict[str, type[DriverError]] = {
    "ResourceAlreadyExistsException": AlreadyExists,
    "ResourceNotFoundException": Gone,
    "ResourceInUseException": InUse,
    "LimitExceededException": OverQuota,
    "ThrottlingException": Throttled,
    "Throttling": Throttled,
    "TooManyRequestsException": Throttled,
    "RequestLimitExceeded": Throttled,
    "ServiceUnavailable": Throttled,
    "InternalFailure": Throttled,
    "InternalServerException": Throttled,
    "ServiceUnavailableException": Throttled,
    "InternalServerError": Throttled,
    "AccessDeniedException": Denied,
    "AccessDenied": Denied,
    "NotImplementedException": NotServed,
    "NotImplemented": NotServed,
    "UnknownOperationException": NotServed,
}


@dataclass(frozen=True)
class _Noun:
    """How the service spells one kind: ``create_<snake>``, ``<camel>Arn``, ``<plural>``, its list's argument."""

    snake: str
    camel: str
    plural: str
    parent: str = ""
    name: str = "name"


_NOUNS = {
    Kind.DATASET_GROUP: _Noun("dataset_group", "datasetGroup", "datasetGroups"),
    Kind.SCHEMA: _Noun("schema", "schema", "schemas"),
    Kind.DATASET: _Noun("dataset", "dataset", "datasets", "datasetGroupArn"),
    Kind.IMPORT: _Noun("dataset_import_job", "datasetImportJob", "datasetImportJobs", "datasetArn", "jobName"),
    Kind.SOLUTION: _Noun("solution", "solution", "solutions", "datasetGroupArn"),
    Kind.VERSION: _Noun("solution_version", "solutionVersion", "solutionVersions", "solutionArn"),
    Kind.CAMPAIGN: _Noun("campaign", "campaign", "campaigns", "solutionArn"),
    Kind.BATCH_INFERENCE: _Noun(
        "batch_inference_job", "batchInferenceJob", "batchInferenceJobs", "solutionVersionArn", "jobName"
    ),
    Kind.BATCH_SEGMENT: _Noun(
        "batch_segment_job", "batchSegmentJob", "batchSegmentJobs", "solutionVersionArn", "jobName"
    ),
    Kind.EVENT_TRACKER: _Noun("event_tracker", "eventTracker", "eventTrackers", "datasetGroupArn"),
    Kind.FILTER: _Noun("filter", "filter", "Filters", "datasetGroupArn"),
}
_UPDATES = ("latestCampaignUpdate", "latestDatasetUpdate", "latestSolutionUpdate")


class PersonalizeApi:
    """Verbs over every kind. Raises ``errors.DriverError`` subclasses, nothing of botocore."""

    def __init__(self, *, client: Any) -> None:
        self._client = client

    def create(self, kind: Kind, request: Mapping[str, Any]) -> str:
        """The new ARN."""
        noun = _NOUNS[kind]
        return str(self._call(f"create_{noun.snake}", **request)[f"{noun.camel}Arn"])

    def update(self, kind: Kind, request: Mapping[str, Any]) -> None:
        self._call(f"update_{_NOUNS[kind].snake}", **request)

    def delete(self, kind: Kind, arn: str) -> None:
        noun = _NOUNS[kind]
        self._call(f"delete_{noun.snake}", **{f"{noun.camel}Arn": arn})

    def stop_training(self, arn: str) -> None:
        self._call("stop_solution_version_creation", solutionVersionArn=arn)

    def describe(self, kind: Kind, arn: str, parent: str = "") -> Found | None:
        """What the service says now; ``None`` when it does not know the ARN."""
        noun = _NOUNS[kind]
        try:
            detail = self._call(f"describe_{noun.snake}", **{f"{noun.camel}Arn": arn})[noun.camel]
        except Gone:
            return None
        return _found(kind, detail, parent)

    def list(self, kind: Kind, parent: str = "") -> Iterator[Found]:
        """Summaries, all pages; without ``detail``'s fields that only describe gives."""
        noun = _NOUNS[kind]
        arguments: dict[str, Any] = {noun.parent: parent} if noun.parent and parent else {}
        while True:
            page = self._call(f"list_{noun.snake}s", **arguments)
            for summary in page.get(noun.plural, []):
                yield _found(kind, summary, parent)
            if not page.get("nextToken"):
                return
            arguments["nextToken"] = page["nextToken"]

    def find(self, kind: Kind, name: str, parent: str = "") -> Found | None:
        """By name, newest first; versions need a describe each, because their list carries no names."""
        for summary in list(self.list(kind, parent))[::-1]:
            found = summary
            if kind is Kind.VERSION:
                found = self.describe(kind, summary.arn, parent) or summary
            if found.name == name:
                return found
        return None

    def metrics(self, version_arn: str) -> dict[str, float]:
        answer = self._call("get_solution_metrics", solutionVersionArn=version_arn)
        return {name: float(value) for name, value in answer.get("metrics", {}).items()}

    def tags(self, arn: str) -> dict[str, str]:
        answer = self._call("list_tags_for_resource", resourceArn=arn)
        return {tag["tagKey"]: tag["tagValue"] for tag in answer.get("tags", [])}

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        self._call(
            "tag_resource",
            resourceArn=arn,
            tags=[{"tagKey": key, "tagValue": value} for key, value in tags.items()],
        )

    def untag(self, arn: str, keys: tuple[str, ...]) -> None:
        self._call("untag_resource", resourceArn=arn, tagKeys=list(keys))

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(**arguments)
            return answer
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            message = error.response.get("Error", {}).get("Message", "") or code
            raise _ERRORS.get(code, Refused)(f"{message} ({operation}: {code})") from error
        except ParamValidationError as error:
            raise Refused(f"{operation}: {error}") from error
        except BotoCoreError as error:
            raise Throttled(f"{operation} did not reach the service: {error}") from error


def _found(kind: Kind, detail: Mapping[str, Any], parent: str) -> Found:
    noun = _NOUNS[kind]
    update: Mapping[str, Any] = next((detail[key] for key in _UPDATES if detail.get(key)), {})
    status = str(detail.get("status", "ACTIVE"))
    if status == "ACTIVE" and "FAILED" not in str(update.get("status", "ACTIVE")):
        status = str(update.get("status", status))
    return Found(
        kind=kind,
        name=str(detail.get(noun.name, "")),
        arn=str(detail.get(f"{noun.camel}Arn", "")),
        status=status,
        parent=parent,
        reason=str(detail.get("failureReason") or update.get("failureReason") or ""),
        created=detail.get("creationDateTime"),
        updated=detail.get("lastUpdatedDateTime"),
        detail=detail,
    )
