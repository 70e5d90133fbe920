"""An in-memory Personalize client: the calls of boto3's, asynchronous statuses on a clock of its own, faults on demand.

Arguments are validated by botocore's own service model. A run can be killed before or after any call takes effect.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import ClientError, ParamValidationError
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

ACCOUNT = "arn:aws:personalize:us-east-1:000000000000:"
START = datetime(2026, 1, 1, tzinfo=UTC)


_VALID: set[tuple[str, str]] = set()


class Killed(BaseException):
    """The process died here."""


@cache
def service_model() -> ServiceModel:
    return ServiceModel(botocore.session.get_session().get_service_data("personalize"), "personalize")


@dataclass(frozen=True)
class Noun:
    camel: str
    name: str
    plural: str
    parent: str
    seconds: float
    path: str


NOUNS = {
    "dataset_group": Noun("datasetGroup", "name", "datasetGroups", "", 30, "dataset-group"),
    "schema": Noun("schema", "name", "schemas", "", 0, "schema"),
    "dataset": Noun("dataset", "name", "datasets", "datasetGroupArn", 20, "dataset"),
    "dataset_import_job": Noun(
        "datasetImportJob", "jobName", "datasetImportJobs", "datasetArn", 300, "dataset-import-job"
    ),
    "solution": Noun("solution", "name", "solutions", "datasetGroupArn", 20, "solution"),
    "solution_version": Noun("solutionVersion", "name", "solutionVersions", "solutionArn", 3600, "solution"),
    "campaign": Noun("campaign", "name", "campaigns", "solutionArn", 400, "campaign"),
    "batch_inference_job": Noun(
        "batchInferenceJob", "jobName", "batchInferenceJobs", "solutionVersionArn", 600, "batch-inference-job"
    ),
    "batch_segment_job": Noun(
        "batchSegmentJob", "jobName", "batchSegmentJobs", "solutionVersionArn", 600, "batch-segment-job"
    ),
    "event_tracker": Noun("eventTracker", "name", "eventTrackers", "datasetGroupArn", 20, "event-tracker"),
    "filter": Noun("filter", "name", "Filters", "datasetGroupArn", 20, "filter"),
}


class FakeTime:
    """A clock that only ``sleep`` moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def clock(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.seconds += seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


@dataclass
class FakePersonalize:
    """``created`` and ``creations`` count successful creates by kind and name; ``calls`` lists every call made.

    ``kill(index, after)`` is asked before each call with its index and whether the effect happened; it may raise.
    ``failures`` maps a name (or a pattern) to the reasons that its creations end with, used up one at a time.
    ``refusals`` holds (operation, error code, message) to be answered once each.
    """

    time: FakeTime
    kill: Callable[[int, bool], None] = lambda index, after: None
    failures: dict[str, list[str]] = field(default_factory=dict)
    refusals: list[tuple[str, str, str]] = field(default_factory=list)
    metrics: Callable[[dict[str, Any]], dict[str, float]] = lambda version: {
        "normalized_discounted_cumulative_gain_at_10": 0.5,
        "coverage": 0.9,
    }
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    creations: Counter[tuple[str, str]] = field(default_factory=Counter)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    named_versions: bool = True

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        if operation.startswith("_"):
            raise AttributeError(operation)

        def call(**arguments: Any) -> dict[str, Any]:
            index = len(self.calls)
            self.calls.append((operation, arguments))
            self._validate(operation, arguments)
            self.kill(index, False)
            for refusal in self.refusals:
                if refusal[0] == operation:
                    self.refusals.remove(refusal)
                    raise error(operation, refusal[1], refusal[2])
            answer = self._answer(operation, arguments)
            self.kill(index, True)
            return answer

        return call

    def _validate(self, operation: str, arguments: dict[str, Any]) -> None:
        name = "".join(word.capitalize() for word in operation.split("_"))
        shape = service_model().operation_model(name).input_shape
        text = repr(arguments)
        if (name, text) not in _VALID:
            report = ParamValidator().validate(arguments, shape)
            if report.has_errors():
                raise ParamValidationError(report=report.generate_report())
            _VALID.add((name, text))

    def _answer(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        special = {
            "get_solution_metrics": self._metrics,
            "list_tags_for_resource": self._tags,
            "tag_resource": self._tag,
            "untag_resource": self._untag,
            "stop_solution_version_creation": self._stop,
        }
        if operation in special:
            return special[operation](arguments)
        verb, _, noun = operation.partition("_")
        if verb == "list":
            return self._list(next(k for k, n in NOUNS.items() if k + "s" == noun), arguments)
        return {"create": self._create, "describe": self._describe, "delete": self._delete, "update": self._update}[
            verb
        ](noun, arguments)

    # ------------------------------------------------------------------ verbs
    def _create(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        noun = NOUNS[kind]
        name = arguments.get(noun.name, "")
        parent = arguments.get(noun.parent, "")
        if kind == "campaign":
            parent = self._known(arguments["solutionVersionArn"])["solutionArn"]
        for member in ("datasetGroupArn", "schemaArn", "datasetArn", "solutionArn", "solutionVersionArn", "filterArn"):
            if member in arguments:
                above = self._known(arguments[member])
                if self._status(above) != "ACTIVE":
                    raise error("create", "ResourceInUseException", f"{member} is {self._status(above)}")
        siblings = [r for r in self._alive() if r["kind"] == kind]
        same = [
            r for r in siblings if r[noun.name] == name and (kind != "solution_version" or r["solutionArn"] == parent)
        ]
        if same and (kind != "solution_version" or self.named_versions):
            raise error("create", "ResourceAlreadyExistsException", f"{name} already exists")
        if kind == "event_tracker" and any(r["datasetGroupArn"] == parent for r in siblings):
            raise error("create", "LimitExceededException", "one event tracker for a dataset group")
        arn = f"{ACCOUNT}{noun.path}/{name}"
        if kind == "solution_version":
            arn = f"{parent}/{len(self.records):08x}"
            arguments = {**arguments, "recipeArn": self.records[parent]["recipeArn"]}
        reasons = self.failures.get(name) or next(
            (r for pattern, r in self.failures.items() if fnmatch(name, pattern)), []
        )
        self.records[arn] = {
            **arguments,
            **({noun.parent: parent} if noun.parent else {}),
            "kind": kind,
            "arn": arn,
            f"{noun.camel}Arn": arn,
            "began": self.time.seconds,
            "fails": reasons.pop(0) if reasons else "",
        }
        self.creations[(kind, name)] += 1
        return {f"{noun.camel}Arn": arn}

    def _describe(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        record = self._known(next(iter(arguments.values())))
        return {NOUNS[kind].camel: self._shown(record)}

    def _list(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        noun = NOUNS[kind]
        parent = arguments.get(noun.parent) if noun.parent else None
        rows = [r for r in self._alive() if r["kind"] == kind and (not parent or r.get(noun.parent) == parent)]
        first = int(arguments.get("nextToken", "0"))
        page = rows[first : first + 2]
        answer: dict[str, Any] = {noun.plural: [self._summary(kind, record) for record in page]}
        if first + 2 < len(rows):
            answer["nextToken"] = str(first + 2)
        return answer

    def _summary(self, kind: str, record: dict[str, Any]) -> dict[str, Any]:
        keys = {
            NOUNS[kind].name,
            f"{NOUNS[kind].camel}Arn",
            "status",
            "creationDateTime",
            "lastUpdatedDateTime",
            "failureReason",
        }
        if kind == "solution_version":
            keys.discard("name")
        return {key: value for key, value in self._shown(record).items() if key in keys}

    def _update(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        noun = NOUNS[kind]
        record = self._known(arguments[f"{noun.camel}Arn"])
        change = {key: value for key, value in arguments.items() if key != f"{noun.camel}Arn"}
        record["change"] = {**change, "began": self.time.seconds}
        if kind == "campaign" and "solutionVersionArn" in change:
            record["solutionArn"] = self._known(change["solutionVersionArn"])["solutionArn"]
        return {f"{noun.camel}Arn": record["arn"]}

    def _delete(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        record = self._known(next(iter(arguments.values())))
        below = [
            r
            for r in self._alive()
            if r is not record
            and r["kind"] not in ("solution_version", "dataset_import_job", "batch_inference_job")
            and record["arn"] in (r.get("datasetGroupArn"), r.get("solutionArn"), r.get("schemaArn"))
        ]
        if below or self._status(record) in ("CREATE PENDING", "CREATE IN_PROGRESS"):
            raise error("delete", "ResourceInUseException", f"{record['arn']} is in use")
        if kind == "schema":
            del self.records[record["arn"]]
            return {}
        record["deleted"] = self.time.seconds
        for child in [
            r for r in self._alive() if r["kind"] == "solution_version" and r["solutionArn"] == record["arn"]
        ]:
            child["deleted"] = self.time.seconds
        return {}

    def _stop(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self._known(arguments["solutionVersionArn"])["stopped"] = self.time.seconds
        return {}

    def _metrics(self, arguments: dict[str, Any]) -> dict[str, Any]:
        record = self._known(arguments["solutionVersionArn"])
        return {"solutionVersionArn": record["arn"], "metrics": self.metrics(record)}

    def _tags(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"tags": self._known(arguments["resourceArn"]).get("tags", [])}

    def _tag(self, arguments: dict[str, Any]) -> dict[str, Any]:
        record = self._known(arguments["resourceArn"])
        record["tags"] = [*record.get("tags", []), *arguments["tags"]]
        return {}

    def _untag(self, arguments: dict[str, Any]) -> dict[str, Any]:
        record = self._known(arguments["resourceArn"])
        record["tags"] = [tag for tag in record.get("tags", []) if tag["tagKey"] not in arguments["tagKeys"]]
        return {}

    # ------------------------------------------------------------------ state
    def _alive(self) -> list[dict[str, Any]]:
        return [record for record in self.records.values() if not self._gone(record)]

    def _gone(self, record: dict[str, Any]) -> bool:
        return "deleted" in record and self.time.seconds - record["deleted"] > 10

    def _known(self, arn: str) -> dict[str, Any]:
        record = self.records.get(arn)
        if record is None or self._gone(record):
            raise error("describe", "ResourceNotFoundException", f"{arn} does not exist")
        return record

    def _status(self, record: dict[str, Any]) -> str:
        if "deleted" in record:
            return "DELETE IN_PROGRESS"
        if "stopped" in record:
            return "CREATE STOPPED"
        age, seconds = self.time.seconds - record["began"], NOUNS[record["kind"]].seconds
        if age < seconds:
            return "CREATE PENDING" if age < seconds * 0.2 else "CREATE IN_PROGRESS"
        return "CREATE FAILED" if record["fails"] else "ACTIVE"

    def _shown(self, record: dict[str, Any]) -> dict[str, Any]:
        hidden = ("kind", "arn", "began", "fails", "change", "deleted", "stopped", "tags")
        shown = {key: value for key, value in record.items() if key not in hidden}
        seconds = NOUNS[record["kind"]].seconds
        shown["status"] = self._status(record)
        shown["creationDateTime"] = START + timedelta(seconds=record["began"])
        shown["lastUpdatedDateTime"] = START + timedelta(seconds=min(self.time.seconds, record["began"] + seconds))
        if shown["status"] == "CREATE FAILED":
            shown["failureReason"] = record["fails"]
        if record["kind"] == "schema":
            del shown["status"]
        if change := record.get("change"):
            self._show_change(record, change, shown)
        return shown

    def _show_change(self, record: dict[str, Any], change: dict[str, Any], shown: dict[str, Any]) -> None:
        done = self.time.seconds - change["began"] >= 60
        label = {
            "campaign": "latestCampaignUpdate",
            "dataset": "latestDatasetUpdate",
            "solution": "latestSolutionUpdate",
        }
        fields = {key: value for key, value in change.items() if key != "began"}
        shown[label[record["kind"]]] = {
            **fields,
            "status": "ACTIVE" if done else "CREATE IN_PROGRESS",
            "creationDateTime": START + timedelta(seconds=change["began"]),
        }
        if done:
            shown.update(fields)


def error(operation: str, code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
